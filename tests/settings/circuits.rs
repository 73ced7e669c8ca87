//! Circuits keep what they know when their settings change.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::settings::Overrides;
use resilience::testing::{self, ManualClock};
use resilience::{
    CircuitBreaker, CircuitConfig, CircuitEventKind, CircuitOpen, CircuitState, circuit, circuits,
};

use crate::{alone, apply, read};

#[derive(Debug, PartialEq)]
enum Error {
    Down,
    Open,
}

impl From<CircuitOpen> for Error {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

#[circuit(name = "override payments", failure_threshold = 3, recovery_timeout = 10s)]
fn pay(works: bool) -> Result<(), Error> {
    if works { Ok(()) } else { Err(Error::Down) }
}

#[circuit(name = "override async", failure_threshold = 3)]
async fn pay_async(works: bool) -> Result<(), Error> {
    if works { Ok(()) } else { Err(Error::Down) }
}

#[circuit(name = "override hosts", key = host, failure_threshold = 3)]
fn ping(host: &str, works: bool) -> Result<(), Error> {
    if works { Ok(()) } else { Err(Error::Down) }
}

#[test]
fn a_circuit_keeps_its_state_its_counts_and_its_generation() {
    let _alone = alone();
    let _clock = ManualClock::install();
    let circuit = circuits().get("override payments").unwrap();
    circuit.reset();
    pay(false).unwrap_err();
    let before = circuit.snapshot();
    apply("[circuit.'override payments']\nfailure_threshold = 2\nrecovery_timeout = '1min'");
    let after = circuit.snapshot();
    assert_eq!((after.failures(), after.generation()), (1, before.generation()));
    assert_eq!(pay(false), Err(Error::Down));
    assert_eq!(pay(false), Err(Error::Open), "the second failure opened it");
    assert_eq!(circuit.open_remaining(), Some(Duration::from_secs(60)));
    apply("");
    assert!(circuit.is_open(), "a state that the circuit reached by itself stays");
    assert_eq!(
        format!("{:?}", circuit.config()),
        "CircuitConfig { failure_threshold: 3, recovery_timeout: 10s }"
    );
    circuit.reset();
}

#[test]
fn a_window_begins_anew_only_if_its_kind_or_its_size_changes() {
    let _alone = alone();
    let _clock = ManualClock::install();
    let circuit = circuits().get("override payments").unwrap();
    circuit.reset();
    apply("[circuit.'override payments']\nfailure_rate = '90%'\nwindow = 10");
    pay(false).unwrap_err();
    pay(true).unwrap();
    let counted = || (circuit.snapshot().window_calls(), circuit.snapshot().window_failures());
    assert_eq!(counted(), (Some(2), Some(1)));
    apply("[circuit.'override payments']\nfailure_rate = '80%'\nwindow = 10\nmin_calls = 5");
    assert_eq!(counted(), (Some(2), Some(1)));
    apply("[circuit.'override payments']\nfailure_rate = '80%'\nwindow = 11");
    assert_eq!(counted(), (Some(0), Some(0)));
}

#[test]
fn a_state_is_set_once_and_goes_back_to_closed() {
    let _alone = alone();
    let circuit = circuits().get("override payments").unwrap();
    circuit.reset();
    let log = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&log);
    let id = circuit.listen(move |event| heard.lock().unwrap().push(event.kind()));
    for (toml, state) in [
        ("[circuit.'override payments']\nstate = 'disabled'", CircuitState::Disabled),
        (
            "[circuit.'override payments']\nstate = 'disabled'\nmin_calls = 1\nfailure_rate = 1\nwindow = 1",
            CircuitState::Disabled,
        ),
        ("[circuit.'override payments']\nstate = 'forced_open'", CircuitState::ForcedOpen),
        ("[circuit.'override payments']\nstate = 'metrics_only'", CircuitState::MetricsOnly),
        ("", CircuitState::Closed),
        ("[circuit.'override payments']\nstate = 'closed'", CircuitState::Closed),
    ] {
        apply(toml);
        assert_eq!(circuit.state(), state, "{toml}");
    }
    assert!(circuit.unlisten(id), "listeners stay");
    let expected = [
        CircuitEventKind::Disabled,
        CircuitEventKind::ForcedOpen,
        CircuitEventKind::MetricsOnly,
        CircuitEventKind::Closed,
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn a_required_state_does_not_reset_a_circuit_again_at_each_reload() {
    let _alone = alone();
    let circuit = circuits().get("override payments").unwrap();
    circuit.reset();
    let closed = "[circuit.'override payments']\nstate = 'closed'";
    apply(closed);
    pay(false).unwrap_err();
    apply(closed);
    assert_eq!(circuit.failure_count(), 1);
    circuit.force_open();
    apply(closed);
    assert_eq!(circuit.state(), CircuitState::ForcedOpen, "an operator's later command stays");
    circuit.reset();
}

#[test]
fn a_listener_may_apply_overrides() {
    let _alone = alone();
    let circuit = circuits().get("override payments").unwrap();
    circuit.reset();
    let id = circuit.listen(|event| {
        if event.kind() == CircuitEventKind::Disabled {
            Overrides::default().apply().unwrap();
        }
    });
    apply("[circuit.'override payments']\nstate = 'disabled'");
    circuit.unlisten(id);
    assert!(circuit.is_closed(), "the listener has reverted it, and the lock was free");
}

#[tokio::test(start_paused = true)]
async fn an_async_function_follows_the_override_of_its_circuit() {
    let _alone = alone();
    apply("[circuit.'override async']\nfailure_threshold = 1");
    assert_eq!(pay_async(false).await, Err(Error::Down));
    assert_eq!(pay_async(true).await, Err(Error::Open));
    circuits().get("override async").unwrap().reset();
}

#[test]
fn the_override_of_a_keyed_circuit_applies_to_all_keys_also_later_ones() {
    let _alone = alone();
    let _clock = ManualClock::install();
    ping("a", true).unwrap();
    apply("[circuit.'override hosts']\nfailure_threshold = 1");
    for host in ["a", "b"] {
        assert_eq!(ping(host, false), Err(Error::Down));
        assert_eq!(ping(host, true), Err(Error::Open));
    }
    apply("[circuit.'override hosts']\nstate = 'disabled'");
    for host in ["a", "b", "c"] {
        assert_eq!(ping(host, true), Ok(()));
        assert_eq!(
            circuits().get(&format!("override hosts[{host}]")).unwrap().state(),
            CircuitState::Disabled
        );
    }
    apply("");
    for host in ["a", "c", "d"] {
        for _ in 0..3 {
            assert_eq!(ping(host, false), Err(Error::Down), "three failures again");
        }
        assert_eq!(ping(host, true), Err(Error::Open));
    }
}

#[circuit(name = "override registered later")]
fn registered_later() -> Result<(), Error> {
    Ok(())
}

#[circuit(name = "override registered wrong")]
fn registered_wrong() -> Result<(), Error> {
    Ok(())
}

#[test]
fn an_override_in_force_applies_to_a_circuit_that_is_registered_later() {
    let _alone = alone();
    apply("[circuit.'override registered later']\nfailure_threshold = 1\nstate = 'disabled'");
    let code = CircuitConfig::new().failure_threshold(9).recovery_timeout(Duration::from_secs(3));
    let circuit = circuits().register(CircuitBreaker::new("override registered later", code)).unwrap();
    registered_later().unwrap();
    assert_eq!((circuit.config(), circuit.state()), (code.failure_threshold(1), CircuitState::Disabled));
    let settings = resilience::settings::effective().to_string();
    assert!(settings.contains("failure_threshold = 1  # override, 9 in the code"), "{settings}");
    apply("");
    assert_eq!((circuit.config(), circuit.state()), (code, CircuitState::Closed));
}

#[test]
fn an_override_by_a_folded_name_applies_to_a_circuit_that_is_registered_later() {
    let _alone = alone();
    let read_before = [("MY__CIRCUIT__OVERRIDE_TWIN_TWO__FAILURE_THRESHOLD", "1")];
    let environment = Overrides::from_vars("MY", read_before).unwrap();
    let code = CircuitConfig::new().failure_threshold(9);
    let first = circuits().register(CircuitBreaker::new("override twin.two", code)).unwrap();
    environment.apply().unwrap();
    let second = circuits().register(CircuitBreaker::new("override twin two", code)).unwrap();
    assert_eq!((first.config(), second.config()), (code.failure_threshold(1), code.failure_threshold(1)));
    apply("");
    assert_eq!((first.config(), second.config()), (code, code));
}

#[test]
fn an_override_that_contradicts_a_circuit_that_is_registered_later_leaves_it_as_in_the_code() {
    let _alone = alone();
    apply("[circuit.'override registered wrong']\nmax_recovery_timeout = '1min'");
    let code = CircuitConfig::new().recovery_timeout(Duration::from_secs(3600));
    let circuit = circuits().register(CircuitBreaker::new("override registered wrong", code)).unwrap();
    registered_wrong().unwrap();
    assert_eq!(circuit.config(), code);
}

#[circuit(name = "override scoped", failure_threshold = 5)]
fn scoped() -> Result<(), Error> {
    Err(Error::Down)
}

#[test]
fn an_override_that_is_applied_in_a_test_scope_is_that_of_the_program_and_begins_the_circuits_of_the_scope() {
    let _alone = alone();
    let circuit = circuits().get("override scoped").unwrap();
    let scope = testing::scope();
    apply("[circuit.'override scoped']\nfailure_threshold = 1");
    let settings = resilience::settings::effective().to_string();
    assert!(settings.contains("failure_threshold = 1  # override, 5 in the code"), "{settings}");
    assert_eq!(scoped(), Err(Error::Down));
    assert!(circuit.is_open(), "the override is in force in the scope");
    drop(scope);
    assert!(circuit.is_closed());
    assert_eq!(circuit.config(), CircuitConfig::new().failure_threshold(1));
    apply("");
    assert_eq!(circuit.config(), CircuitConfig::new().failure_threshold(5));
}

#[test]
fn a_configuration_that_is_set_in_a_test_scope_does_not_reach_the_program_through_overrides() {
    let _alone = alone();
    let circuit = circuits().get("override scoped").unwrap();
    let scope = testing::scope();
    circuit.reconfigure(circuit.config().recovery_timeout(Duration::from_secs(1))).unwrap();
    apply("[circuit.'override scoped']\nfailure_threshold = 2");
    apply("");
    drop(scope);
    assert_eq!(circuit.config(), CircuitConfig::new().failure_threshold(5));
}

#[test]
fn a_circuit_is_compared_with_the_configuration_in_the_code_and_not_with_its_last_override() {
    let _alone = alone();
    apply("[circuit.'override payments']\nmax_recovery_timeout = '20s'");
    apply("[circuit.'override payments']\nrecovery_timeout = '30s'");
    let wrong =
        read("[circuit.'override payments']\nmax_recovery_timeout = '5s'").check().unwrap_err().to_string();
    assert!(wrong.contains("`recovery_timeout = 10s`"), "{wrong}");
}
