//! The listeners for events of circuits. Not modelled with loom: a new listener only gets later events.

use std::sync::Arc;

use super::measured::Measured;
use super::origin::{CircuitOrigin, OnEvent};
use crate::event::CircuitEvent;
use crate::listeners::{ListenerId, Listeners, is_telling};
use crate::telemetry::{CircuitCallEvent, CircuitCallOutcome, Event, LISTENERS, trace};

/// Listeners for all circuits.
pub(super) static EVERYWHERE: Listeners<OnEvent> = Listeners::new();

/// The listeners of one circuit.
#[derive(Debug)]
pub(super) struct CircuitListeners {
    own: Listeners<OnEvent>,
    pub(super) measured: Measured,
    /// Beside another small field, where it takes no space.
    #[cfg(feature = "testing")]
    pub(super) in_scopes: crate::test_scope::SlotId,
    pub(super) origin: CircuitOrigin,
}

impl CircuitListeners {
    pub(super) const fn new(origin: CircuitOrigin) -> Self {
        Self {
            own: Listeners::new(),
            measured: Measured::new(),
            #[cfg(feature = "testing")]
            in_scopes: crate::test_scope::SlotId::new(),
            origin,
        }
    }

    pub(super) fn add(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        self.own.add(Arc::new(listener))
    }

    pub(super) fn remove(&self, id: ListenerId) -> bool {
        self.own.remove(id)
    }

    /// Whether any listener gets the circuit's events.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.own.any() || self.origin.set().is_some_and(|set| set.listeners.any()) || any_of_program()
    }

    /// Delivers an event to all its listeners. No lock is held.
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

/// Whether any listener gets the events of all circuits.
pub(super) fn any_of_program() -> bool {
    EVERYWHERE.any() || LISTENERS.any()
}

/// Delivers an event to the listeners for all circuits. No lock is held.
pub(super) fn tell_program(event: &CircuitEvent) {
    EVERYWHERE.tell(|listener| listener(event));
    LISTENERS.tell(|listener| listener(&Event::Circuit(event)));
}

/// Whether any listener gets all calls through circuits. One load of a word that is only written when listeners change.
#[inline]
pub(super) fn calls_are_heard() -> bool {
    LISTENERS.any()
}

/// Delivers the end of a call. No lock is held. Calls made by a listener are not delivered.
pub(super) fn tell_call(name: &str, outcome: CircuitCallOutcome) {
    if !is_telling() {
        let call = CircuitCallEvent::new(name, outcome);
        LISTENERS.tell(|listener| listener(&Event::CircuitCall(call)));
    }
}
