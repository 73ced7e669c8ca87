//! Circuits: the state each is in, and the changes.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, circuit, circuits};

use crate::scrape::{Scrape, installed};

const STATE: &str = "resilience_circuit_state";
const TRANSITIONS: &str = "resilience_circuit_transitions_total";

#[derive(Debug)]
struct Failed;

impl From<CircuitOpen> for Failed {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

fn answer(fails: bool) -> Result<(), Failed> {
    if fails { Err(Failed) } else { Ok(()) }
}

#[circuit(name = "metered", failure_threshold = 2, recovery_timeout = 60s)]
fn metered(fails: bool) -> Result<(), Failed> {
    answer(fails)
}

/// The states of a circuit that are not zero.
fn states(name: &str) -> Vec<(String, f64)> {
    Scrape::now().by(STATE, "state", &[("name", name)])
}

#[test]
fn a_circuit_is_one_in_the_state_that_it_is_in_from_the_start_and_its_transitions_are_counted() {
    installed();
    let clock = ManualClock::install();
    assert_eq!(states("metered"), [("closed".into(), 1.0)]);
    for state in ["open", "half_open", "forced_open", "disabled", "metrics_only"] {
        let labels = [("name", "metered"), ("state", state)];
        assert_eq!(Scrape::now().value(STATE, &labels), Some(0.0), "{state} is there from the start");
    }
    for _ in 0..3 {
        assert!(metered(true).is_err());
    }
    assert_eq!(states("metered"), [("open".into(), 1.0)]);
    clock.advance(Duration::from_secs(61));
    metered(false).unwrap();
    assert_eq!(states("metered"), [("closed".into(), 1.0)]);
    let operated = circuits().get("metered").unwrap();
    operated.force_open();
    assert_eq!(states("metered"), [("forced_open".into(), 1.0)]);
    operated.metrics_only();
    operated.disable();
    operated.reset();

    let scrape = Scrape::now();
    let steps =
        ["closed", "open", "half_open", "closed", "forced_open", "metrics_only", "disabled", "closed"];
    for step in steps.windows(2) {
        let labels = [("name", "metered"), ("from", step[0]), ("to", step[1])];
        assert_eq!(scrape.value(TRANSITIONS, &labels), Some(1.0), "{step:?}");
    }
    let all = scrape.by(TRANSITIONS, "to", &[("name", "metered")]);
    assert_eq!(all.len(), steps.len() - 1, "{all:?}");
}

#[test]
fn a_circuit_made_by_hand_is_there_from_its_first_transition() {
    installed();
    let breaker = CircuitBreaker::new("metered by hand", CircuitConfig::new().failure_threshold(1));
    assert_eq!(states("metered by hand"), []);
    let _ = breaker.call(|| Err::<(), _>("down"));
    assert_eq!(states("metered by hand"), [("open".into(), 1.0)]);
    breaker.reset();
    assert_eq!(states("metered by hand"), [("closed".into(), 1.0)]);
}

#[circuit(name = "hosts", key = host, max_keys = 4, failure_threshold = 1, recovery_timeout = 60s)]
fn ping(host: &str, fails: bool) -> Result<(), Failed> {
    answer(fails)
}

#[test]
fn a_set_of_circuits_counts_its_keys_by_state_and_no_label_names_a_key() {
    installed();
    let _clock = ManualClock::install();
    let labels = [("name", "hosts"), ("state", "closed")];
    assert_eq!(Scrape::now().value(STATE, &labels), Some(0.0), "it has no keys yet");
    for host in ["a.example", "b.example", "c.example", "d.example"] {
        ping(host, false).unwrap();
    }
    assert!(ping("a.example", true).is_err());
    assert_eq!(states("hosts"), [("closed".into(), 3.0), ("open".into(), 1.0)]);
    // The set is full: a closed circuit is evicted.
    ping("e.example", false).unwrap();
    assert_eq!(states("hosts"), [("closed".into(), 3.0), ("open".into(), 1.0)]);
    assert!(ping("e.example", true).is_err());
    assert_eq!(states("hosts"), [("closed".into(), 2.0), ("open".into(), 2.0)]);

    let scrape = Scrape::now();
    let opened = [("name", "hosts"), ("from", "closed"), ("to", "open")];
    assert_eq!(scrape.value(TRANSITIONS, &opened), Some(2.0));
    let labels = scrape.values.keys().flat_map(|(_, labels)| labels);
    assert!(labels.clone().all(|(_, value)| !value.contains("example")), "no key is a label");
}

#[circuit(name = "counted calls", failure_threshold = 2, recovery_timeout = 60s, ignore = |error: &Kind| *error == Kind::Ignored)]
fn counted(outcome: Result<(), Kind>) -> Result<(), Kind> {
    outcome
}

#[derive(Debug, PartialEq)]
enum Kind {
    Ignored,
    Failure,
    Open,
}

impl From<CircuitOpen> for Kind {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

#[circuit(name = "counted hosts", key = host, failure_threshold = 9)]
fn counted_host(host: &str) -> Result<(), Failed> {
    answer(host.starts_with('x'))
}

#[test]
fn calls_through_a_circuit_are_counted_by_outcome_and_those_by_key_under_the_name_of_their_set() {
    const CALLS: &str = "resilience_circuit_calls_total";
    installed();
    let _clock = ManualClock::install();
    let labels = [("name", "counted calls"), ("outcome", "cancelled")];
    assert_eq!(Scrape::now().value(CALLS, &labels), Some(0.0), "it is there from the start");
    for outcome in [Ok(()), Err(Kind::Ignored), Err(Kind::Failure), Err(Kind::Failure)] {
        let _ = counted(outcome);
    }
    for _ in 0..5 {
        assert_eq!(counted(Ok(())), Err(Kind::Open));
    }
    let expected = [("failure", 2.0), ("ignored", 1.0), ("refused", 5.0), ("success", 1.0)];
    let found = Scrape::now().by(CALLS, "outcome", &[("name", "counted calls")]);
    assert_eq!(found, expected.map(|(outcome, calls)| (outcome.into(), calls)));

    for host in ["a.example", "b.example", "x.example"] {
        let _ = counted_host(host);
    }
    let found = Scrape::now().by(CALLS, "outcome", &[("name", "counted hosts")]);
    assert_eq!(found, [("failure".into(), 1.0), ("success".into(), 2.0)]);
}
