//! Generators are wrapped in Python: the failure may occur during iteration.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, CircuitState};

use super::{Answer, FAILS};
use crate::{Error, secs};

/// Yields one answer at a time.
struct Rows(Vec<Answer>);

impl Stream for Rows {
    type Item = Answer;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Answer>> {
        Poll::Ready((!self.0.is_empty()).then(|| self.0.remove(0)))
    }
}

static FEED: CircuitBreaker = CircuitBreaker::new("feed", CircuitConfig::new().failure_threshold(2));

/// The function that returns a stream.
fn rows(rows: Vec<Answer>) -> Result<impl Stream<Item = Answer>, CircuitOpen> {
    FEED.guard_stream(|| Rows(rows))
}

/// The first so many items.
fn read(stream: impl Stream<Item = Answer>, most: usize) -> Vec<Answer> {
    let mut stream = pin!(stream);
    let mut cx = Context::from_waker(Waker::noop());
    let mut items = Vec::new();
    while items.len() < most {
        match stream.as_mut().poll_next(&mut cx) {
            Poll::Ready(Some(item)) => items.push(item),
            _ => break,
        }
    }
    items
}

static PAGES: CircuitBreaker = CircuitBreaker::new("pages", CircuitConfig::new().failure_threshold(2));

/// The function that returns an iterator.
fn pages(pages: Vec<Answer>) -> Result<impl Iterator<Item = Answer>, CircuitOpen> {
    PAGES.guard_iter(|| pages)
}

#[test]
fn sync_generators_fail_while_iterating_and_succeed_at_their_end() {
    let clock = ManualClock::install();
    assert_eq!(pages(vec![Ok(1), FAILS, Ok(2)]).unwrap().collect::<Vec<_>>(), [Ok(1), FAILS, Ok(2)]);
    assert_eq!(PAGES.failure_count(), 1);
    assert_eq!(pages(vec![Ok(1), Ok(2)]).unwrap().next(), Some(Ok(1)));
    assert_eq!(PAGES.failure_count(), 1, "it was dropped early, which is nothing");
    assert_eq!(pages(vec![Ok(1)]).unwrap().count(), 1);
    assert_eq!(PAGES.failure_count(), 0, "it came to its end, which is a success");

    for _ in 0..2 {
        assert_eq!(pages(vec![FAILS]).unwrap().count(), 1);
    }
    assert_eq!(pages(vec![Ok(1)]).err().expect("it is open").failures(), 2);
    clock.advance(secs(30));
    let trial = pages(vec![Ok(1)]).unwrap();
    assert!(pages(vec![]).is_err(), "the iterator that is read is the trial");
    assert_eq!(trial.count(), 1);
    assert!(PAGES.is_closed());
}

#[test]
fn generators_fail_while_iterating_and_succeed_at_their_end() {
    let clock = ManualClock::install();
    assert_eq!(read(rows(vec![Ok(1), FAILS]).unwrap(), 9), [Ok(1), FAILS]);
    assert_eq!(FEED.failure_count(), 1);
    assert_eq!(read(rows(vec![Ok(1), Ok(2), Ok(3)]).unwrap(), 2), [Ok(1), Ok(2)]);
    assert_eq!(FEED.failure_count(), 1, "it was dropped early, which is nothing");
    assert_eq!(read(rows(vec![Ok(1)]).unwrap(), 9), [Ok(1)]);
    assert_eq!(FEED.failure_count(), 0, "it came to its end, which is a success");

    for _ in 0..2 {
        assert_eq!(read(rows(vec![Ok(1), Err(Error::Value("torn"))]).unwrap(), 9).len(), 2);
    }
    let refused = rows(vec![Ok(1)]).err().expect("it is open");
    assert_eq!((refused.failures(), refused.last_failure()), (2, Some("Value(\"torn\")")));

    clock.advance(secs(30));
    let trial = rows(vec![Ok(1)]).unwrap();
    assert!(rows(vec![]).is_err(), "the stream that is read is the trial");
    assert_eq!(FEED.state(), CircuitState::HalfOpen);
    assert_eq!(read(trial, 9), [Ok(1)]);
    assert!(FEED.is_closed());
}
