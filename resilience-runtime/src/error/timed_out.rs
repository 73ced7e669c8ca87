use std::fmt;
use std::io;
use std::time::Duration;

use super::Causes;

/// The error for a limit that was reached without an error of an attempt.
///
/// A function under an attribute returns it converted to its error type, by [`From`]. `std::io::Error`,
/// `Box<dyn Error + Send + Sync>` and the usual report types need no further code; an enum needs
/// `impl From<TimedOut>` (with `thiserror`: `#[from]`). If an attempt failed with an error of the
/// function, that error is returned instead.
///
/// ```
/// use resilience::{TimedOut, poll};
/// use std::time::Duration;
///
/// #[poll(until = |n| *n > 9, timeout = 20s, interval = 5s)]
/// async fn wait_for_ten() -> Result<u32, TimedOut> {
///     Ok(1)
/// }
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let timed_out = wait_for_ten().await.unwrap_err();
/// assert_eq!(timed_out.attempts(), 5);
/// assert_eq!(timed_out.elapsed(), Duration::from_secs(20));
/// assert!(timed_out.to_string().contains("wait_for_ten` timed out after 20s"));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    function: &'static str,
    limit: Limit,
    attempts: u32,
    elapsed: Duration,
    causes: Causes,
}

/// The limit that was reached: [`TimedOut::limit`].
///
/// ```
/// use resilience::{Limit, TimedOut, poll};
///
/// #[poll(until(2), times = 3, interval = 0s)]
/// fn one() -> Result<u8, TimedOut> {
///     Ok(1)
/// }
///
/// assert_eq!(one().unwrap_err().limit(), Limit::Times(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The last attempt exceeded its `attempt_timeout`.
    AttemptTimeout(Duration),
    /// A call through a circuit exceeded its `call_timeout`.
    CallTimeout(Duration),
    /// All attempts together exceeded the `deadline`.
    Deadline(Duration),
    /// The condition was not met within the `timeout` of a poll.
    Timeout(Duration),
    /// The condition was not met within the number of attempts.
    Times(u32),
    /// The condition can never be met: it is a [`Condition`] that cannot be evaluated, such as a `JSONPath` that does
    /// not parse. Its `check` returns the reason.
    ///
    #[cfg_attr(feature = "http", doc = "[`Condition`]: crate::http::Condition")]
    #[cfg_attr(not(feature = "http"), doc = "[`Condition`]: crate")]
    InvalidCondition,
}

impl TimedOut {
    pub(crate) const fn new(function: &'static str, limit: Limit, attempts: u32, elapsed: Duration) -> Self {
        Self { function, limit, attempts, elapsed, causes: Causes::NONE }
    }

    pub(crate) fn because(self, causes: Causes) -> Self {
        Self { causes, ..self }
    }

    /// The name of the function, as in [`Attempt::name`](crate::Attempt::name).
    #[must_use]
    pub const fn function(&self) -> &'static str {
        self.function
    }

    /// The limit that was reached.
    #[must_use]
    pub const fn limit(&self) -> Limit {
        self.limit
    }

    /// The number of attempts.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time since the start, including delays.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The text of the last error that `#[poll]` ignored; `None` if it ignored none.
    ///
    /// The first line of the error's `Display`, otherwise of its `Debug`, otherwise the name of its type; at most 512
    /// bytes. A retry has no such text: it only returns a `TimedOut` if no attempt failed with an error.
    ///
    /// ```
    /// use resilience::{TimedOut, poll};
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// enum Error {
    ///     #[error("connection refused")]
    ///     Refused,
    ///     #[error(transparent)]
    ///     TimedOut(#[from] TimedOut),
    /// }
    ///
    /// #[poll(until = |ready| *ready, ignore(Error::Refused), times = 2, interval = 1ms)]
    /// fn wait_until_ready() -> Result<bool, Error> { Err(Error::Refused) }
    ///
    /// let error = wait_until_ready().unwrap_err();
    /// assert!(error.to_string().ends_with("; last error: connection refused)"));
    /// let Error::TimedOut(timed_out) = error else { panic!() };
    /// assert_eq!(timed_out.last_error(), Some("connection refused"));
    /// ```
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.causes.error()
    }

    /// The text of the last value of `#[poll]`; `None` if no attempt returned one.
    ///
    /// The format is that of [`last_error`](Self::last_error). The value may be a secret: neither `Display` nor `Debug`
    /// of a `TimedOut` shows it.
    #[must_use]
    pub fn last_value(&self) -> Option<&str> {
        self.causes.value()
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, limit, attempts, elapsed, causes } = self;
        match limit {
            Limit::AttemptTimeout(limit) => {
                write!(f, "`{function}` timed out: an attempt took longer than {limit:?}")
            }
            Limit::CallTimeout(limit) => {
                write!(f, "`{function}` timed out: the call took longer than {limit:?}")
            }
            Limit::Deadline(limit) => write!(f, "`{function}` timed out at its deadline of {limit:?}"),
            Limit::Timeout(limit) => {
                write!(f, "`{function}` timed out after {limit:?}: the condition was not met")
            }
            Limit::Times(_) => write!(f, "`{function}` gave up: the condition was not met"),
            Limit::InvalidCondition => {
                write!(f, "`{function}` gave up: its condition is invalid, `Condition::check` says why")
            }
        }?;
        causes.write_after(f, *attempts, *elapsed)
    }
}

