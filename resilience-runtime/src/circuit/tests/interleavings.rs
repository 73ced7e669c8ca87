//! The word, the permits and the half-open state under every interleaving of two or three threads.
//!
//! `RUSTFLAGS="--cfg resilience_loom" cargo test -p resilience-runtime --features testing --lib interleavings`

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ::loom::thread;

use super::*;

const NEVER: Duration = Duration::MAX;

/// A circuit whose cells are created before the threads, like those of a `static`.
fn shared(config: CircuitConfig) -> Arc<CircuitBreaker> {
    let circuit = Arc::new(breaker(config.recovery_timeout(NEVER).probe_timeout(NEVER)));
    circuit.reset();
    circuit
}

/// A circuit whose recovery timeout has elapsed. Loom runs all its threads on one system thread, so they share the
/// clock.
fn recovering(config: CircuitConfig) -> (ManualClock, Arc<CircuitBreaker>) {
    let clock = ManualClock::install();
    let circuit = Arc::new(breaker(config.failure_threshold(1).probe_timeout(NEVER)));
    fail(&circuit, 1);
    clock.advance(10 * SECOND);
    (clock, circuit)
}

fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

#[test]
fn no_opening_is_missed() {
    explore(3, || {
        let circuit = shared(TWO);
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || circuit.try_acquire().map(|permit| permit.failure()).is_ok()
        });
        let here = circuit.try_acquire().map(|permit| permit.failure()).is_ok();
        assert!(other.join().unwrap() && here);
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Open, 2));
    });
}

#[test]
fn a_circuit_admits_nobody_once_it_has_opened_and_takes_no_late_result() {
    explore(3, || {
        let circuit = shared(TWO);
        let calls = |circuit: &CircuitBreaker| {
            let mut admitted = 0;
            while let Ok(permit) = circuit.try_acquire() {
                admitted += 1;
                permit.failure();
            }
            admitted
        };
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || calls(&circuit)
        });
        let admitted = calls(&circuit) + other.join().unwrap();
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Open, 2));
        assert_eq!(admitted, 2 + circuit.late_results());
        assert!(admitted <= 3, "one for each thread that was inside already");
    });
}

#[test]
fn a_success_comes_before_the_failures_between_them_or_after_but_never_in_the_midst_of_opening() {
    explore(3, || {
        let circuit = shared(TWO);
        let good = circuit.try_acquire().unwrap();
        fail(&circuit, 1);
        // The success was admitted while calm, and then finds that the word has changed.
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || fail(&circuit, 1)
        });
        good.success();
        other.join().unwrap();
        match circuit.state() {
            CircuitState::Open => assert_eq!(circuit.failure_count(), 2),
            state => assert_eq!((state, circuit.failure_count()), (CircuitState::Closed, 1)),
        }
    });
}

#[test]
fn a_failure_and_an_operator_do_not_mix() {
    explore(3, || {
        let circuit = shared(TWO.failure_threshold(1));
        let permit = circuit.try_acquire().unwrap();
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || circuit.reset()
        });
        permit.failure();
        other.join().unwrap();
        // Before the reset, the failure opened the circuit, and the reset closed it. After the reset, it was late.
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Closed, 0));
    });
}

#[test]
fn a_result_of_an_older_generation_is_never_applied() {
    explore(3, || {
        let circuit = shared(TWO.failure_threshold(3));
        let old = circuit.try_acquire().unwrap();
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || {
                circuit.reset();
                fail(&circuit, 1);
            }
        });
        old.success();
        other.join().unwrap();
        assert_eq!(circuit.failure_count(), 1, "the success began before the reset");
    });
}

fn fail_because(circuit: &CircuitBreaker, text: &str) {
    circuit.try_acquire().unwrap().failure_because(text);
}

#[test]
fn a_refusal_says_what_opened_the_circuit() {
    explore(3, || {
        let circuit = shared(TWO.failure_threshold(1));
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || fail_because(&circuit, "down")
        });
        if let Err(open) = circuit.try_acquire().map(drop) {
            assert_eq!((open.state(), open.failures()), (CircuitState::Open, 1));
            assert_eq!(open.last_failure(), Some("down"));
        }
        other.join().unwrap();
        assert_eq!(circuit.try_acquire().unwrap_err().last_failure(), Some("down"));
    });
}

#[test]
fn a_refusal_is_of_one_opening_and_not_of_two() {
    explore(3, || {
        let circuit = shared(TWO.failure_threshold(1));
        fail_because(&circuit, "first");
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || circuit.force_open()
        });
        let open = circuit.try_acquire().unwrap_err();
        assert_eq!((open.failures(), open.last_failure()), (1, Some("first")));
        other.join().unwrap();
        assert_eq!(circuit.try_acquire().unwrap_err().state(), CircuitState::ForcedOpen);
    });
}

#[test]
fn a_circuit_that_is_reset_refuses_with_what_was_or_lets_in() {
    explore(3, || {
        let circuit = shared(TWO.failure_threshold(1));
        fail_because(&circuit, "first");
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || {
                circuit.reset();
                fail_because(&circuit, "second");
            }
        });
        if let Err(open) = circuit.try_acquire().map(drop) {
            assert_eq!((open.state(), open.failures()), (CircuitState::Open, 1));
            assert!(open.last_failure().is_some_and(|text| ["first", "second"].contains(&text)));
        }
        other.join().unwrap();
        assert_eq!(circuit.try_acquire().unwrap_err().last_failure(), Some("second"));
    });
}

