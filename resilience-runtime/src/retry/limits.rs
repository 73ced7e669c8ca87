//! Whether a retry has time limits, as a type: only then must its error be able to hold a `TimedOut`.

use crate::error::{HoldTimedOut, TimedOut};

/// A retry without time limits.
#[derive(Clone, Copy, Debug)]
pub struct Untimed;

/// A retry with a deadline or an attempt timeout.
#[derive(Clone, Copy, Debug)]
pub struct Timed;

/// The error of an attempt that was dropped by its time limit.
#[diagnostic::on_unimplemented(
    message = "the error type `{E}` cannot hold a `TimedOut`",
    note = "a time limit needs `impl From<resilience::TimedOut> for {E}`"
)]
pub trait TimeLimit<E> {
    /// The time limit as the operation's error; `None` where there is no limit that could be reached.
    fn hold(timed_out: TimedOut) -> Option<E>;
}

impl<E> TimeLimit<E> for Untimed {
    fn hold(_: TimedOut) -> Option<E> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E: HoldTimedOut> TimeLimit<E> for Timed {
    fn hold(timed_out: TimedOut) -> Option<E> {
        Some(E::hold(timed_out))
    }
}
