use std::fmt;
use std::time::Duration;

/// Why a [`poll`](crate::poll()) ended without meeting its condition.
///
/// ```
/// use resilience::{PollError, poll};
///
/// let failed = poll(|| Err::<u8, _>("refused")).until(|n| *n > 1).call();
/// assert_eq!(failed, Err(PollError::Failed("refused")));
///
/// let rang = poll(|| Ok::<u8, &str>(0)).until(|n| *n > 1).alarm(|n| *n == 0).call();
/// assert_eq!(rang, Err(PollError::Alarm(0)));
///
/// let ended = poll(|| Ok::<u8, &str>(1)).until(|n| *n > 1).times(1).call();
/// assert!(matches!(ended, Err(PollError::TimedOut { last: Some(1), attempts: 1, .. })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollError<T, E> {
    /// The time or the attempts are used up.
    TimedOut {
        /// The last value; `None` if no attempt returned one.
        last: Option<T>,
        /// The last ignored error, if there was one.
        last_error: Option<E>,
        /// The number of attempts.
        attempts: u32,
        /// The time since the start, delays included.
        elapsed: Duration,
    },
    /// The `cancel` signal ended the poll.
    Cancelled {
        /// The last value; `None` if no attempt returned one.
        last: Option<T>,
        /// The last ignored error, if there was one.
        last_error: Option<E>,
        /// The number of attempts that began.
        attempts: u32,
        /// The time since the start, delays included.
        elapsed: Duration,
    },
    /// A value matched `alarm`.
    Alarm(T),
    /// An attempt failed with an error that is not ignored, or with the last of `max_ignored` ignored ones.
    Failed(E),
}

impl<T: fmt::Debug, E: fmt::Display> fmt::Display for PollError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The value may be a secret.
            Self::TimedOut { last: _, last_error, attempts, elapsed } => {
                f.write_str("the condition was not met")?;
                write_after(f, *attempts, *elapsed, last_error.as_ref())
            }
            Self::Cancelled { last: _, last_error, attempts, elapsed } => {
                f.write_str("the poll was cancelled")?;
                write_after(f, *attempts, *elapsed, last_error.as_ref())
            }
            Self::Alarm(value) => write!(f, "the alarm rang: {value:?}"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

fn write_after(
    f: &mut fmt::Formatter<'_>,
    attempts: u32,
    elapsed: Duration,
    last_error: Option<&impl fmt::Display>,
) -> fmt::Result {
    let plural = if attempts == 1 { "" } else { "s" };
    write!(f, " ({attempts} attempt{plural} in {elapsed:?}")?;
    if let Some(error) = last_error {
        write!(f, "; last error: {error}")?;
    }
    f.write_str(")")
}

/// `E` needs only `Debug` and `Display`, so that boxed errors and report types can be used, which do not implement `Error`.
/// [`Failed`](PollError::Failed) shows its error.
impl<T: fmt::Debug, E: fmt::Debug + fmt::Display> std::error::Error for PollError<T, E> {}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn a_poll_error_over_a_boxed_error_goes_into_a_boxed_error() {
        let failed: Result<(), PollError<u8, Box<dyn Error>>> = Err(PollError::Failed("refused".into()));
        let boxed = (|| Ok::<_, Box<dyn Error>>(failed?))().unwrap_err();
        assert_eq!(boxed.to_string(), "refused");
    }

    #[test]
    fn a_poll_error_ends_with_the_last_ignored_error_and_shows_no_value() {
        let second = Duration::from_secs(1);
        let cases: [(PollError<u8, &str>, &str); 5] = [
            (
                PollError::TimedOut { last: Some(7), last_error: Some("torn"), attempts: 2, elapsed: second },
                "the condition was not met (2 attempts in 1s; last error: torn)",
            ),
            (
                PollError::TimedOut { last: Some(7), last_error: None, attempts: 1, elapsed: second },
                "the condition was not met (1 attempt in 1s)",
            ),
            (
                PollError::Cancelled {
                    last: Some(7),
                    last_error: Some("torn"),
                    attempts: 0,
                    elapsed: second,
                },
                "the poll was cancelled (0 attempts in 1s; last error: torn)",
            ),
            (PollError::Alarm(7), "the alarm rang: 7"),
            (PollError::Failed("refused"), "refused"),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
        }
    }
}