#[test]
fn there_are_never_more_trials_than_places_and_no_place_is_lost() {
    explore(2, || {
        let (_clock, circuit) = recovering(TWO.success_threshold(9));
        let inside = Arc::new(AtomicU32::new(0));
        let call = {
            let (circuit, inside) = (circuit.clone(), inside.clone());
            move |succeed: bool| {
                let Ok(trial) = circuit.try_acquire() else { return };
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "one place");
                thread::yield_now();
                inside.fetch_sub(1, Ordering::SeqCst);
                if succeed { trial.success() } else { drop(trial) }
            }
        };
        let other = thread::spawn({
            let call = call.clone();
            move || call(false)
        });
        call(true);
        other.join().unwrap();
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        assert!(circuit.try_acquire().is_ok(), "the place is free");
    });
}

#[test]
fn a_trial_that_fails_beside_one_that_succeeds_decides() {
    explore(2, || {
        let (_clock, circuit) = recovering(TWO.half_open_calls(2).success_threshold(2));
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || circuit.try_acquire().map(|trial| trial.success()).is_ok()
        });
        let here = circuit.try_acquire().map(|trial| trial.failure()).is_ok();
        // A failure that comes first opens the circuit. The other call then gets no probe, or is late.
        assert!(here);
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Open, 2));
        let admitted = other.join().unwrap();
        assert!(admitted || circuit.late_results() == 0);
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Open, 2));
    });
}

#[test]
fn a_rejection_is_of_the_generation_that_the_call_saw_or_of_a_younger_one() {
    explore(3, || {
        let circuit = shared(TWO.failure_threshold(1));
        fail_because(&circuit, "first");
        // This thread has a copy of the published snapshot.
        assert!(circuit.try_acquire().is_err());
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || {
                circuit.reset();
                fail_because(&circuit, "second");
            }
        });
        let here = circuit.try_acquire().map(drop);
        other.join().unwrap();
        if let Err(open) = here {
            assert!(["first", "second"].map(Some).contains(&open.last_failure()));
        }
        // The rejection must include what another thread did before this call.
        assert_eq!(circuit.try_acquire().unwrap_err().last_failure(), Some("second"));
    });
}

#[test]
fn a_success_of_a_window_of_time_is_counted_once_or_belongs_to_a_window_that_is_gone() {
    explore(3, || {
        let rate = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(60)).min_calls(2);
        let circuit = shared(rate);
        let clock = ManualClock::install();
        clock.advance(SECOND);
        succeed(&circuit, 1);
        let good = circuit.try_acquire().unwrap();
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || fail(&circuit, 1)
        });
        good.success();
        other.join().unwrap();
        // Two successes and one failure are a rate of one third, in any order. With one success lost it would be one
        // half. It is also one half if the failure comes between the two.
        match circuit.state() {
            CircuitState::Open => assert_eq!(circuit.late_results(), 1, "the success came too late"),
            state => assert_eq!((state, circuit.failure_count()), (CircuitState::Closed, 1)),
        }
    });
}

#[test]
fn a_success_of_a_window_of_calls_is_counted_once_or_belongs_to_a_window_that_is_gone() {
    explore(3, || {
        let circuit = shared(CircuitConfig::new().failure_rate(0.5).window_calls(4).min_calls(3));
        succeed(&circuit, 2);
        let good = circuit.try_acquire().unwrap();
        let other = thread::spawn({
            let circuit = circuit.clone();
            move || fail(&circuit, 1)
        });
        good.success();
        other.join().unwrap();
        assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::Closed, 1));
        // The window holds four calls. If a success were lost, two more would be needed to push out the failure.
        succeed(&circuit, 2);
        assert_eq!(circuit.failure_count(), 1);
        succeed(&circuit, 2);
        assert_eq!(circuit.failure_count(), 0);
    });
}

#[test]
fn a_key_that_is_evicted_and_comes_again_shares_nothing_with_a_permit_of_before() {
    use crate::circuit::KeyedCircuits;
    explore(2, || {
        let set = Arc::new(KeyedCircuits::new("set", TWO.failure_threshold(1), 1));
        let other = thread::spawn({
            let set = set.clone();
            // While the permit is held, the circuit is not evicted.
            move || set.circuit("a").try_acquire().map(|permit| permit.failure()).is_ok()
        });
        let b = set.circuit("b");
        let kept = set.circuits();
        drop(b);
        let failed = other.join().unwrap();
        assert!(failed, "a key's first call is admitted");
        assert_eq!(kept.len(), 1, "there is one place");
        // Whichever key is kept, a circuit that opened while it was kept is still open.
        let a = set.circuit("a");
        let remembered = set.circuits().iter().any(|circuit| Arc::ptr_eq(circuit, &a));
        assert!(a.is_open() || a.is_closed());
        assert!(!a.is_open() || remembered, "what is open is remembered");
    });
}
