//! The metrics there are.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(super) const CALLS: &str = "resilience.calls";
pub(super) const ATTEMPTS: &str = "resilience.call.attempts";
pub(super) const DURATION: &str = "resilience.call.duration";
pub(super) const WAIT: &str = "resilience.retry.wait";
pub(super) const CIRCUIT_STATE: &str = "resilience.circuit.state";
pub(super) const TRANSITIONS: &str = "resilience.circuit.transitions";

/// Tells the recorder what each of them means, and its unit.
pub(super) fn describe() {
    describe_counter!(CALLS, Unit::Count, "Calls that have ended, by outcome");
    describe_histogram!(ATTEMPTS, Unit::Count, "Attempts of a call that has ended");
    describe_histogram!(DURATION, Unit::Seconds, "How long a call took, waits included");
    describe_histogram!(WAIT, Unit::Seconds, "A wait between two attempts");
    describe_gauge!(
        CIRCUIT_STATE,
        Unit::Count,
        "1 for the state that a circuit is in, else 0; of circuits by key, how many are in the state"
    );
    describe_counter!(TRANSITIONS, Unit::Count, "Changes of a circuit's state");
}
