//! The channel between the layers of one stack, about rejections of inner circuits and limits of outer layers.
//!
//! The layers of a stack are generic over errors and responses, so a rejection has to travel beside the result. The
//! futures of a stack are polled inside each other, on one thread: the channel is a variable of the thread, which an
//! outer layer replaces for the time of a poll. Work that a layer hands to another task is not connected.

use std::cell::Cell;
use std::time::Duration;

use crate::circuit::{Above, NextCall};
use crate::sleep::RejectionHint;

#[derive(Clone, Copy)]
struct Signal {
    /// The limit that is dropping the attempt now.
    limit: Option<Duration>,
    /// What inner circuits report about the next call.
    told: RejectionHint,
}

impl Signal {
    const NONE: Self = Self { limit: None, told: None };
}

thread_local! {
    static SIGNAL: Cell<Signal> = const { Cell::new(Signal::NONE) };
}

/// Restores the outer layer's channel, also after a panic.
struct Restore(Signal);

impl Drop for Restore {
    fn drop(&mut self) {
        // A thread that is ending has no channel.
        let _ = SIGNAL.try_with(|signal| signal.set(self.0));
    }
}

fn within<T>(signal: Signal, part: impl FnOnce() -> T) -> (T, RejectionHint) {
    let _outer = Restore(SIGNAL.try_with(|own| own.replace(signal)).unwrap_or(Signal::NONE));
    let done = part();
    (done, SIGNAL.try_with(Cell::get).ok().and_then(|signal| signal.told))
}

/// Polls an attempt, and returns the last report of inner circuits. Only the report of the poll that ends the attempt
/// counts: an attempt that goes on has handled an earlier rejection.
pub(super) fn listen<T>(part: impl FnOnce() -> T) -> (T, RejectionHint) {
    within(Signal::NONE, part)
}

/// Drops an attempt that took longer than `limit`. `None`: a total limit, which inner circuits do not count.
pub(super) fn cut(limit: Option<Duration>, drop_attempt: impl FnOnce()) -> RejectionHint {
    within(Signal { limit, told: None }, drop_attempt).1
}

/// Reports to the outer layer.
pub(super) fn tell(told: RejectionHint) {
    let _ = SIGNAL.try_with(|signal| signal.set(Signal { told, ..signal.get() }));
}

/// The outer layers of a circuit in a stack.
#[derive(Clone, Copy, Debug)]
pub(super) struct InStack {
    /// The circuit has a response for the calls that it rejects.
    pub(super) answers: bool,
}

impl InStack {
    /// What the outer layer has to know: the hint of inner circuits, combined with that of this one.
    pub(super) fn combined(self, next: NextCall<'_>, told: RejectionHint) -> RejectionHint {
        if self.answers { next.answered(told) } else { next.rejected(told) }
    }
}

impl Above for InStack {
    const ONLY_CALLER: bool = false;

    fn limit(&self) -> Option<Duration> {
        SIGNAL.try_with(Cell::get).ok()?.limit
    }

    fn tell(&self, next: NextCall<'_>) {
        let told = SIGNAL.try_with(Cell::get).ok().and_then(|signal| signal.told);
        tell(self.combined(next, told));
    }
}
