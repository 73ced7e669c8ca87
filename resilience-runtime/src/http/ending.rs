use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Condition, HttpError, HttpResponse};

/// How a poll ended that did not bring its answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum HttpPollError {
    /// An answer rang an alarm.
    Alarm {
        /// The answer.
        response: HttpResponse,
        /// The alarm that rang.
        condition: Condition,
    },
    /// There were enough attempts, or the deadline has passed.
    TimedOut {
        /// The last answer, if there was one.
        last: Option<HttpResponse>,
        /// The last error that was ignored, if there was one.
        last_error: Option<HttpError>,
        /// How many attempts were made.
        attempts: u32,
        /// How long it all took.
        elapsed: Duration,
    },
    /// A request failed, or its answer could not be read, and that was not to be ignored.
    Http(HttpError),
}

impl fmt::Display for HttpPollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alarm { response, condition } => {
                write!(f, "{} answered {}: the alarm {condition} rang", response.place(), response.status())
            }
            Self::TimedOut { last, last_error, attempts, elapsed } => {
                let times = if *attempts == 1 { "" } else { "s" };
                write!(f, "the answer did not come in {attempts} attempt{times}, in {elapsed:?}")?;
                if let Some(last) = last {
                    write!(f, "; the last one of {} was {}", last.place(), last.status())?;
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
