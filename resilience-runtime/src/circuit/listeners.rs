//! Who is told of the events of circuits. Not part of what loom models: who begins to listen hears what happens afterwards.

use std::sync::Arc;

use super::measured::Measured;
use super::origin::{CircuitOrigin, OnEvent};
use crate::event::CircuitEvent;
use crate::listeners::{ListenerId, Listeners, is_telling};
use crate::telemetry::{CircuitCallEvent, CircuitCallOutcome, Event, LISTENERS, trace};

/// Those who listen to every circuit, and to nothing else.
pub(super) static EVERYWHERE: Listeners<OnEvent> = Listeners::new();

/// The listeners of one circuit.
#[derive(Debug)]
pub(super) struct CircuitListeners {
    own: Listeners<OnEvent>,
    pub(super) measured: Measured,
    pub(super) origin: CircuitOrigin,
}

impl CircuitListeners {
    pub(super) const fn new(origin: CircuitOrigin) -> Self {
        Self { own: Listeners::new(), measured: Measured::new(), origin }
    }

    pub(super) fn add(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        self.own.add(Arc::new(listener))
    }

    pub(super) fn remove(&self, id: ListenerId) -> bool {
        self.own.remove(id)
    }

    /// Whether anybody hears of the circuit.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.own.any() || self.origin.set().is_some_and(|set| set.listeners.any()) || any_of_program()
    }

    /// Tells all who hear of the circuit, with no lock held.
    pub(super) fn tell(&self, event: &CircuitEvent) {
        if let Some(state) = event.kind.state() {
            self.measured.turns(event.set.unwrap_or(event.name()), state);
        }
        self.own.tell(|listener| listener(event));
        if let Some(set) = self.origin.set() {
            set.listeners.tell(|listener| listener(event));
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

/// Whether anybody hears of every call through a circuit. One load of a word that nothing writes meanwhile.
#[inline]
pub(super) fn calls_are_heard() -> bool {
    LISTENERS.any()
}

/// Tells of a call that has ended, with no lock held. A call that a listener makes is not told.
pub(super) fn tell_call(name: &str, outcome: CircuitCallOutcome) {
    if !is_telling() {
        let call = CircuitCallEvent::new(name, outcome);
        LISTENERS.tell(|listener| listener(&Event::CircuitCall(call)));
    }
}
