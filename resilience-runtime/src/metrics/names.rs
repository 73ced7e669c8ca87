//! The names of the metrics.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(super) const CALLS: &str = "resilience.calls";
pub(super) const ATTEMPTS: &str = "resilience.call.attempts";
pub(super) const DURATION: &str = "resilience.call.duration";
pub(super) const WAIT: &str = "resilience.retry.wait";
pub(super) const CIRCUIT_STATE: &str = "resilience.circuit.state";
pub(super) const CIRCUIT_CALLS: &str = "resilience.circuit.calls";
pub(super) const TRANSITIONS: &str = "resilience.circuit.transitions";
pub(super) const POLLS: &str = "resilience.batch.polls";
pub(super) const POLL_DURATION: &str = "resilience.batch.poll.duration";
pub(super) const JOBS: &str = "resilience.batch.jobs";

/// Registers the description and the unit of each metric with the recorder.
pub(super) fn describe() {
    describe_counter!(CALLS, Unit::Count, "Calls that have ended, by outcome");
    describe_histogram!(ATTEMPTS, Unit::Count, "Attempts of a call that has ended");
    describe_histogram!(DURATION, Unit::Seconds, "How long a call took, waits included");
    describe_histogram!(WAIT, Unit::Seconds, "A wait before the next attempt, also one for an open circuit");
    describe_gauge!(
        CIRCUIT_STATE,
        Unit::Count,
        "Circuits in the state: of a single circuit, 1 for its state, else 0; of circuits by key, the number of keys"
    );
    describe_counter!(CIRCUIT_CALLS, Unit::Count, "Calls through a circuit, by outcome");
    describe_counter!(TRANSITIONS, Unit::Count, "Changes of a circuit's state");
    describe_counter!(POLLS, Unit::Count, "Polls of a batch of jobs");
    describe_histogram!(POLL_DURATION, Unit::Seconds, "How long a poll of a batch took");
    describe_gauge!(JOBS, Unit::Count, "Polled jobs that wait for a result");
}