impl std::error::Error for TimedOut {}

impl From<TimedOut> for io::Error {
    /// The kind is [`io::ErrorKind::TimedOut`].
    fn from(timed_out: TimedOut) -> Self {
        Self::new(io::ErrorKind::TimedOut, timed_out)
    }
}

/// An error type with `From<TimedOut>`.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` cannot hold a `TimedOut`",
    label = "when time runs out, the function has to return a `{Self}`",
    note = "if `{Self}` is a type of yours, write `impl From<resilience::TimedOut> for {Self}` (with thiserror: a \
            variant with `#[from]`)",
    note = "if it is not, return an error enum of yours that has one"
)]
pub trait HoldTimedOut: Sized {
    /// Converts the time limit to this type.
    fn hold(timed_out: TimedOut) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<TimedOut>> HoldTimedOut for E {
    fn hold(timed_out: TimedOut) -> Self {
        timed_out.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_says_what_how_often_and_how_long() {
        let second = Duration::from_secs(1);
        let cases = [
            (
                Limit::AttemptTimeout(second),
                "`f` timed out: an attempt took longer than 1s (1 attempt in 2s)",
            ),
            (Limit::CallTimeout(second), "`f` timed out: the call took longer than 1s (1 attempt in 2s)"),
            (Limit::Deadline(second), "`f` timed out at its deadline of 1s (1 attempt in 2s)"),
            (Limit::Timeout(second), "`f` timed out after 1s: the condition was not met (1 attempt in 2s)"),
            (Limit::Times(1), "`f` gave up: the condition was not met (1 attempt in 2s)"),
        ];
        for (limit, text) in cases {
            assert_eq!(TimedOut::new("f", limit, 1, 2 * second).to_string(), text);
        }
        assert!(TimedOut::new("f", Limit::Times(3), 3, second).to_string().ends_with("(3 attempts in 1s)"));
    }

    #[test]
    fn a_timeout_ends_with_the_last_error_and_shows_no_value() {
        let mut causes = Causes::default();
        causes.keep_value(|line| line.display("secret"));
        let timed_out = |causes| TimedOut::new("f", Limit::Times(2), 2, Duration::ZERO).because(causes);
        let text = "`f` gave up: the condition was not met (2 attempts in 0ns)";
        assert_eq!(timed_out(causes.clone()).to_string(), text);

        causes.keep_error(|line| line.display("torn\nat line 1"));
        causes.keep_error(|line| line.display("refused\nat line 2"));
        let timed_out = timed_out(causes);
        assert_eq!(timed_out.to_string(), text.replace(')', "; last error: refused)"));
        assert_eq!((timed_out.last_error(), timed_out.last_value()), (Some("refused"), Some("secret")));
        let debug = format!("{timed_out:?}");
        assert!(debug.contains("refused") && !debug.contains("secret"), "{debug}");
    }

    #[test]
    fn io_errors_and_boxed_errors_hold_a_timeout() {
        let timed_out = TimedOut::new("f", Limit::Times(3), 3, Duration::ZERO);
        let io: io::Error = HoldTimedOut::hold(timed_out.clone());
        assert_eq!(io.kind(), io::ErrorKind::TimedOut);
        let boxed: Box<dyn std::error::Error + Send + Sync> = HoldTimedOut::hold(timed_out.clone());
        assert_eq!(boxed.downcast_ref::<TimedOut>(), Some(&timed_out));
    }
}
