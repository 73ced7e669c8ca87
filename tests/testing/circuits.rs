//! Circuits in scopes.

use std::time::Duration;

use resilience::testing::{self, Fault, ManualClock};
use resilience::{
    CallError, CircuitBreaker, CircuitConfig, CircuitState, KeyedCircuits, RetryBudget, circuit, circuits,
    retry,
};

use crate::common::{Error, SECOND};

#[circuit(name = "scoped", failure_threshold = 2, recovery_timeout = 60s)]
fn call(fails: bool) -> Result<u32, Error> {
    if fails { Err(Error::Busy(1)) } else { Ok(1) }
}

fn state() -> CircuitState {
    circuits().get("scoped").expect("it is listed").state()
}

#[test]
fn a_scope_has_its_own_circuits_which_begin_closed() {
    let scope = testing::scope();
    assert_eq!(call(true), Err(Error::Busy(1)));
    assert_eq!(call(true), Err(Error::Busy(1)));
    assert_eq!((call(false), state()), (Err(Error::Open), CircuitState::Open));
    let in_another_thread = std::thread::spawn(|| (call(false), state())).join().expect("no panic");
    assert_eq!(in_another_thread, (Ok(1), CircuitState::Closed));
    drop(scope);
    assert_eq!((call(false), state()), (Ok(1), CircuitState::Closed));
}

#[test]
fn a_circuit_has_the_state_that_the_scope_sets() {
    let states = [
        CircuitState::Closed,
        CircuitState::Open,
        CircuitState::HalfOpen,
        CircuitState::ForcedOpen,
        CircuitState::Disabled,
        CircuitState::MetricsOnly,
    ];
    for state_set in states {
        let scope = testing::scope();
        let _ = call(true);
        scope.circuit("scoped", state_set);
        assert_eq!(state(), state_set);
        let rejects = matches!(state_set, CircuitState::Open | CircuitState::ForcedOpen);
        assert_eq!(call(false), if rejects { Err(Error::Open) } else { Ok(1) }, "{state_set}");
    }
    assert_eq!(state(), CircuitState::Closed);
}

#[test]
fn an_open_circuit_recovers_after_its_timeout() {
    let clock = ManualClock::install();
    let scope = testing::scope();
    scope.circuit("scoped", CircuitState::Open);
    assert_eq!(call(false), Err(Error::Open));
    clock.advance(60 * SECOND);
    assert_eq!(state(), CircuitState::HalfOpen);
    assert_eq!((call(false), state()), (Ok(1), CircuitState::Closed));
}

#[test]
fn an_operator_inside_a_scope_commands_the_circuit_of_the_scope() {
    let scope = testing::scope();
    circuits().get("scoped").expect("it is listed").force_open();
    assert_eq!(call(false), Err(Error::Open));
    drop(scope);
    assert_eq!(call(false), Ok(1));
}

#[test]
fn an_inner_scope_uses_the_circuits_of_the_outer_one_unless_it_sets_them() {
    let outer = testing::scope();
    outer.circuit("scoped", CircuitState::ForcedOpen);
    {
        let inner = testing::scope();
        assert_eq!(call(false), Err(Error::Open));
        inner.circuit("scoped", CircuitState::Closed);
        assert_eq!(call(false), Ok(1));
    }
    assert_eq!(call(false), Err(Error::Open));
}

static HOSTS: KeyedCircuits =
    KeyedCircuits::new("scoped hosts", CircuitConfig::new().failure_threshold(1), 2);

#[test]
fn a_scope_has_its_own_keys() {
    let fails = |key: &str| HOSTS.circuit(key).call(|| Err::<(), _>("down"));
    let scope = testing::scope();
    for key in ["a", "b", "c"] {
        assert!(matches!(fails(key), Err(CallError::Failed(_))));
    }
    assert!(HOSTS.circuit("a").is_open() && HOSTS.circuit("b").is_open());
    assert!(HOSTS.circuit("c").is_closed(), "the set is full");
    drop(scope);
    assert_eq!(HOSTS.circuits().len(), 0);
    let scope = testing::scope();
    assert!(HOSTS.circuit("a").is_closed());
    scope.circuit("scoped hosts[b]", CircuitState::Open);
    assert!(HOSTS.circuit("a").is_closed() && HOSTS.circuit("b").is_open());
    scope.circuit("scoped hosts", CircuitState::HalfOpen);
    assert_eq!(HOSTS.circuit("b").state(), CircuitState::HalfOpen, "the last one counts");
}

#[test]
fn circuits_at_one_address_are_not_confused() {
    let _scope = testing::scope();
    for _ in 0..3 {
        let breaker = CircuitBreaker::new("scoped local", CircuitConfig::new().failure_threshold(1));
        let _ = breaker.call(|| Err::<(), _>("down"));
        assert!(breaker.is_open());
        let other = Box::new(CircuitBreaker::new("scoped boxed", CircuitConfig::new().failure_threshold(1)));
        assert!(other.is_closed());
        let _ = other.call(|| Err::<(), _>("down"));
    }
}

#[test]
fn a_permit_may_outlive_the_scope() {
    let scope = testing::scope();
    let breaker = CircuitBreaker::new("scoped permit", CircuitConfig::new().failure_threshold(1));
    let permit = breaker.try_acquire().expect("it is closed");
    drop(scope);
    permit.failure();
    assert!(breaker.is_closed(), "its call was in the scope");
}

static BUDGET: RetryBudget = RetryBudget::new().min_per_second(1).window(SECOND);

#[retry(times = 9, interval = 0s, budget = &BUDGET, name = "scoped budget")]
fn budgeted() -> Result<(), Error> {
    Err(Error::Busy(2))
}

#[test]
fn a_scope_has_its_own_budgets_which_begin_full() {
    for _ in 0..3 {
        let scope = testing::scope();
        let record = scope.record();
        assert_eq!(budgeted(), Err(Error::Busy(2)));
        record.assert_attempts("scoped budget", 2);
    }
}

#[retry(times = 4, interval = 1s, deadline = 10min, name = "scoped waiting")]
#[circuit(name = "scoped recovery", failure_threshold = 1, recovery_timeout = 60s)]
fn waits_for_recovery() -> Result<u32, Error> {
    Ok(1)
}

#[test]
fn skipped_waits_let_a_circuit_recover() {
    let scope = testing::scope();
    let record = scope.record();
    scope.no_waits().inject("scoped recovery", Fault::error(|| Error::Busy(3)).times(2));
    assert_eq!(waits_for_recovery(), Ok(1));
    record.assert_attempts("scoped waiting", 3);
    let waits = record.waits("scoped waiting");
    let is_recovery = |wait: &Duration| (59 * SECOND..=60 * SECOND).contains(wait);
    assert!(waits.len() == 2 && waits.iter().all(is_recovery), "until the circuit admits a probe\n{record}");
}
