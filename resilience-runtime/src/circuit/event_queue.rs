//! A bounded queue between the circuit, which never waits, and listeners, which may take any time.
//!
//! One thread at a time delivers; the others leave their events in the queue. The owner puts the queue under its lock and
//! calls listeners without it.

use std::collections::VecDeque;

use crate::event::CircuitEventKind;

/// Events of one circuit that wait for a slow listener, transitions included.
///
/// 256: minutes of a circuit that changes its state every second, and 14 KiB of memory beside the texts of failures.
pub(super) const MAX_QUEUED: usize = 256;

/// Waiting events above which a minor event is dropped, and events after which the delivering thread takes no more minor
/// ones: it has called a function and has to return.
///
/// 64: one refusal tells as much as the next, and a quarter of the queue leaves room for transitions.
pub(super) const MAX_MINOR: usize = 64;

/// Events that have not been delivered. Holds at most [`MAX_QUEUED`], and counts every event that it drops.
///
/// Minor events go first: a new one is dropped when [`MAX_MINOR`] events wait, and a waiting one makes room for a
/// transition. With transitions alone in the queue, the oldest one is dropped, so that a listener which comes back learns
/// the present state.
#[derive(Debug)]
pub(super) struct EventQueue<E> {
    waiting: VecDeque<Waiting<E>>,
    /// Minor events among those that wait.
    minor: usize,
    /// Events dropped after the last one that waits.
    dropped: u64,
    /// Whether a thread is delivering: events reach listeners in order, one at a time.
    delivering: bool,
    /// Events that the delivering thread has taken.
    delivered: usize,
}

#[derive(Debug)]
struct Waiting<E> {
    event: E,
    minor: bool,
    /// Events dropped between the one before and this one.
    dropped: u64,
}

impl<E> EventQueue<E> {
    pub(super) const fn new() -> Self {
        Self { waiting: VecDeque::new(), minor: 0, dropped: 0, delivering: false, delivered: 0 }
    }

    /// Adds an event behind all others. `event` is not called if it is dropped.
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

    /// As [`push`](Self::push), for an event that a listener has caused. It is dropped when the delivering thread has taken
    /// [`MAX_QUEUED`] events, because listeners that cause an event for each event would go on without end.
    pub(super) fn push_by_listener(&mut self, kind: CircuitEventKind, event: impl FnOnce() -> E) {
        if self.delivered < MAX_QUEUED {
            self.push(kind, event);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Makes the calling thread the one that delivers, unless there is one.
    pub(super) fn begin_delivery(&mut self) -> bool {
        !std::mem::replace(&mut self.delivering, true)
    }

    /// The next event for the delivering thread, and the number of events dropped since the one before.
    ///
    /// `None` ends the delivery. It has to be asked under the same lock that events are added under: no event is left
    /// behind in between.
    pub(super) fn next(&mut self) -> Option<(E, u64)> {
        let next = self.waiting.pop_front();
        self.delivering = next.is_some();
        self.delivered = if next.is_some() { self.delivered + 1 } else { 0 };
        let Waiting { event, minor, dropped } = next?;
        self.minor -= usize::from(minor);
        Some((event, dropped))
    }

    /// Drops the oldest minor event, or the oldest one. What follows it counts it.
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
