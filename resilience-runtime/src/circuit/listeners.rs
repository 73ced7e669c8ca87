//! Who is told of the events of circuits. Not part of what loom models: who begins to listen hears what happens afterwards.

use std::sync::Arc;

use crate::event::CircuitEvent;
use crate::listeners::{ListenerId, Listeners};
use crate::telemetry::{Event, LISTENERS, trace};

pub(super) type OnEvent = dyn Fn(&CircuitEvent) + Send + Sync;

/// Those who listen to every circuit, and to nothing else.
pub(super) static EVERYWHERE: Listeners<OnEvent> = Listeners::new();

/// The listeners of one circuit.
#[derive(Debug)]
pub(super) struct CircuitListeners {
    own: Listeners<OnEvent>,
    /// Those of the set that the circuit is one of.
    above: Option<Arc<Listeners<OnEvent>>>,
}

impl CircuitListeners {
    pub(super) const fn new() -> Self {
        Self { own: Listeners::new(), above: None }
    }

    pub(super) const fn below(above: Arc<Listeners<OnEvent>>) -> Self {
        Self { own: Listeners::new(), above: Some(above) }
    }

    pub(super) fn add(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        self.own.add(Arc::new(listener))
    }

    pub(super) fn remove(&self, id: ListenerId) -> bool {
        self.own.remove(id)
    }

    /// Whether anybody hears of the circuit.
    pub(super) fn any(&self) -> bool {
        self.own.any() || self.above.as_ref().is_some_and(|above| above.any()) || any_of_program()
    }

    /// Tells all who hear of the circuit, with no lock held.
    pub(super) fn tell(&self, event: &CircuitEvent) {
        self.own.tell(|listener| listener(event));
        if let Some(above) = &self.above {
            above.tell(|listener| listener(event));
        }
        tell_program(event);
        trace::circuit(event);
    }
}

/// Whether anybody hears of every circuit.
pub(super) fn any_of_program() -> bool {
    EVERYWHERE.any() || LISTENERS.any()
}

/// Tells those who hear of every circuit, with no lock held.
pub(super) fn tell_program(event: &CircuitEvent) {
    EVERYWHERE.tell(|listener| listener(event));
    LISTENERS.tell(|listener| listener(&Event::Circuit(event)));
}
