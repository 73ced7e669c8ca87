use std::fmt;
use std::time::Duration;

use crate::attempt::Attempt;

/// The predicates and the callbacks of a poll.
#[derive(Clone, Copy)]
pub struct PollHooks<Until, Alarm, Ignore, RetryAfter, OnError> {
    pub(super) until: Until,
    pub(super) alarm: Alarm,
    pub(super) ignore: Ignore,
    pub(super) retry_after: RetryAfter,
    pub(super) on_error: Option<OnError>,
}

/// In place of the condition: a poll without one cannot be called.
#[derive(Clone, Copy, Debug)]
pub struct NoCondition;

/// The condition of a poll: a closure over the value.
#[diagnostic::on_unimplemented(
    message = "this poll has no condition that ends it",
    label = "add `.until(|value| ..)` before this call",
    note = "expected a closure `|value: &{T}| -> bool`, found `{Self}`"
)]
pub trait PollCondition<T> {
    /// Whether the value meets the condition.
    fn is_met(&mut self, value: &T) -> bool;
}

impl<T, P: FnMut(&T) -> bool> PollCondition<T> for P {
    fn is_met(&mut self, value: &T) -> bool {
        self(value)
    }
}

/// The hooks of a poll without closures: plain functions.
pub(super) type DefaultPollHooks<T, E> = PollHooks<
    NoCondition,
    fn(&T) -> bool,
    fn(&E) -> bool,
    fn(&Result<T, E>) -> Option<Duration>,
    fn(&E, &Attempt),
>;

impl<T, E> DefaultPollHooks<T, E> {
    pub(super) fn new() -> Self {
        Self {
            until: NoCondition,
            alarm: |_| false,
            ignore: |_| false,
            retry_after: |_| None,
            on_error: None,
        }
    }
}

impl<Until, Alarm, Ignore, RetryAfter, OnError> fmt::Debug
    for PollHooks<Until, Alarm, Ignore, RetryAfter, OnError>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollHooks").finish_non_exhaustive()
    }
}
