//! The state under which gauges count a circuit.

use std::sync::atomic::{AtomicU8, Ordering};

use super::CircuitState;
use crate::telemetry::{METERS, Measure};

/// The gauge that counts a circuit: that of one state, or none.
///
/// Each change is one atomic exchange, and gauges are updated by the difference. They are therefore correct in the end,
/// regardless of the order of threads and of dropped events.
#[derive(Debug)]
pub(super) struct Measured(AtomicU8);

/// The circuit has not been measured yet. Other values are indices into [`CircuitState::ALL`].
const UNKNOWN: u8 = u8::MAX;
/// The circuit is never counted.
const EXCLUDED: u8 = u8::MAX - 1;

impl Measured {
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    /// Whether [`begins`](Self::begins) has to be called.
    pub(super) fn is_due(&self) -> bool {
        // Relaxed, here and below: the value publishes only itself.
        METERS.any() && self.0.load(Ordering::Relaxed) == UNKNOWN
    }

    /// Counts the circuit in this state, unless an event has already set a later one.
    pub(super) fn begins(&self, name: &str, state: CircuitState) {
        let begun = self.0.compare_exchange(UNKNOWN, number(state), Ordering::Relaxed, Ordering::Relaxed);
        if begun.is_ok() {
            tell(name, None, Some(state));
        }
    }

    /// Moves the circuit to the gauge of its new state.
    pub(super) fn turns(&self, name: &str, state: CircuitState) {
        if !METERS.any() {
            return;
        }
        let mut before = self.0.load(Ordering::Relaxed);
        while before != EXCLUDED {
            match self.0.compare_exchange_weak(before, number(state), Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return tell(name, state_of(before), Some(state)),
                Err(other) => before = other,
            }
        }
    }

    /// Excludes the circuit: its set does not keep it.
    pub(super) fn exclude(&self) {
        self.0.store(EXCLUDED, Ordering::Relaxed);
    }

    /// Stops counting a circuit that is dropped.
    pub(super) fn ends(&self, name: &str) {
        if let Some(state) = state_of(self.0.load(Ordering::Relaxed)) {
            tell(name, Some(state), None);
        }
    }
}

fn state_of(number: u8) -> Option<CircuitState> {
    CircuitState::ALL.get(usize::from(number)).copied()
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
        for (place, state) in CircuitState::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(number(state)), place);
            assert_eq!(state_of(number(state)), Some(state));
        }
        assert_eq!((state_of(UNKNOWN), state_of(EXCLUDED)), (None, None));
    }
}
