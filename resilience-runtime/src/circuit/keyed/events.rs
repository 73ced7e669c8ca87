use std::sync::{Arc, OnceLock, PoisonError};

use crate::circuit::Name;
use crate::circuit::event_queue::EventQueue;
use crate::circuit::listeners::{EVERYWHERE, Listeners, is_telling};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::sync::Mutex;
use crate::time::Nanos;

/// What happens to a set as a whole, for its listeners.
#[derive(Debug)]
pub(super) struct SetEvents {
    /// Shared with every circuit of the set. Made when it is first needed: there is no `Arc` in a `const`.
    listeners: OnceLock<Arc<Listeners>>,
    queue: Queue,
}

struct Queue(Mutex<EventQueue<CircuitEvent>>);

impl SetEvents {
    pub(super) const fn new() -> Self {
        Self { listeners: OnceLock::new(), queue: Queue(Mutex::new(EventQueue::new())) }
    }

    pub(super) fn listeners(&self) -> &Arc<Listeners> {
        self.listeners.get_or_init(|| Arc::new(Listeners::new()))
    }

    /// Delivers an event as a circuit does: one at a time, through a bounded queue, so that a listener that hangs costs one
    /// call and not all. What a listener causes by its own calls is not told where that could go on without end.
    pub(super) fn tell(&self, set: &'static str, kind: CircuitEventKind, text: impl FnOnce() -> Arc<str>) {
        let listened = self.listeners.get().is_some_and(|set| set.any()) || EVERYWHERE.any();
        if !listened || kind.is_minor() && is_telling() {
            return;
        }
        let event = CircuitEvent {
            name: Name::Written(set),
            kind,
            generation: 0,
            failures: 0,
            time_left: Nanos::ZERO,
            last_failure: Some(text()),
            dropped: 0,
        };
        if !self.queue.push(event) {
            return;
        }
        while let Some(event) = self.queue.next() {
            self.listeners().tell(&event);
            EVERYWHERE.tell(&event);
        }
    }
}

impl Queue {
    /// Whether the calling thread is to deliver what waits.
    fn push(&self, event: CircuitEvent) -> bool {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(event.kind, || event);
        queue.begin_delivery()
    }

    fn next(&self) -> Option<CircuitEvent> {
        let (event, dropped) = self.0.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        Some(CircuitEvent { dropped, ..event })
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
