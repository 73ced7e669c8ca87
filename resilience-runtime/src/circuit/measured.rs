//! The state in which gauges count a circuit.

use std::sync::atomic::{AtomicU8, Ordering};

use super::CircuitState;
use crate::telemetry::{METERS, Measure};

/// Where gauges count a circuit: in one state, or not at all.
///
/// Each change is one exchange, and gauges are told the difference. So they agree with it in the end, whichever thread
/// tells first, and whichever events were dropped.
#[derive(Debug)]
pub(super) struct Measured(AtomicU8);

/// Nobody has measured the circuit yet. Other values are the place of a state in [`STATES`].
const UNKNOWN: u8 = u8::MAX;
/// The circuit is never counted.
const EXCLUDED: u8 = u8::MAX - 1;

const STATES: [CircuitState; 6] = [
    CircuitState::Closed,
    CircuitState::Open,
    CircuitState::HalfOpen,
    CircuitState::ForcedOpen,
    CircuitState::Disabled,
    CircuitState::MetricsOnly,
];

impl Measured {
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    /// Whether the circuit has to be [`begun`](Self::begins).
    pub(super) fn is_due(&self) -> bool {
        // Relaxed, here and below: the value publishes nothing but itself.
        METERS.any() && self.0.load(Ordering::Relaxed) == UNKNOWN
    }

    /// The circuit is in this state, unless an event has told a later one.
    pub(super) fn begins(&self, name: &str, state: CircuitState) {
        let begun = self.0.compare_exchange(UNKNOWN, number(state), Ordering::Relaxed, Ordering::Relaxed);
        if begun.is_ok() {
            tell(name, None, Some(state));
        }
    }

    /// The circuit has changed its state.
    pub(super) fn turns(&self, name: &str, state: CircuitState) {
        if !METERS.any() {
            return;
        }
        let turned = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| {
            (before != EXCLUDED).then_some(number(state))
        });
        if let Ok(before) = turned {
            tell(name, state_of(before), Some(state));
        }
    }

    /// The circuit is not one of its set: its key found no place.
    pub(super) fn exclude(&self) {
        self.0.store(EXCLUDED, Ordering::Relaxed);
    }

    /// The circuit is dropped.
    pub(super) fn ends(&self, name: &str) {
        if let Some(state) = state_of(self.0.load(Ordering::Relaxed)) {
            tell(name, Some(state), None);
        }
    }
}

fn state_of(number: u8) -> Option<CircuitState> {
    STATES.get(usize::from(number)).copied()
}

const fn number(state: CircuitState) -> u8 {
    state as u8
}

fn tell(name: &str, from: Option<CircuitState>, to: Option<CircuitState>) {
    if from != to {
        METERS.tell(|meter| meter(&Measure::Circuit { name, from, to }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_own_number() {
        for (place, state) in STATES.into_iter().enumerate() {
            assert_eq!(usize::from(number(state)), place);
            assert_eq!(state_of(number(state)), Some(state));
        }
        assert_eq!((state_of(UNKNOWN), state_of(EXCLUDED)), (None, None));
    }
}
