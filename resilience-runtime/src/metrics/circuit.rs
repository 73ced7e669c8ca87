use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use metrics::{Counter, Gauge, counter, gauge};

use super::names;
use crate::circuit::CircuitState;
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::telemetry::CircuitCallOutcome;

/// The handles of one circuit, or of a set of circuits by key; looked up once.
pub(super) struct CircuitMetrics {
    pub(super) name: Box<str>,
    /// How many circuits are in each state: 0 or 1, but of a set.
    states: [Gauge; STATES.len()],
    /// Where `states` counts a circuit that is not in a set; `UNKNOWN` at first.
    counted: AtomicU8,
    calls: [Counter; OUTCOMES.len()],
    /// By the states before and after. Most never happen.
    transitions: [[OnceLock<Counter>; STATES.len()]; STATES.len()],
}

/// The labels of [`place`].
const STATES: [&str; 6] = ["closed", "open", "half_open", "forced_open", "disabled", "metrics_only"];

/// The labels of [`ended`].
const OUTCOMES: [&str; 6] = ["success", "failure", "ignored", "refused", "late", "cancelled"];

const fn ended(outcome: CircuitCallOutcome) -> usize {
    match outcome {
        CircuitCallOutcome::Success => 0,
        CircuitCallOutcome::Failure => 1,
        CircuitCallOutcome::Ignored => 2,
        CircuitCallOutcome::Refused => 3,
        CircuitCallOutcome::Late => 4,
        CircuitCallOutcome::Cancelled => 5,
    }
}

const UNKNOWN: u8 = u8::MAX;

const fn place(state: CircuitState) -> u8 {
    match state {
        CircuitState::Closed => 0,
        CircuitState::Open => 1,
        CircuitState::HalfOpen => 2,
        CircuitState::ForcedOpen => 3,
        CircuitState::Disabled => 4,
        CircuitState::MetricsOnly => 5,
    }
}

/// The state that an event leads to, if it is a transition.
const fn to(kind: CircuitEventKind) -> Option<CircuitState> {
    match kind {
        CircuitEventKind::Opened => Some(CircuitState::Open),
        CircuitEventKind::HalfOpened => Some(CircuitState::HalfOpen),
        CircuitEventKind::Closed => Some(CircuitState::Closed),
        CircuitEventKind::ForcedOpen => Some(CircuitState::ForcedOpen),
        CircuitEventKind::Disabled => Some(CircuitState::Disabled),
        CircuitEventKind::MetricsOnly => Some(CircuitState::MetricsOnly),
        CircuitEventKind::Refused
        | CircuitEventKind::LateResult
        | CircuitEventKind::Conflict
        | CircuitEventKind::KeyNotRemembered => None,
    }
}

impl CircuitMetrics {
    pub(super) fn of(name: &str) -> Self {
        let states = STATES.map(|state| {
            let gauge = gauge!(names::CIRCUIT_STATE, "name" => String::from(name), "state" => state);
            // It is shown from here on. Set to zero, it would take back what another thread has counted.
            gauge.increment(0.0);
            gauge
        });
        let calls = OUTCOMES.map(
            |outcome| counter!(names::CIRCUIT_CALLS, "name" => String::from(name), "outcome" => outcome),
        );
        let counted = AtomicU8::new(UNKNOWN);
        Self { name: name.into(), states, counted, calls, transitions: Default::default() }
    }

    /// The state of a circuit at the start, unless an event has told a later one.
    pub(super) fn begins(&self, state: CircuitState) {
        let state = place(state);
        // Relaxed, here and in `is_now`: each place is counted up and down once, in whatever order.
        let known = self.counted.compare_exchange(UNKNOWN, state, Ordering::Relaxed, Ordering::Relaxed);
        if known.is_ok() {
            self.states[usize::from(state)].increment(1.0);
        }
    }

    /// A key has entered the set, or was there at the start.
    pub(super) fn key_enters(&self, state: CircuitState) {
        self.states[usize::from(place(state))].increment(1.0);
    }

    /// A key was evicted from the set.
    pub(super) fn key_leaves(&self, state: CircuitState) {
        self.states[usize::from(place(state))].decrement(1.0);
    }

    pub(super) fn call(&self, outcome: CircuitCallOutcome) {
        self.calls[ended(outcome)].increment(1);
    }

    pub(super) fn turns(&self, event: &CircuitEvent) {
        let (Some(from), Some(to)) = (event.from(), to(event.kind())) else { return };
        self.transition(from, to).increment(1);
        if event.set().is_some() {
            self.key_leaves(from);
            self.key_enters(to);
        } else {
            let before = self.counted.swap(place(to), Ordering::Relaxed);
            if let Some(before) = self.states.get(usize::from(before)) {
                before.decrement(1.0);
            }
            self.states[usize::from(place(to))].increment(1.0);
        }
    }

    fn transition(&self, from: CircuitState, to: CircuitState) -> &Counter {
        let (from, to) = (usize::from(place(from)), usize::from(place(to)));
        let handle = &self.transitions[from][to];
        handle.get().unwrap_or_else(|| {
            // Made before: the recorder, which is not ours, runs under no lock.
            let name = String::from(&*self.name);
            let counter =
                counter!(names::TRANSITIONS, "name" => name, "from" => STATES[from], "to" => STATES[to]);
            handle.get_or_init(|| counter)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_every_outcome_has_the_label_that_it_is_spelt_with() {
        use CircuitCallOutcome::{Cancelled, Failure, Ignored, Late, Refused, Success};
        use CircuitState::{Closed, Disabled, ForcedOpen, HalfOpen, MetricsOnly, Open};
        for state in [Closed, Open, HalfOpen, ForcedOpen, Disabled, MetricsOnly] {
            assert_eq!(STATES[usize::from(place(state))], state.as_str());
        }
        for outcome in [Success, Failure, Ignored, Refused, Late, Cancelled] {
            assert_eq!(OUTCOMES[ended(outcome)], outcome.as_str());
        }
    }
}
