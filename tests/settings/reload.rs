//! Overrides that are replaced while calls run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use resilience::{CircuitOpen, circuit, circuits, retry};
use tokio::task::JoinHandle;

use crate::{alone, apply, read};

#[derive(Debug)]
struct Down;

impl From<CircuitOpen> for Down {
    fn from(_: CircuitOpen) -> Self {
        Self
    }
}

#[retry(times = 2, interval = 2us, name = "reload.call", on_error = |_, attempt| waits.extend(attempt.wait))]
async fn call(waits: &mut Vec<Duration>) -> Result<(), Down> {
    tokio::task::yield_now().await;
    Err(Down)
}

/// Functions of one name: an override changes them one after the other.
macro_rules! functions {
    ($($name:ident)*) => {
        const FUNCTIONS: &[fn(&mut u32) -> Result<(), Down>] = &[$($name),*];
        $(
            #[retry(times = 1, interval = 0s, name = "reload.many")]
            fn $name(calls: &mut u32) -> Result<(), Down> {
                *calls += 1;
                Err(Down)
            }
        )*
    };
}

functions! {
    f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24 f25 f26 f27 f28 f29 f30 f31 f32 f33 f34 f35 f36 f37 f38 f39 f40 f41 f42 f43 f44 f45 f46 f47 f48 f49 f50 f51 f52 f53 f54 f55 f56 f57 f58 f59 f60 f61 f62 f63
}

#[circuit(name = "reload circuit", failure_threshold = 1)]
fn guarded() -> Result<(), Down> {
    Err(Down)
}

/// A call makes `n` attempts with a wait of `n` microseconds, so a mixture of two overrides is visible.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_sees_half_of_a_change_while_overrides_are_replaced() {
    let _alone = alone();
    let (seen, is_over) =
        (std::sync::Arc::new([const { AtomicU32::new(0) }; 8]), std::sync::Arc::new(AtomicBool::new(false)));
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (seen, is_over) = (std::sync::Arc::clone(&seen), std::sync::Arc::clone(&is_over));
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let mut waits = Vec::new();
                    call(&mut waits).await.unwrap_err();
                    let attempts = waits.len() + 1;
                    let wait = Duration::from_micros(attempts as u64);
                    assert!(waits.iter().all(|waited| *waited == wait), "{attempts} attempts, {waits:?}");
                    seen[attempts].fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..400 {
        match round % 5 {
            0 => apply(""),
            n => apply(&format!("[retry.'reload.call']\ntimes = {0}\ninterval = '{0}us'", n + 2)),
        }
        tokio::task::yield_now().await;
    }
    // Every override has been seen by some call, or there was nothing to test.
    for n in 2..=6 {
        let before = seen[n].load(Ordering::Relaxed);
        apply(&format!("[retry.'reload.call']\ntimes = {n}\ninterval = '{n}us'"));
        // A task that is finished has failed.
        while seen[n].load(Ordering::Relaxed) == before && !tasks.iter().any(JoinHandle::is_finished) {
            tokio::task::yield_now().await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no call saw a mixture");
    }
}

/// What calls do, and not what is recorded: the numbers of attempts, and the threshold of the circuit.
fn in_force() -> BTreeSet<u32> {
    let calls_of = |function: &fn(&mut u32) -> Result<(), Down>| {
        let mut calls = 0;
        function(&mut calls).expect_err("it fails");
        calls
    };
    let config = format!("{:?}", circuits().get("reload circuit").expect("it is listed").config());
    let threshold = config.split("failure_threshold: ").nth(1).and_then(|rest| rest.split(',').next());
    let threshold = threshold.and_then(|threshold| threshold.parse().ok()).expect("it is set");
    FUNCTIONS.iter().map(calls_of).chain([threshold]).collect()
}

#[test]
fn overrides_that_two_threads_apply_do_not_mix() {
    let _alone = alone();
    guarded().unwrap_err();
    circuits().get("reload circuit").unwrap().reset();
    let overrides: Vec<_> = (2..6)
        .map(|n| {
            read(&format!(
                "[retry.'reload.many']\ntimes = {n}\n\
                 [circuit.'reload circuit']\nfailure_threshold = {n}"
            ))
        })
        .collect();
    let together = Barrier::new(overrides.len());
    let mixed = Mutex::new(None);
    std::thread::scope(|scope| {
        for overrides in &overrides {
            scope.spawn(|| {
                for _ in 0..500 {
                    together.wait();
                    let is_applied = overrides.apply().is_ok();
                    if together.wait().is_leader() {
                        let found = in_force();
                        if found.len() > 1 || !is_applied {
                            *mixed.lock().expect("no thread panics") = Some(found);
                        }
                    }
                    together.wait();
                }
            });
        }
    });
    assert_eq!(mixed.into_inner().expect("no thread panics"), None);
}
