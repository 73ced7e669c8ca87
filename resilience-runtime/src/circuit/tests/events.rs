use std::sync::{Arc, Mutex};

use super::*;
use crate::CircuitEventKind::{self, *};
use crate::circuit::event_queue::MAX_QUEUED;

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
            assert!(breaker.is_open(), "it is told after the change");
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
    assert!(breaker.is_closed());
}

#[test]
fn a_listener_that_is_removed_while_it_is_told_and_panics_when_it_is_dropped_harms_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a bad listener's last words");
        }
    }
    let breaker = Arc::new(breaker(TWO));
    let log = logged(&breaker);
    let id = Arc::new(Mutex::new(None));
    *id.lock().unwrap() = Some(breaker.listen({
        let (bomb, breaker, id) = (Bomb, breaker.clone(), id.clone());
        move |_| {
            let (_, id) = (&bomb, id.lock().unwrap().take());
            assert!(breaker.unlisten(id.expect("it is told once")));
        }
    }));
    breaker.force_open();
    breaker.reset();
    assert_eq!(*log.lock().unwrap(), [ForcedOpen, Closed]);
}

#[test]
fn a_call_tells_of_so_many_refusals_of_others_and_is_let_go() {
    let breaker: &'static CircuitBreaker = Box::leak(Box::new(breaker(TWO)));
    let log = logged(breaker);
    // Each delivered rejection causes the next one, on a separate thread.
    breaker.listen(move |event| {
        if event.kind() == Refused {
            assert!(std::thread::spawn(|| breaker.try_acquire().is_err()).join().unwrap());
        }
    });
    breaker.force_open();
    assert!(breaker.try_acquire().is_err());
    let told = log.lock().unwrap().len();
    assert!((60..200).contains(&told), "{told}");
    breaker.reset();
    breaker.force_open();
    assert!(breaker.try_acquire().is_err());
    assert!(log.lock().unwrap().len() > 2 * 60, "the next call tells of as many again");
}

#[test]
fn a_listeners_panic_that_panics_again_when_it_is_dropped_harms_nobody() {
    /// Each of them creates another one, this number of times.
    struct Bomb(u8);
    impl Drop for Bomb {
        fn drop(&mut self) {
            if self.0 > 0 {
                std::panic::panic_any(Bomb(self.0 - 1));
            }
        }
    }
    let breaker = breaker(TWO);
    breaker.listen(|_| std::panic::panic_any(Bomb(3)));
    let log = logged(&breaker);
    fail(&breaker, 2);
    breaker.reset();
    assert_eq!(*log.lock().unwrap(), [Opened, Closed], "nobody is missing an event");
}

/// Calls `called` after each event of `breaker`, up to a limit.
fn calls_back(breaker: &CircuitBreaker, called: &Arc<CircuitBreaker>) {
    let called = Arc::downgrade(called);
    let times = std::sync::atomic::AtomicU32::new(0);
    breaker.listen(move |_| {
        if times.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 1000 {
            let _ = called.upgrade().unwrap().call(|| Err::<(), _>("still down"));
        }
    });
}

#[test]
fn what_a_listener_is_refused_is_not_told_so_that_it_may_call_its_own_circuit() {
    let breaker = Arc::new(breaker(TWO));
    let log = logged(&breaker);
    calls_back(&breaker, &breaker);
    fail(&breaker, 2);
    assert_eq!(*log.lock().unwrap(), [Opened], "its own call was refused");
    assert!(breaker.try_acquire().is_err());
    assert_eq!(*log.lock().unwrap(), [Opened, Refused], "the refusal of others is told");
}

#[test]
fn two_circuits_whose_listeners_call_each_other_come_to_an_end() {
    let (one, other) = (Arc::new(breaker(TWO)), Arc::new(breaker(TWO)));
    let log = logged(&one);
    calls_back(&one, &other);
    calls_back(&other, &one);
    fail(&other, 2);
    fail(&one, 1);
    assert!(one.try_acquire().is_err() && other.try_acquire().is_err());
    // The other circuit's opening caused a call of this one, which failed.
    assert!(log.lock().unwrap().len() < 5, "{:?}", log.lock().unwrap());
}

