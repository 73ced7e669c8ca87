use std::fmt;
use std::io;

/// The error for an `Ok` value that `alarm(..)` matches. Contains the value.
///
/// A function under `#[poll(alarm ..)]` returns it as its own error type, through [`From`].
///
/// ```
/// use resilience::{Alarm, TimedOut, poll};
///
/// #[derive(Debug, PartialEq)]
/// enum Job { Running, Done, Crashed }
///
/// #[derive(Debug, PartialEq)]
/// enum Error { Crashed(Job), Slow(TimedOut) }
/// impl From<Alarm<Job>> for Error {
///     fn from(alarm: Alarm<Job>) -> Self { Error::Crashed(alarm.into_value()) }
/// }
/// impl From<TimedOut> for Error {
///     fn from(timed_out: TimedOut) -> Self { Error::Slow(timed_out) }
/// }
///
/// #[poll(until(Job::Done), alarm(Job::Crashed))]
/// fn wait() -> Result<Job, Error> { Ok(Job::Crashed) }
///
/// assert_eq!(wait(), Err(Error::Crashed(Job::Crashed)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm<T> {
    function: &'static str,
    attempts: u32,
    value: T,
}

impl<T> Alarm<T> {
    pub(crate) const fn new(function: &'static str, attempts: u32, value: T) -> Self {
        Self { function, attempts, value }
    }

    /// The name of the function, as in [`Attempt::name`](crate::Attempt::name).
    #[must_use]
    pub const fn function(&self) -> &'static str {
        self.function
    }

    /// The number of attempts, including the one that matched.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The value that matched.
    #[must_use]
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Converts to the value.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

impl<T: fmt::Debug> fmt::Display for Alarm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, attempts, value } = self;
        write!(f, "`{function}` rang its alarm at attempt {attempts}: {value:?}")
    }
}

impl<T: fmt::Debug> std::error::Error for Alarm<T> {}

impl<T: fmt::Debug + Send + Sync + 'static> From<Alarm<T>> for io::Error {
    /// The kind is [`io::ErrorKind::Other`].
    fn from(alarm: Alarm<T>) -> Self {
        Self::other(alarm)
    }
}

/// An error type that can hold an [`Alarm`] with a `T`: any type with `From<Alarm<T>>`.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` cannot hold an `Alarm<{T}>`",
    label = "when the alarm rings, the function has to return a `{Self}`",
    note = "if `{Self}` is a type of yours, write `impl From<resilience::Alarm<{T}>> for {Self}` (with thiserror: a \
            variant with `#[from]`)",
    note = "if it is not, return an error enum of yours that has one"
)]
pub trait HoldAlarm<T>: Sized {
    /// Converts the alarm to this type.
    fn hold(alarm: Alarm<T>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T, E: From<Alarm<T>>> HoldAlarm<T> for E {
    fn hold(alarm: Alarm<T>) -> Self {
        alarm.into()
    }
}
