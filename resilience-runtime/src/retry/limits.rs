//! Whether a retry has time limits, as a type: only then must its error be able to hold a `TimedOut`.

use super::run::{RetryRun, Run, TimedRetryRun};
use crate::error::{HoldTimedOut, TimedOut};

/// A retry without time limits.
#[derive(Clone, Copy, Debug)]
pub struct Untimed;

/// A retry with a deadline or an attempt timeout.
#[derive(Clone, Copy, Debug)]
pub struct Timed;

/// [`Untimed`] or [`Timed`]: whether a call of the retry is timed.
pub trait LimitKind {
    /// The run of a call that reports no failures to its caller.
    type Run: Run;
}

impl LimitKind for Untimed {
    type Run = RetryRun;
}

impl LimitKind for Timed {
    type Run = TimedRetryRun;
}

/// The error of an attempt that was dropped by its time limit.
#[diagnostic::on_unimplemented(
    message = "the error type `{E}` cannot hold a `TimedOut`",
    note = "a time limit needs `impl From<resilience::TimedOut> for {E}`"
)]
pub trait TimeLimit<E> {
    /// The time limit as the operation's error.
    fn hold(timed_out: TimedOut) -> E;
}

#[diagnostic::do_not_recommend]
impl<E: HoldTimedOut> TimeLimit<E> for Timed {
    fn hold(timed_out: TimedOut) -> E {
        E::hold(timed_out)
    }
}
