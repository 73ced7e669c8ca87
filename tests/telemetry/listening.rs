//! Listeners: which events they receive, and what a listener may do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience::telemetry::{self, Event};
use resilience::{CircuitBreaker, CircuitConfig};

use crate::script::{Error, Record, Script, Step};

#[resilience::retry(times = 2, interval = 0s, name = "heard")]
fn heard(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn a_listener_that_was_removed_hears_nothing_and_is_dropped() {
    let kept = Arc::new(());
    let inside = Arc::clone(&kept);
    let id = telemetry::listen(move |_| {
        let _ = &inside;
    });
    assert!(telemetry::unlisten(id));
    assert!(!telemetry::unlisten(id), "it is gone");
    heard(&Script::new(&[Step::Value(1)])).unwrap();
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[resilience::retry(times = 2, interval = 0s, name = "heard in spite of a panic")]
fn resounding(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn a_panic_in_a_listener_is_caught_and_the_others_are_told() {
    let before = telemetry::listen(|event| {
        if matches!(event, Event::Call(call) if call.site().name() == "heard in spite of a panic") {
            panic!("by a listener");
        }
    });
    let _clock = resilience::testing::ManualClock::install();
    let record = Record::of("heard in spite of a panic");
    assert_eq!(resounding(&Script::new(&[Step::Value(1)])), Ok(1));
    record.check(&["FirstTry after 1 in 0ns: -"], false);
    telemetry::unlisten(before);
}

#[resilience::retry(times = 2, interval = 0s, name = "called by a listener")]
fn inner(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[resilience::retry(times = 2, interval = 0s, name = "calls back")]
fn outer(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn a_listener_may_call_annotated_functions_which_work_and_are_not_told() {
    static CALLED: AtomicU32 = AtomicU32::new(0);
    let id = telemetry::listen(|event| {
        if matches!(event, Event::Call(call) if call.site().name() == "calls back") {
            assert_eq!(inner(&Script::new(&[Step::Busy, Step::Value(2)])), Ok(2));
            CALLED.fetch_add(1, Ordering::Relaxed);
        }
    });
    let record = Record::of("called by a listener");
    outer(&Script::new(&[Step::Value(1)])).unwrap();
    assert_eq!(CALLED.load(Ordering::Relaxed), 1);
    record.check(&[], true);
    telemetry::unlisten(id);
}

/// A listener that is dropped with a panic.
struct Falls;

impl Drop for Falls {
    fn drop(&mut self) {
        panic!("by a listener that is dropped");
    }
}

#[resilience::retry(times = 2, interval = 0s, name = "heard after a fall")]
fn heard_after(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn a_listener_that_panics_when_it_is_dropped_is_removed_as_others_are() {
    let falls = Falls;
    let id = telemetry::listen(move |_| {
        let _ = &falls;
    });
    assert!(telemetry::unlisten(id));
    assert!(!telemetry::unlisten(id), "it is gone");
    let breaker = CircuitBreaker::new("its listener falls", CircuitConfig::new());
    let falls = Falls;
    let id = breaker.listen(move |_| {
        let _ = &falls;
    });
    assert!(breaker.unlisten(id));
    let _clock = resilience::testing::ManualClock::install();
    let record = Record::of("heard after a fall");
    heard_after(&Script::new(&[Step::Value(1)])).unwrap();
    record.check(&["FirstTry after 1 in 0ns: -"], true);
}

#[resilience::retry(times = 2, interval = 0s, name = "calls itself by a listener")]
fn echo() -> Result<u8, Error> {
    Ok(1)
}

#[resilience::retry(times = 2, interval = 0s, name = "async, calls itself by a listener")]
async fn echo_async() -> Result<u8, Error> {
    Ok(1)
}

#[test]
fn a_listener_that_calls_what_it_hears_of_does_not_loop() {
    static HEARD: AtomicU32 = AtomicU32::new(0);
    static CIRCUIT: CircuitBreaker = CircuitBreaker::new("called by its listener", CircuitConfig::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let id = telemetry::listen(move |event| {
        let is_own = match event {
            Event::Call(call) => call.site().name().ends_with("calls itself by a listener"),
            Event::CircuitCall(call) => call.name() == "called by its listener",
            _ => false,
        };
        if is_own {
            HEARD.fetch_add(1, Ordering::Relaxed);
            echo().unwrap();
            runtime.block_on(echo_async()).unwrap();
            CIRCUIT.call(|| Ok::<_, ()>(())).unwrap();
        }
    });
    echo().unwrap();
    assert_eq!(HEARD.load(Ordering::Relaxed), 1);
    CIRCUIT.call(|| Ok::<_, ()>(())).unwrap();
    assert_eq!(HEARD.load(Ordering::Relaxed), 2);
    telemetry::unlisten(id);
}

#[resilience::retry(times = 2, interval = 0s, name = "handed to a thread by a listener")]
fn handed_over() -> Result<u8, Error> {
    Ok(1)
}

#[test]
fn what_a_listener_hands_to_another_thread_is_told_as_any_other_call() {
    static HEARD: AtomicU32 = AtomicU32::new(0);
    let id = telemetry::listen(|event| {
        if matches!(event, Event::Call(call) if call.site().name() == "handed to a thread by a listener") {
            // Its own bound: without one it would never end.
            if HEARD.fetch_add(1, Ordering::Relaxed) < 3 {
                std::thread::spawn(handed_over).join().unwrap().unwrap();
            }
        }
    });
    handed_over().unwrap();
    telemetry::unlisten(id);
    assert_eq!(HEARD.load(Ordering::Relaxed), 4);
}
