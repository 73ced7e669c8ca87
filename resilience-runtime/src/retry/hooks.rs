use std::fmt;
use std::time::Duration;

use crate::attempt::Attempt;

/// The predicates and the callback of a retry.
#[derive(Clone, Copy)]
pub struct Hooks<On, GiveUp, RetryAfter, OnError> {
    pub(super) on: On,
    pub(super) giveup: GiveUp,
    pub(super) retry_after: RetryAfter,
    pub(super) on_error: Option<OnError>,
}

/// The hooks of a retry without closures: plain functions, called only after a failure.
pub(super) type DefaultHooks<E> =
    Hooks<fn(&E) -> bool, fn(&E) -> bool, fn(&E) -> Option<Duration>, fn(&E, &Attempt)>;

impl<E> DefaultHooks<E> {
    pub(super) fn new() -> Self {
        Self { on: |_| true, giveup: |_| false, retry_after: |_| None, on_error: None }
    }
}

impl<On, GiveUp, RetryAfter, OnError> fmt::Debug for Hooks<On, GiveUp, RetryAfter, OnError> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
