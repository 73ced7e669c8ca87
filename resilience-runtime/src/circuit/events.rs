//! Delivery of events from a change of the circuit to its listeners: in order, bounded, and without a lock.

use std::fmt;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use super::event_queue::EventQueue;
use super::listeners::CircuitListeners;
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::is_telling;
use crate::sync::Mutex;
use crate::telemetry::trace;

/// The listeners of a circuit and its undelivered events.
pub(super) struct Events {
    pub(super) listeners: CircuitListeners,
    pub(super) pending: Pending,
}

impl Events {
    pub(super) const fn new(listeners: CircuitListeners) -> Self {
        Self { listeners, pending: Pending::new() }
    }

    /// Whether there are listeners. There are no events otherwise.
    #[inline]
    pub(super) fn are_heard(&self) -> bool {
        self.listeners.any()
    }

    /// Whether there is a recipient for events of this kind.
    pub(super) fn hear(&self, kind: CircuitEventKind) -> bool {
        self.are_heard() || trace::hears(kind)
    }

    /// Whether there is something to deliver.
    #[inline]
    pub(super) fn are_pending(&self) -> bool {
        // Relaxed: a thread observes its own stores, and other threads deliver their events themselves.
        self.pending.any.load(Ordering::Relaxed)
    }

    /// Delivers all pending events. No lock may be held.
    pub(super) fn deliver(&self) {
        self.pending.deliver(|event| self.listeners.tell(event));
    }
}

/// Undelivered events.
pub(super) struct Pending {
    queue: Mutex<EventQueue<CircuitEvent>>,
    /// Whether the queue is not empty. Written under its lock.
    any: AtomicBool,
}

impl Pending {
    pub(super) const fn new() -> Self {
        Self { queue: Mutex::new(EventQueue::new()), any: AtomicBool::new(false) }
    }

    /// Appends an event. A circuit calls this under its lock, so that events are in the order of its changes.
    ///
    /// Events caused by a listener are dropped if they could cause further events without end.
    pub(super) fn push(&self, event: CircuitEvent) {
        let is_by_listener = is_telling();
        if !(event.kind.is_minor() && is_by_listener) {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if is_by_listener {
                queue.push_by_listener(event.kind, || event);
            } else {
                queue.push(event.kind, || event);
            }
            // Relaxed: see `Events::are_pending`.
            self.any.store(true, Ordering::Relaxed);
        }
    }

    /// Has the caller deliver, even if there is no event: a store is to be woken.
    pub(super) fn mark(&self) {
        // Relaxed: see `Events::are_pending`.
        self.any.store(true, Ordering::Relaxed);
    }

    /// One thread at a time delivers. Other threads leave their events to it, and so does a listener that causes
    /// events.
    #[cold]
    #[inline(never)]
    pub(super) fn deliver(&self, tell: impl Fn(&CircuitEvent)) {
        if !self.queue.lock().unwrap_or_else(PoisonError::into_inner).begin_delivery() {
            return;
        }
        while let Some(event) = self.next() {
            tell(&event);
        }
    }

    /// A separate function, so that the lock is released while listeners run.
    fn next(&self) -> Option<CircuitEvent> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let next = queue.next();
        // Relaxed: see `Events::are_pending`.
        self.any.store(next.is_some(), Ordering::Relaxed);
        let (event, dropped) = next?;
        Some(CircuitEvent { dropped, ..event })
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").finish_non_exhaustive()
    }
}
