use proptest::prelude::*;

use super::*;
use crate::CircuitEventKind::{Opened, Refused};

#[derive(Clone, Copy, Debug)]
enum Step {
    Transitions(u16),
    Minor(u8),
    Deliver(u16),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..400_u16).prop_map(Step::Transitions),
        (0..200_u8).prop_map(Step::Minor),
        (0..400_u16).prop_map(Step::Deliver),
    ]
}

/// Numbers the events in order, and returns those that were delivered.
fn delivered(queue: &mut EventQueue<(u64, bool)>, most: usize) -> Vec<(u64, u64, bool)> {
    let mut delivered = Vec::new();
    for _ in 0..most {
        assert!(queue.begin_delivery() || !delivered.is_empty());
        let Some(((number, minor), dropped)) = queue.next() else { return delivered };
        delivered.push((number, dropped, minor));
    }
    // Like a thread that has found the queue empty, so that the next delivery starts anew.
    queue.delivering = false;
    delivered
}

proptest! {
    #[test]
    fn every_event_is_delivered_in_order_or_counted_by_the_next_one(
        steps in prop::collection::vec(steps(), 1..40),
    ) {
        let mut queue = EventQueue::new();
        let (mut happened, mut told) = (0_u64, 0_u64);
        let mut push = |queue: &mut EventQueue<_>, kind| {
            queue.push(kind, || (happened, kind == Refused));
            happened += 1;
            happened
        };
        let mut total = 0;
        for step in steps {
            match step {
                Step::Transitions(n) => (0..n).for_each(|_| total = push(&mut queue, Opened)),
                Step::Minor(n) => (0..n).for_each(|_| total = push(&mut queue, Refused)),
                Step::Deliver(most) => {
                    for (number, dropped, _) in delivered(&mut queue, usize::from(most)) {
                        prop_assert_eq!(number, told + dropped);
                        told = number + 1;
                    }
                }
            }
            prop_assert!(queue.waiting.len() <= MAX_QUEUED);
            prop_assert_eq!(queue.minor, queue.waiting.iter().filter(|next| next.minor).count());
            prop_assert!(queue.minor <= MAX_MINOR);
        }
        for (number, dropped, _) in delivered(&mut queue, usize::MAX) {
            prop_assert_eq!(number, told + dropped);
            told = number + 1;
        }
        prop_assert_eq!(total, told + queue.dropped);
    }
}

#[test]
fn minor_events_make_room_for_transitions_and_then_the_oldest_transitions_do() {
    let mut queue = EventQueue::new();
    let mut number = 0;
    let mut push = |queue: &mut EventQueue<_>, kind, times| {
        for _ in 0..times {
            queue.push(kind, || (number, kind == Refused));
            number += 1;
        }
    };
    push(&mut queue, Refused, MAX_MINOR + 5);
    assert_eq!((queue.waiting.len(), queue.dropped), (MAX_MINOR, 5));
    push(&mut queue, Opened, MAX_QUEUED);
    assert_eq!((queue.waiting.len(), queue.minor), (MAX_QUEUED, 0), "all of the minor events are gone");
    push(&mut queue, Opened, 1);
    let first = delivered(&mut queue, 1);
    // Every rejection and the first transition.
    let gone = u64::try_from(MAX_MINOR).unwrap() + 5 + 1;
    assert_eq!(first, [(gone, gone, false)]);
}

#[test]
fn a_thread_that_has_delivered_much_takes_no_more_minor_events_and_the_next_one_does() {
    let mut queue = EventQueue::new();
    assert!(queue.begin_delivery());
    let mut taken = 0;
    for _ in 0..1000 {
        queue.push(Refused, || ());
        let Some(_) = queue.next() else { break };
        taken += 1;
    }
    assert_eq!(taken, MAX_MINOR);
    assert!(queue.begin_delivery(), "the delivery has ended");
    queue.push(Refused, || ());
    assert_eq!(queue.next(), Some(((), 1)));
}

#[test]
fn only_one_thread_delivers_at_a_time() {
    let mut queue = EventQueue::new();
    queue.push(Opened, || 1);
    assert!(queue.begin_delivery());
    assert!(!queue.begin_delivery());
    queue.push(Opened, || 2);
    assert_eq!((queue.next(), queue.next(), queue.next()), (Some((1, 0)), Some((2, 0)), None));
    assert!(queue.begin_delivery());
}
