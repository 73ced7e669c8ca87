//! Circuits: the state of each, and the transitions.

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
fn a_circuit_made_by_hand_is_counted_from_its_first_call_until_it_is_dropped() {
    installed();
    let breaker = CircuitBreaker::new("metered by hand", CircuitConfig::new().failure_threshold(2));
    assert_eq!(states("metered by hand"), [], "nobody has heard of it");
    let _ = breaker.call(|| Err::<(), _>("down"));
    assert_eq!(states("metered by hand"), [("closed".into(), 1.0)]);
    let labels = [("name", "metered by hand"), ("state", "disabled")];
    assert_eq!(Scrape::now().value(STATE, &labels), Some(0.0), "every state is there from the first call");
    let _ = breaker.call(|| Err::<(), _>("down"));
    assert_eq!(states("metered by hand"), [("open".into(), 1.0)]);
    breaker.reset();
    assert_eq!(states("metered by hand"), [("closed".into(), 1.0)]);
    drop(breaker);
    assert_eq!(states("metered by hand"), []);
    let rejecting = CircuitBreaker::new("metered by hand", CircuitConfig::new());
    rejecting.force_open();
    assert!(rejecting.try_acquire().is_err());
    assert_eq!(states("metered by hand"), [("forced_open".into(), 1.0)]);
}

mod one {
    use super::{Failed, answer};

    pub(super) struct Line;

    impl Line {
        #[resilience::circuit(failure_threshold = 1)]
        pub(super) fn call(fails: bool) -> Result<(), Failed> {
            answer(fails)
        }
    }

    pub(super) struct Other;

    impl Other {
        #[resilience::circuit(failure_threshold = 1)]
        pub(super) fn call(fails: bool) -> Result<(), Failed> {
            answer(fails)
        }
    }
}

#[test]
fn circuits_of_one_name_are_counted_together() {
    installed();
    let circuit = || CircuitBreaker::new("shared by hand", CircuitConfig::new().failure_threshold(1));
    let (first, second) = (circuit(), circuit());
    for breaker in [&first, &second] {
        breaker.call(|| Ok::<_, &str>(())).unwrap();
    }
    assert_eq!(states("shared by hand"), [("closed".into(), 2.0)]);
    let _ = first.call(|| Err::<(), _>("down"));
    assert_eq!(states("shared by hand"), [("closed".into(), 1.0), ("open".into(), 1.0)]);
    let _ = second.call(|| Err::<(), _>("down"));
    assert_eq!(states("shared by hand"), [("open".into(), 2.0)]);
    first.reset();
    assert_eq!(states("shared by hand"), [("closed".into(), 1.0), ("open".into(), 1.0)]);

    // Methods of two types, whose path is the same.
    let name = circuits().iter().find(|circuit| circuit.name().ends_with("one::call")).expect("it is listed");
    let name = name.name();
    assert_eq!(states(name), [("closed".into(), 2.0)]);
    one::Line::call(false).unwrap();
    assert!(one::Other::call(true).is_err());
    assert_eq!(states(name), [("closed".into(), 1.0), ("open".into(), 1.0)]);
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

#[circuit(name = "full", key = host, max_keys = 2, failure_threshold = 1, recovery_timeout = 60s)]
fn full(host: &str, fails: bool) -> Result<(), Failed> {
    answer(fails)
}

#[test]
fn the_gauges_of_a_full_set_count_the_keys_that_are_remembered_and_no_others() {
    installed();
    let clock = ManualClock::install();
    for host in ["a.example", "b.example"] {
        assert!(full(host, true).is_err());
    }
    assert_eq!(states("full"), [("open".into(), 2.0)]);
    for host in 0..20 {
        // No place for them: what they open is forgotten.
        assert!(full(&format!("{host}.example"), true).is_err());
    }
    assert_eq!(states("full"), [("open".into(), 2.0)]);
    clock.advance(Duration::from_secs(60));
    full("a.example", false).unwrap();
    for host in 0..20 {
        full(&format!("{host}.example"), false).unwrap();
    }
    assert_eq!(states("full"), [("closed".into(), 1.0), ("open".into(), 1.0)]);
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
