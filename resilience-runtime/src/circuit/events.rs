//! The events of one circuit, from the change that makes one to the listeners: in order, and with no lock held.

use std::collections::VecDeque;
use std::mem;
use std::sync::PoisonError;

use super::listeners::{EVERYWHERE, Listeners, is_telling};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::sync::Mutex;

/// A circuit's listeners, and what they have not been told yet.
pub(super) struct Events {
    pub(super) listeners: Listeners,
    queue: Mutex<Queue>,
}

struct Queue {
    events: VecDeque<CircuitEvent>,
    /// Whether a thread delivers events. The others leave theirs to it, and so does a listener that causes new ones.
    delivers: bool,
    /// How many events that thread has delivered.
    delivered: usize,
}

/// How many rejections and late results wait for a slow listener, and how many one thread delivers before it takes no more
/// of them: it has called something, and is to come back. Transitions always wait, and are always delivered.
const MAX_MINOR: usize = 64;

impl Events {
    pub(super) const fn new(listeners: Listeners) -> Self {
        let queue = Queue { events: VecDeque::new(), delivers: false, delivered: 0 };
        Self { listeners, queue: Mutex::new(queue) }
    }

    /// Whether anybody listens: otherwise there are no events.
    #[inline]
    pub(super) fn are_heard(&self) -> bool {
        self.listeners.any() || EVERYWHERE.any()
    }

    /// Called under the circuit's lock, so that events are in the order of the changes.
    pub(super) fn push(&self, event: CircuitEvent) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let minor = matches!(event.kind, CircuitEventKind::Refused | CircuitEventKind::LateResult);
        let skipped =
            minor && (is_telling() || queue.events.len() >= MAX_MINOR || queue.delivered >= MAX_MINOR);
        if !skipped {
            queue.events.push_back(event);
        }
    }

    /// Tells the listeners of all events. Called with no lock held.
    #[cold]
    #[inline(never)]
    pub(super) fn deliver(&self) {
        {
            let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.events.is_empty() || mem::replace(&mut queue.delivers, true) {
                return;
            }
        }
        while let Some(event) = self.next() {
            self.listeners.tell(&event);
            EVERYWHERE.tell(&event);
        }
    }

    /// Ends the delivery under the same lock that says that the queue is empty: no event is left behind.
    fn next(&self) -> Option<CircuitEvent> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let event = queue.events.pop_front();
        queue.delivers = event.is_some();
        queue.delivered = if event.is_some() { queue.delivered + 1 } else { 0 };
        event
    }
}
