use std::sync::{Arc, Mutex};

use super::*;
use crate::CircuitEventKind::{self, *};

type Log = Arc<Mutex<Vec<CircuitEventKind>>>;

fn logged(breaker: &CircuitBreaker) -> Log {
    let log = Log::default();
    breaker.listen({
        let log = log.clone();
        move |event| log.lock().unwrap().push(event.kind())
    });
    log
}

#[test]
fn every_transition_is_one_event_and_they_come_in_order() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO);
    let log = logged(&breaker);
    let late = breaker.try_acquire().unwrap();
    fail(&breaker, 2);
    late.success();
    assert!(breaker.try_acquire().is_err());
    clock.advance(10 * SECOND);
    succeed(&breaker, 1);
    breaker.force_open();
    breaker.metrics_only();
    breaker.disable();
    breaker.reset();
    let expected =
        [Opened, LateResult, Refused, HalfOpened, Closed, ForcedOpen, MetricsOnly, Disabled, Closed];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn an_event_says_what_a_refusal_says() {
    let clock = ManualClock::install();
    let breaker = breaker(TWO);
    let log = Arc::new(Mutex::new(Vec::new()));
    breaker.listen({
        let log = log.clone();
        move |event| log.lock().unwrap().push(event.clone())
    });
    fail(&breaker, 2);
    clock.advance(SECOND);
    assert!(breaker.try_acquire().is_err());
    let log = log.lock().unwrap();
    let told: Vec<_> = log
        .iter()
        .map(|event| {
            (event.name(), event.generation(), event.failures(), event.retry_after(), event.last_failure())
        })
        .collect();
    assert_eq!(
        told,
        [("test", 1, 2, Some(10 * SECOND), Some("down")), ("test", 1, 2, Some(9 * SECOND), Some("down"))]
    );
}

#[test]
fn a_listener_may_use_the_circuit_and_hears_what_it_causes_afterwards() {
    let breaker = Arc::new(breaker(TWO));
    let log = logged(&breaker);
    let weak = Arc::downgrade(&breaker);
    breaker.listen(move |event| {
        if event.kind() == Opened {
            let breaker = weak.upgrade().unwrap();
            assert!(breaker.opened(), "it is told after the change");
            breaker.reset();
        }
    });
    fail(&breaker, 2);
    assert_eq!(*log.lock().unwrap(), [Opened, Closed]);
}

#[test]
fn a_listener_that_panics_harms_nobody() {
    let breaker = breaker(TWO);
    breaker.listen(|_| panic!("a bad listener"));
    let log = logged(&breaker);
    fail(&breaker, 2);
    breaker.reset();
    assert_eq!(*log.lock().unwrap(), [Opened, Closed]);
    assert!(breaker.closed());
}

#[test]
fn events_of_many_threads_come_one_at_a_time_in_the_order_of_their_generations() {
    let breaker = breaker(TWO);
    let generations = Arc::new(Mutex::new(Vec::new()));
    breaker.listen({
        let generations = generations.clone();
        move |event| {
            // A listener that ran twice at once would find the lock taken, and its event would be missing below.
            let mut generations = generations.try_lock().expect("one at a time");
            std::thread::yield_now();
            generations.push(event.generation());
        }
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| breaker.reset()));
        }
    });
    let generations = generations.lock().unwrap();
    assert!(generations.iter().copied().eq(1..=2000));
}

#[test]
fn a_listener_that_was_removed_hears_nothing_more_and_is_dropped() {
    let (one, other) = (breaker(TWO), breaker(TWO));
    let heard = Arc::new(Mutex::new(0));
    let count = |heard: &Arc<Mutex<u32>>| {
        let heard = heard.clone();
        move |_: &crate::CircuitEvent| *heard.lock().unwrap() += 1
    };
    let first = one.listen(count(&heard));
    let second = one.listen(count(&heard));
    one.force_open();
    assert!(!other.unlisten(first), "it is another circuit's");
    assert!(one.unlisten(first));
    assert!(!one.unlisten(first), "it has gone");
    one.reset();
    assert!(one.unlisten(second));
    one.reset();
    assert_eq!(*heard.lock().unwrap(), 3);
    assert_eq!(Arc::strong_count(&heard), 1);
}

#[test]
fn a_listener_removes_itself() {
    let breaker = Arc::new(breaker(TWO));
    let id = Arc::new(Mutex::new(None));
    let heard = Arc::new(Mutex::new(0));
    let listener = {
        let (breaker, id, heard) = (Arc::downgrade(&breaker), id.clone(), heard.clone());
        move |_: &crate::CircuitEvent| {
            *heard.lock().unwrap() += 1;
            let (breaker, id) = (breaker.upgrade().unwrap(), id.lock().unwrap().take());
            assert!(breaker.unlisten(id.unwrap()));
        }
    };
    *id.lock().unwrap() = Some(breaker.listen(listener));
    breaker.force_open();
    breaker.reset();
    assert_eq!(*heard.lock().unwrap(), 1);
}

#[test]
fn a_listener_of_all_circuits_can_be_removed() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let id = crate::circuits().listen({
        let heard = heard.clone();
        move |event| heard.lock().unwrap().push(event.name().to_owned())
    });
    let breaker = CircuitBreaker::new("heard of everywhere", crate::CircuitConfig::new());
    breaker.force_open();
    assert!(crate::circuits().unlisten(id));
    breaker.reset();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.iter().filter(|name| *name == "heard of everywhere").count(), 1);
}
