//! A bounded queue between a circuit, which never waits, and its listeners, which may be slow.
//!
//! One thread at a time delivers. Other threads leave their events in the queue. The owner accesses the queue under
//! its lock and calls listeners without the lock.

use std::collections::VecDeque;

use crate::event::CircuitEventKind;

/// The maximum number of events of one circuit that wait for a slow listener, transitions included.
///
/// 256: minutes of a circuit that changes its state every second, and 14 KiB of memory plus the texts of failures.
pub(super) const MAX_QUEUED: usize = 256;

/// The number of waiting events above which a minor event is dropped. Also the number of events after which the
/// delivering thread takes no more minor events: it belongs to a call that has to return.
///
/// 64: rejections are alike, and a quarter of the queue leaves room for transitions.
pub(super) const MAX_MINOR: usize = 64;

/// The events that have not been delivered. Holds at most [`MAX_QUEUED`], and counts every dropped event.
///
/// Minor events are dropped first: a new one if [`MAX_MINOR`] events wait, and a waiting one to make room for a
/// transition. If only transitions wait, the oldest one is dropped, so that a listener that recovers gets the
/// present state.
#[derive(Debug)]
pub(super) struct EventQueue<E> {
    waiting: VecDeque<Waiting<E>>,
    /// The number of waiting minor events.
    minor: usize,
    /// The number of events dropped after the last waiting one.
    dropped: u64,
    /// Whether a thread is delivering. Events reach listeners in order, one at a time.
    delivering: bool,
    /// The number of events that the delivering thread has taken.
    delivered: usize,
}

#[derive(Debug)]
struct Waiting<E> {
    event: E,
    minor: bool,
    /// The number of events dropped between the previous event and this one.
    dropped: u64,
}

impl<E> EventQueue<E> {
    pub(super) const fn new() -> Self {
        Self { waiting: VecDeque::new(), minor: 0, dropped: 0, delivering: false, delivered: 0 }
    }

    /// Appends an event. `event` is not called if the event is dropped.
    pub(super) fn push(&mut self, kind: CircuitEventKind, event: impl FnOnce() -> E) {
        let minor = kind.is_minor();
        if minor && (self.waiting.len() >= MAX_MINOR || self.delivered >= MAX_MINOR) {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        if self.waiting.len() >= MAX_QUEUED {
            self.drop_one();
        }
        let dropped = std::mem::take(&mut self.dropped);
        self.minor += usize::from(minor);
        self.waiting.push_back(Waiting { event: event(), minor, dropped });
    }

    /// Like [`push`](Self::push), for an event caused by a listener. It is dropped once the delivering thread has taken
    /// [`MAX_QUEUED`] events: listeners that cause an event for each event would otherwise never finish.
    pub(super) fn push_by_listener(&mut self, kind: CircuitEventKind, event: impl FnOnce() -> E) {
        if self.delivered < MAX_QUEUED {
            self.push(kind, event);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Makes the calling thread the delivering one, unless there is one.
    pub(super) fn begin_delivery(&mut self) -> bool {
        !std::mem::replace(&mut self.delivering, true)
    }

    /// The next event for the delivering thread, and the number of events dropped before it.
    ///
    /// `None` ends the delivery. Must be called under the same lock as `push`, so that no event is left behind.
    pub(super) fn next(&mut self) -> Option<(E, u64)> {
        let next = self.waiting.pop_front();
        self.delivering = next.is_some();
        self.delivered = if next.is_some() { self.delivered + 1 } else { 0 };
        let Waiting { event, minor, dropped } = next?;
        self.minor -= usize::from(minor);
        Some((event, dropped))
    }

    /// Drops the oldest minor event, or else the oldest event. The next event counts it as dropped.
    fn drop_one(&mut self) {
        let oldest_minor =
            if self.minor == 0 { None } else { self.waiting.iter().position(|next| next.minor) };
        let place = oldest_minor.unwrap_or(0);
        let Some(gone) = self.waiting.remove(place) else { return };
        self.minor -= usize::from(gone.minor);
        let following = self.waiting.get_mut(place).map_or(&mut self.dropped, |next| &mut next.dropped);
        *following = following.saturating_add(gone.dropped).saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
