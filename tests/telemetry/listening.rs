//! Listeners: who hears what, and what a listener may do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience::telemetry::{self, CallOutcome, Event};

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

#[resilience::retry(times = 3, interval = 0s, name = "counted from many threads")]
fn counted(fails: &mut u32) -> Result<u32, Error> {
    if *fails == 0 {
        return Ok(1);
    }
    *fails -= 1;
    Err(Error::Busy)
}

#[test]
fn counters_of_many_threads_add_up() {
    const THREADS: u32 = 8;
    const CALLS: u32 = 3_000;
    static ENDED: [AtomicU32; 4] = [const { AtomicU32::new(0) }; 4];
    let id = telemetry::listen(|event| {
        let place = match event {
            Event::Attempt(attempt) if attempt.site().name() == "counted from many threads" => 0,
            Event::Call(call) if call.site().name() == "counted from many threads" => match call.outcome() {
                CallOutcome::FirstTry => 1,
                CallOutcome::AfterRetry => 2,
                _ => 3,
            },
            _ => return,
        };
        ENDED[place].fetch_add(1, Ordering::Relaxed);
    });
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for call in 0..CALLS {
                    let _ = counted(&mut (call % 4));
                }
            });
        }
    });
    telemetry::unlisten(id);
    let ended = ENDED.each_ref().map(|count| count.load(Ordering::Relaxed));
    let quarter = THREADS * CALLS / 4;
    assert_eq!(ended, [6 * quarter, quarter, 2 * quarter, quarter]);
}
