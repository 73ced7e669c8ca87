use std::fmt;
use std::time::Duration;

use super::limits::LimitKind;
use super::run::{Run, TimedRetryRun};
use crate::attempt::Attempt;

/// The callbacks of a retry. One that is not set is [`Unset`], which takes no space.
#[derive(Clone, Copy)]
pub struct Hooks<On, GiveUp, RetryAfter, OnError> {
    pub(super) on: On,
    pub(super) giveup: GiveUp,
    pub(super) retry_after: RetryAfter,
    pub(super) on_error: OnError,
}

/// A callback that is not set.
#[derive(Clone, Copy, Debug)]
pub struct Unset;

/// The callbacks of a retry for which none is set.
pub(super) type DefaultHooks = Hooks<Unset, Unset, Unset, Unset>;

impl DefaultHooks {
    pub(super) const fn new() -> Self {
        Self { on: Unset, giveup: Unset, retry_after: Unset, on_error: Unset }
    }
}

/// A predicate on errors.
pub trait ErrorPredicate<E> {
    /// The predicate's result, or `default` if it is not set.
    fn answer(&mut self, error: &E, default: bool) -> bool;
}

impl<E> ErrorPredicate<E> for Unset {
    fn answer(&mut self, _: &E, default: bool) -> bool {
        default
    }
}

impl<E, P: FnMut(&E) -> bool> ErrorPredicate<E> for P {
    fn answer(&mut self, error: &E, _: bool) -> bool {
        self(error)
    }
}

/// The wait that the server requested.
pub trait WaitHint<E> {
    /// `None` if there is no such wait.
    fn hint(&mut self, error: &E) -> Option<Duration>;
}

impl<E> WaitHint<E> for Unset {
    fn hint(&mut self, _: &E) -> Option<Duration> {
        None
    }
}

impl<E, P: FnMut(&E) -> Option<Duration>> WaitHint<E> for P {
    fn hint(&mut self, error: &E) -> Option<Duration> {
        self(error)
    }
}

/// A callback for every failure.
pub trait FailureCallback<E> {
    /// The run of a call: it is timed if an [`Attempt`] is to be reported.
    type Run<L: LimitKind>: Run;

    /// Reports a failure.
    fn report(&mut self, error: &E, attempt: &Attempt);
}

impl<E> FailureCallback<E> for Unset {
    type Run<L: LimitKind> = L::Run;

    fn report(&mut self, _: &E, _: &Attempt) {}
}

impl<E, P: FnMut(&E, &Attempt)> FailureCallback<E> for P {
    type Run<L: LimitKind> = TimedRetryRun;

    fn report(&mut self, error: &E, attempt: &Attempt) {
        self(error, attempt);
    }
}

impl<On, GiveUp, RetryAfter, OnError> fmt::Debug for Hooks<On, GiveUp, RetryAfter, OnError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
