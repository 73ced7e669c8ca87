use std::sync::OnceLock;

use metrics::{Counter, Gauge, counter, gauge};

use super::names;
use crate::circuit::CircuitState;
use crate::event::CircuitEvent;
use crate::telemetry::CircuitCallOutcome;

/// The metric handles for circuits of one name, or for a set of keyed circuits. Looked up once.
pub(super) struct CircuitMetrics {
    pub(super) name: Box<str>,
    /// The number of circuits in each state.
    states: [Gauge; CircuitState::ALL.len()],
    calls: [Counter; OUTCOMES.len()],
    /// By the states before and after. Most combinations never occur.
    transitions: [[OnceLock<Counter>; CircuitState::ALL.len()]; CircuitState::ALL.len()],
}

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

impl CircuitMetrics {
    pub(super) fn of(name: &str) -> Self {
        let states = CircuitState::ALL.map(|state| {
            let gauge = gauge!(names::CIRCUIT_STATE, "name" => String::from(name), "state" => state.as_str());
            // Makes the gauge visible from now on. Setting it to zero could undo what another thread has counted.
            gauge.increment(0.0);
            gauge
        });
        let calls = OUTCOMES.map(
            |outcome| counter!(names::CIRCUIT_CALLS, "name" => String::from(name), "outcome" => outcome),
        );
        Self { name: name.into(), states, calls, transitions: Default::default() }
    }

    /// A circuit of this name has changed the state under which it is counted.
    pub(super) fn counts(&self, from: Option<CircuitState>, to: Option<CircuitState>) {
        if let Some(from) = from {
            self.states[from as usize].decrement(1.0);
        }
        if let Some(to) = to {
            self.states[to as usize].increment(1.0);
        }
    }

    pub(super) fn call(&self, outcome: CircuitCallOutcome) {
        self.calls[ended(outcome)].increment(1);
    }

    pub(super) fn turns(&self, event: &CircuitEvent) {
        if let (Some(from), Some(to)) = (event.from(), event.kind.state()) {
            self.transition(from, to).increment(1);
        }
    }

    fn transition(&self, from: CircuitState, to: CircuitState) -> &Counter {
        let handle = &self.transitions[from as usize][to as usize];
        handle.get().unwrap_or_else(|| {
            // Created outside of the closure: the recorder is foreign code and must not run under a lock.
            let name = String::from(&*self.name);
            let counter =
                counter!(names::TRANSITIONS, "name" => name, "from" => from.as_str(), "to" => to.as_str());
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
            assert_eq!(CircuitState::ALL[state as usize].as_str(), state.as_str());
        }
        for outcome in [Success, Failure, Ignored, Refused, Late, Cancelled] {
            assert_eq!(OUTCOMES[ended(outcome)], outcome.as_str());
        }
    }
}
