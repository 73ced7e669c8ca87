//! Behaviour specific to async code: dropped futures, time limits during an attempt, and sharing a thread.

use std::cell::Cell;
use std::future::pending;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Waker};

use resilience::{Attempt, RetryPolicy, TimedOut, asyncbackoff, poll, retry};
use tokio::time::{Instant, sleep, timeout};

use crate::script::ms;

/// Counts the attempts that are alive, and those that were ever made.
#[derive(Default)]
struct Census {
    made: Cell<u32>,
    alive: Cell<u32>,
    told: Cell<u32>,
}

struct Alive<'a>(&'a Census);

impl Census {
    fn enter(&self) -> Alive<'_> {
        self.made.set(self.made.get() + 1);
        self.alive.set(self.alive.get() + 1);
        Alive(self)
    }

    /// Hangs, as something that is alive.
    async fn hang(&self) -> Result<u8, TimedOut> {
        let _alive = self.enter();
        pending().await
    }

    fn told(&self, attempt: &Attempt) {
        assert_eq!(self.alive.get(), 0, "attempt {} is dropped before it is told of", attempt.number);
        self.told.set(self.told.get() + 1);
    }

    fn figures(&self) -> [u32; 3] {
        [self.made.get(), self.alive.get(), self.told.get()]
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.alive.set(self.0.alive.get() - 1);
    }
}

#[retry(times = 3, interval = 1s, attempt_timeout = 100ms, on_error = |_, attempt| census.told(attempt))]
async fn retried(census: &Census) -> Result<u8, TimedOut> {
    assert_eq!(census.alive.get(), 0, "no two attempts at once");
    census.hang().await
}

#[asyncbackoff(100ms, _, 1s, max_tries = 3, on_error = |_, attempt| census.told(attempt))]
async fn backed_off(census: &Census) -> Result<u8, TimedOut> {
    assert_eq!(census.alive.get(), 0, "no two attempts at once");
    census.hang().await
}

#[poll(until = |_| true, times = 3, interval = 1s, attempt_timeout = 100ms)]
async fn polled(census: &Census) -> Result<u8, TimedOut> {
    assert_eq!(census.alive.get(), 0, "no two attempts at once");
    census.hang().await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_cut_is_dropped_before_anything_else_happens() {
    let census = Census::default();
    assert!(retried(&census).await.is_err());
    assert_eq!(census.figures(), [3, 0, 3]);

    let census = Census::default();
    assert!(backed_off(&census).await.is_err());
    assert_eq!(census.figures(), [3, 0, 3]);

    let census = Census::default();
    assert!(polled(&census).await.is_err());
    assert_eq!(census.figures(), [3, 0, 0]);

    let census = Census::default();
    let by_function = retry(async || census.hang().await).interval(ms(1)).attempt_timeout(ms(1));
    assert!(by_function.on_error(|_, attempt| census.told(attempt)).run().await.is_err());
    assert_eq!(census.figures(), [3, 0, 3]);

    let census = Census::default();
    let policy = RetryPolicy::new().attempt_timeout(ms(1)).interval(ms(1));
    assert!(policy.execute_async(async || census.hang().await).await.is_err());
    assert_eq!(census.figures(), [3, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_in_an_attempt_cancels_it_at_once() {
    let census = Census::default();
    for _ in 0..2 {
        // 50 ms into the first attempt. Nobody is told: a cancelled call has not failed.
        assert!(timeout(ms(50), retried(&census)).await.is_err());
        assert!(timeout(ms(50), backed_off(&census)).await.is_err());
        assert!(timeout(ms(50), polled(&census)).await.is_err());
    }
    assert_eq!(census.figures(), [6, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_future_in_a_wait_cancels_it_at_once() {
    let census = Census::default();
    // The first attempt was cut at 100 ms; the wait lasts until 1100 ms.
    assert!(timeout(ms(600), retried(&census)).await.is_err());
    sleep(ms(60_000)).await;
    assert_eq!(census.figures(), [1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_call_after_one_that_was_dropped_starts_from_nothing() {
    #[retry(times = 3, interval = 1s, on_error = |(), attempt| numbers.borrow_mut().push(attempt.number))]
    async fn fails(numbers: &std::cell::RefCell<Vec<u32>>) -> Result<(), ()> {
        Err(())
    }
    let numbers = std::cell::RefCell::new(Vec::new());
    // Two attempts are made and a third is waited for.
    assert!(timeout(ms(1500), fails(&numbers)).await.is_err());
    assert_eq!(fails(&numbers).await, Err(()));
    assert_eq!(*numbers.borrow(), [1, 2, 1, 2, 3]);
}

#[test]
fn a_future_that_is_never_polled_does_nothing() {
    let census = Census::default();
    drop(retried(&census));
    drop(polled(&census));
    drop(backed_off(&census));
    assert_eq!(census.figures(), [0, 0, 0]);
}

/// Never idle: for a second, it spends the whole budget that tokio gives a task, every time it is polled.
async fn burns_the_budget() -> Result<u8, TimedOut> {
    for _ in 0..1000 {
        while tokio::task::coop::has_budget_remaining() {
            tokio::task::consume_budget().await;
        }
        // A paused clock stands still while a task is busy. This one moves it, and is pending without a budget.
        tokio::time::advance(ms(1)).await;
    }
    Ok(1)
}

#[retry(times = 2, interval = 1ms, attempt_timeout = 20ms)]
async fn burns_in_retry() -> Result<u8, TimedOut> {
    burns_the_budget().await
}

#[poll(until = |_| true, times = 2, interval = 1ms, attempt_timeout = 20ms)]
async fn burns_in_poll() -> Result<u8, TimedOut> {
    burns_the_budget().await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_spends_the_whole_budget_is_still_cut() {
    let start = Instant::now();
    assert!(burns_in_retry().await.is_err());
    assert!(burns_in_poll().await.is_err());
    assert!(start.elapsed() < ms(200), "{:?}", start.elapsed());
}

#[test]
fn on_error_is_not_told_of_a_success_and_the_hooks_are_not_asked() {
    #[retry(
        on = |()| { count(); true },
        giveup = |()| { count(); false },
        retry_after = |()| { count(); None },
        on_error = |(), _| { count(); }
    )]
    async fn good(count: impl Fn() -> u32) -> Result<u8, ()> {
        Ok(1)
    }
    let asked = AtomicU32::new(0);
    let count = || asked.fetch_add(1, Relaxed);
    let mut future = pin!(good(count));
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(asked.load(Relaxed), 0);
}
