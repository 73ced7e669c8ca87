//! Two hundred tests on sixteen threads that call the same functions in different scopes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use resilience::telemetry::{CallOutcome, GiveUpReason};
use resilience::testing::{self, Fault};
use resilience::{CircuitBreaker, CircuitConfig, CircuitState, circuit, circuits, retry};

use crate::common::{Error, SECOND};

const TESTS: u32 = 200;
const THREADS: u32 = 16;

#[retry(times = 8, interval = 1s, jitter = full, name = "shared")]
#[circuit(name = "shared circuit", failure_threshold = 6)]
fn shared(test: u32) -> Result<u32, Error> {
    Ok(test)
}

#[retry(times = 8, interval = 1s, jitter = full, name = "async shared")]
#[circuit(name = "async shared circuit", failure_threshold = 6)]
async fn shared_async(test: u32) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    Ok(test)
}

static SHARED: CircuitBreaker =
    CircuitBreaker::new("shared by hand", CircuitConfig::new().failure_threshold(6));

/// The function form above a circuit of its own.
fn shared_form(test: u32) -> Result<u32, Error> {
    retry(|| SHARED.call(|| Ok(test)).map_err(|error| error.failed().unwrap_or(Error::Open)))
        .on(|error| *error != Error::Open)
        .times(8)
        .interval(SECOND)
        .jitter(resilience::Jitter::Full)
        .name("form shared")
        .call()
}

/// What one test finds: the waits depend on its seed.
fn check(test: u32, names: [&str; 2], call: impl Fn(u32) -> Result<u32, Error>) -> Vec<Duration> {
    let [function, circuit] = names;
    let scope = testing::scope();
    scope.no_waits().seed(u64::from(test));
    let record = scope.record();
    let failures = test % 10;
    scope.inject(circuit, Fault::error(move || Error::Busy(test)).times(failures));
    let result = call(test);
    let state = circuits().get(circuit).map_or_else(|| SHARED.state(), |circuit| circuit.state());
    if failures < 6 {
        assert_eq!(result, Ok(test), "{record}");
        record.assert_attempts(function, failures + 1);
        assert_eq!(state, CircuitState::Closed);
    } else {
        assert_eq!(result, Err(Error::Busy(test)), "{record}");
        record.assert_attempts(function, 6);
        assert_eq!(state, CircuitState::Open);
    }
    assert_eq!(record.outcomes(function).len(), 1, "{record}");
    record.waits(function)
}

fn form(test: u32) -> Vec<Duration> {
    let scope = testing::scope();
    scope
        .no_waits()
        .seed(u64::from(test))
        .inject("form shared", Fault::error(move || Error::Busy(test)).times(test % 10));
    let record = scope.record();
    let result = shared_form(test);
    let expected = if test % 10 < 8 { Ok(test) } else { Err(Error::Busy(test)) };
    assert_eq!(result, expected, "{record}");
    record.assert_attempts("form shared", (test % 10 + 1).min(8));
    record.waits("form shared")
}

fn one(test: u32) -> [Vec<Duration>; 3] {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    [
        check(test, ["shared", "shared circuit"], shared),
        check(test, ["async shared", "async shared circuit"], |test| runtime.block_on(shared_async(test))),
        form(test),
    ]
}

#[test]
fn tests_that_run_at_once_do_not_meet() {
    let expected: Vec<_> = (0..TESTS).map(one).collect();
    let next = AtomicU32::new(0);
    thread::scope(|threads| {
        for _ in 0..THREADS {
            threads.spawn(|| {
                loop {
                    let test = next.fetch_add(1, Ordering::Relaxed);
                    if test >= TESTS {
                        break;
                    }
                    assert_eq!(one(test), expected[test as usize], "test {test}");
                }
            });
        }
    });
    for circuit in circuits().iter().filter(|circuit| circuit.name().contains("shared")) {
        assert!(circuit.is_closed());
        assert_eq!(circuit.failure_count(), 0);
    }
    assert_eq!((shared(1), SHARED.failure_count()), (Ok(1), 0));
}

#[test]
fn tasks_that_run_at_once_do_not_meet() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime");
    thread::scope(|threads| {
        for thread in 0..THREADS {
            let runtime = &runtime;
            threads.spawn(move || {
                for test in (thread..TESTS).step_by(THREADS as usize) {
                    let scope = testing::scope();
                    scope
                        .no_waits()
                        .inject("async shared", Fault::error(move || Error::Busy(test)).times(test % 6));
                    let record = scope.record();
                    let tasks: Vec<_> =
                        (0..3).map(|_| runtime.spawn(scope.run(shared_async(test)))).collect();
                    for task in tasks {
                        assert_eq!(runtime.block_on(task).expect("no panic"), Ok(test), "{record}");
                    }
                    record.assert_attempts("async shared", test % 6 + 3);
                }
            });
        }
    });
}

#[test]
fn a_give_up_of_one_test_is_not_in_the_record_of_another() {
    thread::scope(|threads| {
        for test in 0..THREADS {
            threads.spawn(move || {
                let scope = testing::scope();
                scope.max_attempts(1);
                let record = scope.record();
                for _ in 0..test % 6 {
                    scope.inject("shared", Fault::error(|| Error::Busy(0)).times(1));
                    assert_eq!(shared(test), Err(Error::Busy(0)));
                }
                let expected = vec![CallOutcome::GaveUp(GiveUpReason::Attempts); (test % 6) as usize];
                record.assert_outcomes("shared", &expected[..]);
            });
        }
    });
}