#[test]
fn a_listener_that_changes_its_circuit_at_every_event_comes_to_an_end() {
    const FOR_EVER: usize = 10_000;
    let breaker = Arc::new(breaker(TWO));
    let told = Arc::new(Mutex::new(Vec::new()));
    let (weak, kept) = (Arc::downgrade(&breaker), Arc::clone(&told));
    breaker.listen(move |event| {
        let mut told = kept.lock().unwrap();
        told.push((event.kind(), event.dropped()));
        let goes_on = told.len() < FOR_EVER;
        drop(told);
        match (event.kind(), weak.upgrade().unwrap()) {
            (ForcedOpen, breaker) if goes_on => breaker.reset(),
            (Closed, breaker) if goes_on => breaker.force_open(),
            _ => {}
        }
    });
    breaker.force_open();
    let first = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(first.len(), MAX_QUEUED, "what it causes is told, and not without end");
    // The next event reports one missing event.
    breaker.disable();
    assert_eq!(*told.lock().unwrap(), [(Disabled, 1)]);
}

#[test]
fn the_opening_of_a_hung_trial_says_what_is_left_when_it_is_told() {
    let clock = ManualClock::install();
    for (noticed_after, left) in [(5, 10), (9, 6), (15, 0), (60, 0)] {
        let breaker = open(TWO.probe_timeout(5 * SECOND));
        clock.advance(10 * SECOND);
        let _hangs = breaker.try_acquire().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        breaker.listen({
            let told = told.clone();
            move |event| told.lock().unwrap().push((event.kind(), event.retry_after()))
        });
        clock.advance(noticed_after * SECOND);
        let _ = breaker.state();
        assert_eq!(*told.lock().unwrap(), [(Opened, Some(left * SECOND))]);
    }
}

#[test]
fn events_of_many_threads_come_one_at_a_time_in_the_order_of_their_generations() {
    let breaker = breaker(TWO);
    let generations = Arc::new(Mutex::new(Vec::new()));
    breaker.listen({
        let generations = generations.clone();
        move |event| {
            // If the listener ran twice concurrently, the lock would be taken, and its event would be missing below.
            let mut generations = generations.try_lock().expect("one at a time");
            std::thread::yield_now();
            generations.push((event.generation(), event.dropped()));
        }
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| breaker.reset()));
        }
    });
    let generations = generations.lock().unwrap();
    let mut last = 0;
    for (generation, dropped) in generations.iter().copied() {
        assert_eq!(generation, last + dropped + 1);
        last = generation;
    }
    assert_eq!(last, 2000);
}

#[test]
fn a_listener_that_hangs_costs_a_bounded_queue_and_learns_how_much_it_missed() {
    const TRANSITIONS: u64 = 200_000;
    let breaker = breaker(TWO);
    let (hangs, told) = std::sync::mpsc::channel();
    let (resume, resumed) = std::sync::mpsc::channel::<()>();
    let log = Arc::new(Mutex::new(Vec::new()));
    breaker.listen({
        let (log, resumed) = (log.clone(), Mutex::new(resumed));
        move |event| {
            log.lock().unwrap().push((event.generation(), event.dropped()));
            let _ = hangs.send(());
            // The first event waits for a message. For all others, the sender is gone.
            let _ = resumed.lock().unwrap().recv();
        }
    });
    std::thread::scope(|scope| {
        scope.spawn(|| breaker.reset());
        told.recv().unwrap();
        (1..TRANSITIONS).for_each(|_| breaker.reset());
        drop(resume);
    });
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 1 + MAX_QUEUED);
    assert_eq!(log.first(), Some(&(1, 0)));
    assert_eq!(log.last(), Some(&(TRANSITIONS, 0)), "the present state");
    let missed: u64 = log.iter().map(|(_, dropped)| dropped).sum();
    assert_eq!(missed + log.len() as u64, TRANSITIONS);
    assert_eq!(log[1].1, missed, "the first event after the gap says how wide it is");
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
