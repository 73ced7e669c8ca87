use std::pin::pin;
use std::task::{Context, Waker};

use tokio::runtime::Handle;
use tokio::task::coop::{consume_budget, has_budget_remaining};

/// Whether this is async code on a tokio runtime, which must not block.
///
/// Tokio reports this only by a panic. A thread of the blocking pool, or one that has entered a runtime, may block; only async
/// code has a cooperative budget. Inside `tokio::task::unconstrained` there is none: `false`.
pub(super) fn is_async() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    // Tokio's budget is 128 steps. It is spent here: the caller's task yields at its next opportunity.
    for _ in 0..1024 {
        if !has_budget_remaining() {
            return true;
        }
        let _ = pin!(consume_budget()).poll(&mut cx);
    }
    false
}
