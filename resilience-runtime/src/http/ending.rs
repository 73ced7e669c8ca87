use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Condition, HttpError, HttpResponse};

/// Why a poll ended without a matching response.
/// ```
/// use resilience::http::{HttpPoll, HttpPollError, status};
///
/// async fn is_up(url: &str) -> Result<bool, HttpPollError> {
///     match HttpPoll::get(url).until(status(200)).alarm(status(410)).max_attempts(3).run().await {
///         Ok(_) => Ok(true),
///         Err(HttpPollError::Alarm { .. } | HttpPollError::TimedOut { .. }) => Ok(false),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpPollError {
    /// A response matched an alarm.
    Alarm {
        /// The response.
        response: HttpResponse,
        /// The alarm.
        condition: Condition,
    },
    /// The attempts are used up, the deadline has passed, or the server requested too long a wait.
    TimedOut {
        /// The last response, if there was one.
        last: Option<HttpResponse>,
        /// The last ignored error, or that of the attempt that the deadline ended, if there was one.
        last_error: Option<HttpError>,
        /// The number of attempts.
        attempts: u32,
        /// The time since the start of the run.
        elapsed: Duration,
    },
    /// A request failed, or its response could not be decoded, and the error was not ignored.
    Http(HttpError),
}

impl fmt::Display for HttpPollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alarm { response, condition } => {
                write!(
                    f,
                    "alarm: {} responded {}, which matches {condition}",
                    response.place(),
                    response.status()
                )
            }
            Self::TimedOut { last, last_error, attempts, elapsed } => {
                let times = if *attempts == 1 { "" } else { "s" };
                write!(f, "no matching response in {attempts} attempt{times}, in {elapsed:?}")?;
                if let Some(last) = last {
                    write!(f, "; last response: {} from {}", last.status(), last.place())?;
                    if let Some(wait) = last.ended() {
                        write_wait(f, wait)?;
                    }
                }
                match last_error {
                    Some(error) => write!(f, "; last error: {error}"),
                    None => Ok(()),
                }
            }
            Self::Http(error) => error.fmt(f),
        }
    }
}

/// A `Retry-After` that ended the poll.
fn write_wait(f: &mut fmt::Formatter<'_>, wait: Duration) -> fmt::Result {
    if wait == Duration::MAX {
        f.write_str(", whose `Retry-After` is longer than `max_retry_after`")
    } else {
        write!(f, ", whose `Retry-After` of {wait:?} is longer than the time left")
    }
}

impl Error for HttpPollError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Http(error) => error.source(),
            Self::Alarm { .. } | Self::TimedOut { .. } => None,
        }
    }
}

impl From<HttpError> for HttpPollError {
    fn from(error: HttpError) -> Self {
        Self::Http(error)
    }
}
