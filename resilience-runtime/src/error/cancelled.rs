use std::fmt;
use std::io;
use std::time::Duration;

use super::Causes;

/// The error of a call that its `cancel` signal ended.
///
/// A function under an attribute with `cancel` returns it converted to its error type, by [`From`], also if an attempt has
/// failed before. `std::io::Error`, `Box<dyn Error + Send + Sync>` and the usual report types need no further code; an enum
/// needs `impl From<Cancelled>` (with `thiserror`: `#[from]`).
///
/// ```
/// use resilience::{Cancelled, retry};
/// use std::time::Duration;
///
/// #[derive(Debug, thiserror::Error)]
/// enum Error {
///     #[error("connection refused")]
///     Refused,
///     #[error(transparent)]
///     Cancelled(#[from] Cancelled),
/// }
///
/// #[retry(times = forever, interval = 1s, cancel = tokio::time::sleep(Duration::from_millis(1500)))]
/// async fn load() -> Result<String, Error> {
///     Err(Error::Refused)
/// }
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let Err(Error::Cancelled(cancelled)) = load().await else { panic!() };
/// assert_eq!(cancelled.attempts(), 2);
/// assert_eq!(cancelled.elapsed(), Duration::from_millis(1500));
/// assert_eq!(cancelled.last_error(), Some("connection refused"));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelled {
    function: &'static str,
    attempts: u32,
    elapsed: Duration,
    causes: Causes,
}

impl Cancelled {
    #[cfg(any(feature = "tokio", test))]
    pub(crate) const fn new(
        function: &'static str,
        attempts: u32,
        elapsed: Duration,
        causes: Causes,
    ) -> Self {
        Self { function, attempts, elapsed, causes }
    }

    /// The name of the function, as in [`Attempt::name`](crate::Attempt::name).
    #[must_use]
    pub const fn function(&self) -> &'static str {
        self.function
    }

    /// The number of attempts that began; 0 if the signal came before the first.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time since the start, including delays.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The text of the last error of an attempt, or of the last one that `#[poll]` ignored; `None` if there was none.
    ///
    /// The first line of the error's `Display`, otherwise of its `Debug`, otherwise the name of its type; at most 512
    /// bytes. [`retry(..)`](fn@crate::retry) knows only the name of the type.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.causes.error()
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, attempts, elapsed, causes } = self;
        write!(f, "`{function}` was cancelled")?;
        causes.write_after(f, *attempts, *elapsed)
    }
}

impl std::error::Error for Cancelled {}

impl From<Cancelled> for io::Error {
    /// The kind is [`io::ErrorKind::Other`]. [`Interrupted`](io::ErrorKind::Interrupted) would ask the caller to try again.
    fn from(cancelled: Cancelled) -> Self {
        Self::other(cancelled)
    }
}

/// An error type with `From<Cancelled>`.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` cannot hold a `Cancelled`",
    label = "when `cancel` ends the call, the function has to return a `{Self}`",
    note = "if `{Self}` is a type of yours, write `impl From<resilience::Cancelled> for {Self}` (with thiserror: a \
            variant with `#[from]`)",
    note = "if it is not, return an error enum of yours that has one"
)]
pub trait HoldCancelled: Sized {
    /// Converts the cancellation to this type.
    fn hold(cancelled: Cancelled) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Cancelled>> HoldCancelled for E {
    fn hold(cancelled: Cancelled) -> Self {
        cancelled.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancellation_says_how_often_how_long_and_what_failed_last() {
        let second = Duration::from_secs(1);
        let cancelled = Cancelled::new("f", 0, Duration::ZERO, Causes::default());
        assert_eq!(cancelled.to_string(), "`f` was cancelled (0 attempts in 0ns)");

        let mut causes = Causes::default();
        causes.keep_error(|line| line.display("refused\nat line 2"));
        let cancelled = Cancelled::new("f", 1, second, causes);
        assert_eq!(cancelled.to_string(), "`f` was cancelled (1 attempt in 1s; last error: refused)");
        assert_eq!(cancelled.last_error(), Some("refused"));
    }

    #[test]
    fn io_errors_and_boxed_errors_hold_a_cancellation() {
        let cancelled = Cancelled::new("f", 3, Duration::ZERO, Causes::default());
        let io: io::Error = HoldCancelled::hold(cancelled.clone());
        assert_eq!(io.kind(), io::ErrorKind::Other);
        assert!(io.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Cancelled>));
        let boxed: Box<dyn std::error::Error + Send + Sync> = HoldCancelled::hold(cancelled.clone());
        assert_eq!(boxed.downcast_ref::<Cancelled>(), Some(&cancelled));
    }
}
