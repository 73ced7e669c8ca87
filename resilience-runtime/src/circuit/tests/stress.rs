//! Real threads.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use super::*;

#[test]
fn no_failure_is_lost_and_one_thread_opens_it() {
    for _ in 0..200 {
        let breaker = breaker(CircuitConfig::new().failure_threshold(8));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2 {
                        breaker.try_acquire().unwrap().failure();
                    }
                });
            }
        });
        assert_eq!((breaker.state(), breaker.failure_count()), (CircuitState::Open, 8));
    }
}

#[test]
fn every_failure_is_counted_or_late_however_many_come_while_it_opens() {
    for _ in 0..200 {
        let (breaker, admitted) = (breaker(CircuitConfig::new().failure_threshold(5)), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Ok(permit) = breaker.try_acquire() {
                        admitted.fetch_add(1, Ordering::SeqCst);
                        permit.failure();
                    }
                });
            }
        });
        let late = u32::try_from(breaker.late_results()).unwrap();
        assert_eq!(breaker.failure_count(), 5);
        assert_eq!(admitted.load(Ordering::SeqCst), 5 + late);
        assert!(late < 4, "nobody is let in once it has tripped: {late}");
    }
}

#[test]
fn there_are_never_more_trials_at_once_than_places() {
    const PLACES: u32 = 3;
    let config = CircuitConfig::new()
        .failure_threshold(1)
        .half_open_calls(PLACES)
        .success_threshold(u32::MAX)
        .recovery_timeout(Duration::from_nanos(1))
        .probe_timeout(Duration::MAX);
    let breaker = open(config);
    let (inside, most, admitted) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (breaker, inside, most, admitted) = (&breaker, &inside, &most, &admitted);
            scope.spawn(move || {
                for turn in 0..20_000 {
                    let Ok(permit) = breaker.try_acquire() else { continue };
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    admitted.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    if (turn + thread) % 2 == 0 { permit.success() } else { drop(permit) }
                }
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= PLACES);
    assert!(admitted.load(Ordering::SeqCst) > 1000);
    assert_eq!(
        (0..9).filter_map(|_| breaker.try_acquire().ok().map(std::mem::forget)).count(),
        PLACES as usize
    );
}

#[test]
fn a_rejection_waits_for_no_lock() {
    let breaker = Arc::new(open(TWO));
    let (tell, told) = mpsc::channel();
    let refused = breaker.store().read(|_, _| {
        let breaker = breaker.clone();
        thread::spawn(move || tell.send(breaker.try_acquire().unwrap_err()));
        told.recv_timeout(10 * SECOND)
    });
    assert_eq!(refused.unwrap().last_failure(), Some("down"));
}

#[test]
fn whatever_threads_do_to_it_the_circuit_still_works_afterwards() {
    let breaker = breaker(TWO.recovery_timeout(Duration::from_nanos(1)).max_recovery_timeout(SECOND));
    thread::scope(|scope| {
        for seed in 0..4 {
            let breaker = &breaker;
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(seed);
                for _ in 0..20_000 {
                    match (rng.u8(..20), breaker.try_acquire()) {
                        (0, _) => breaker.reset(),
                        (1, _) => breaker.force_open(),
                        (2, _) => breaker.metrics_only(),
                        (3, _) => breaker.disable(),
                        (4..10, Ok(permit)) => permit.failure(),
                        (10..16, Ok(permit)) => permit.success(),
                        (_, _) => {}
                    }
                }
            });
        }
    });
    breaker.reset();
    fail(&breaker, 1);
    succeed(&breaker, 1);
    fail(&breaker, 2);
    assert_eq!((breaker.is_open() || !breaker.is_closed(), breaker.failure_count()), (true, 2));
}

#[test]
fn a_circuit_that_is_reconfigured_while_threads_use_it_loses_no_probe_and_no_state() {
    let row = TWO.recovery_timeout(Duration::from_nanos(1)).probe_timeout(Duration::MAX);
    let rate = CircuitConfig::new().failure_rate(0.5).min_calls(2).recovery_timeout(Duration::from_nanos(1));
    let configs =
        [row, row.slow_call(SECOND), rate.window_calls(8), rate.window_time(SECOND), TWO.within(SECOND)];
    let breaker = breaker(row);
    thread::scope(|scope| {
        for seed in 0..3 {
            let breaker = &breaker;
            scope.spawn(move || {
                let mut rng = fastrand::Rng::with_seed(seed);
                for _ in 0..20_000 {
                    let Ok(permit) = breaker.try_acquire() else { continue };
                    if rng.u8(..3) == 0 { permit.failure() } else { permit.success() }
                }
            });
        }
        for turn in 0..20_000 {
            breaker.reconfigure(configs[turn % configs.len()]).unwrap();
        }
    });
    breaker.reconfigure(row).unwrap();
    assert_eq!(breaker.config(), row);
    breaker.reset();
    fail(&breaker, 1);
    succeed(&breaker, 1);
    fail(&breaker, 2);
    succeed(&breaker, 1);
    assert!(breaker.is_closed(), "a probe finds its place free");
}

#[test]
fn every_refusal_of_many_threads_is_counted_and_those_of_threads_that_have_ended_are_kept() {
    let circuit = breaker(TWO);
    circuit.force_open();
    for _ in 0..2 {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        assert!(circuit.try_acquire().is_err());
                    }
                });
            }
        });
        // A new generation with a new snapshot.
        circuit.force_open();
    }
    assert_eq!(circuit.snapshot().refused(), 16_000);
}
