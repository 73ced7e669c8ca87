//! Overrides that are replaced while calls run.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use resilience::settings;
use resilience::{CircuitOpen, circuit, circuits, retry};

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

#[retry(times = 1, interval = 0s, name = "reload.one")]
fn one() -> Result<(), Down> {
    Err(Down)
}

#[retry(times = 1, interval = 0s, name = "reload.two")]
fn two() -> Result<(), Down> {
    Err(Down)
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
        while seen[n].load(Ordering::Relaxed) == before {
            tokio::task::yield_now().await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("no call saw a mixture");
    }
}

#[test]
fn overrides_that_two_threads_apply_do_not_mix() {
    let _alone = alone();
    one().unwrap_err();
    two().unwrap_err();
    let text = |n: u32| {
        format!(
            "[retry.'reload.one']\ntimes = {n}\n[retry.'reload.two']\ntimes = {n}\n\
             [circuit.'reload circuit']\nfailure_threshold = {n}"
        )
    };
    let in_force = || {
        let effective = settings::effective();
        let value = |name: &str, key: &str| {
            let site = effective.iter().find(|site| site.name() == name).expect("it is listed");
            site.options().iter().find(|option| option.key() == key).expect("it is set").value()
        };
        [
            value("reload.one", "times"),
            value("reload.two", "times"),
            value("reload circuit", "failure_threshold"),
        ]
    };
    guarded().unwrap_err();
    circuits().get("reload circuit").unwrap().reset();
    for round in 0..200 {
        std::thread::scope(|scope| {
            for n in [2, 3, 4] {
                let overrides = read(&text(n + round % 2));
                scope.spawn(move || overrides.apply().unwrap());
            }
        });
        let [one, two, three] = in_force();
        assert!(one == two && two == three, "{one}, {two} and {three}");
        let calls = || {
            let mut calls = 0;
            let operation = || {
                calls += 1;
                Err::<(), _>(Down)
            };
            retry(operation).name("reload.form").interval(Duration::ZERO).call().unwrap_err();
            calls
        };
        assert_eq!(calls(), 3, "nothing overrides it");
    }
}
