//! Generics inside the options: times, counts and policies chosen by the function's callers.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use resilience::{Backoff, Jitter, PollPolicy, RetryPolicy, TimedOut, asyncbackoff, poll, retry};

use crate::flaky::Oops;

/// Fails with the number of the call.
fn count(calls: &AtomicU32) -> Result<u32, Oops> {
    Err(Oops(calls.fetch_add(1, Relaxed) + 1))
}

#[retry(times = N, interval = 0s)]
fn const_argument<const N: u32>(calls: &AtomicU32) -> Result<u32, Oops> {
    count(calls)
}

#[retry(times = TRIES, interval = 0s)]
async fn const_argument_async<const TRIES: u32>(calls: &AtomicU32) -> Result<u32, Oops> {
    count(calls)
}

#[asyncbackoff(max_tries = N * 2, on = |_| true)]
async fn const_expression<const N: u32>(calls: &AtomicU32) -> Result<u32, Oops> {
    count(calls)
}

#[poll(until = |_| false, times = N, ignore = |_| true, max_ignored = N, interval = 0s)]
async fn poll_const_argument<const N: u32>(calls: &AtomicU32) -> Result<u32, Oops> {
    count(calls)
}

#[tokio::test]
async fn a_const_argument_counts() {
    assert_eq!(const_argument::<2>(&AtomicU32::new(0)), Err(Oops(2)));
    assert_eq!(const_argument::<7>(&AtomicU32::new(0)), Err(Oops(7)));
    assert_eq!(const_argument_async::<5>(&AtomicU32::new(0)).await, Err(Oops(5)));
    assert_eq!(const_expression::<2>(&AtomicU32::new(0)).await, Err(Oops(4)));
    assert_eq!(poll_const_argument::<3>(&AtomicU32::new(0)).await, Err(Oops(3)));
    let spawned = tokio::spawn(async { const_argument_async::<5>(&AtomicU32::new(0)).await }).await;
    assert_eq!(spawned.expect("no panic"), Err(Oops(5)));
}

trait Service {
    const TRIES: u32;
    const PAUSE: Duration = Duration::ZERO;
    const BACKOFF: Backoff = Backoff::constant(Duration::ZERO);

    #[retry(times = Self::TRIES, interval = Self::PAUSE)]
    fn by_self(&self, calls: &AtomicU32) -> Result<u32, Oops> {
        count(calls)
    }

    #[retry(times = Self::TRIES, backoff = Self::BACKOFF)]
    async fn by_self_async(&self, calls: &AtomicU32) -> Result<u32, Oops> {
        count(calls)
    }
}

struct Cautious;
struct Bold<T, const N: u32>(PhantomData<T>);

impl Service for Cautious {
    const TRIES: u32 = 2;
}

impl<T, const N: u32> Service for Bold<T, N> {
    const TRIES: u32 = N + 1;
}

#[expect(clippy::unused_self, reason = "the receiver brings the parameters")]
impl<T: Service, const N: u32> Bold<T, N> {
    #[retry(times = N, interval = 0s)]
    fn by_impl(&self, calls: &AtomicU32) -> Result<u32, Oops> {
        count(calls)
    }

    #[retry(times = T::TRIES, interval = T::PAUSE)]
    fn by_parameter(&self, calls: &AtomicU32) -> Result<u32, Oops> {
        count(calls)
    }
}

#[retry(times = S::TRIES, interval = 0s)]
fn by_type<S: Service>(calls: &AtomicU32) -> Result<u32, Oops> {
    count(calls)
}

#[tokio::test]
async fn associated_constants_count() {
    let bold = Bold::<Cautious, 4>(PhantomData);
    assert_eq!(Cautious.by_self(&AtomicU32::new(0)), Err(Oops(2)));
    assert_eq!(bold.by_self(&AtomicU32::new(0)), Err(Oops(5)));
    assert_eq!(bold.by_self_async(&AtomicU32::new(0)).await, Err(Oops(5)));
    assert_eq!(bold.by_impl(&AtomicU32::new(0)), Err(Oops(4)));
    assert_eq!(bold.by_parameter(&AtomicU32::new(0)), Err(Oops(2)));
    assert_eq!(by_type::<Cautious>(&AtomicU32::new(0)), Err(Oops(2)));
}

const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(0);
const SPREAD: Jitter = Jitter::Full;

#[retry(
    times = TRIES, jitter = SPREAD, deadline = PAUSE.saturating_add(Duration::from_secs(1)),
    backoff = exponential(PAUSE, factor = 2, max = PAUSE)
)]
fn by_constants(calls: &AtomicU32) -> Result<u32, Oops> {
    count(calls)
}

struct Client {
    policy: RetryPolicy,
    looks: PollPolicy,
    calls: AtomicU32,
}

impl Client {
    #[retry(policy = self.policy)]
    fn governed(&self) -> Result<u32, Oops> {
        count(&self.calls)
    }

    #[retry(policy = &self.policy)]
    async fn governed_async(&self) -> Result<u32, Oops> {
        count(&self.calls)
    }

    #[asyncbackoff(policy = policy, on = |error: &Oops| error.0 < 5)]
    async fn governed_by_argument(&mut self, policy: RetryPolicy) -> Result<u32, Oops> {
        count(&self.calls)
    }

    #[poll(until = |n| *n == 4, policy = self.looks)]
    async fn looked_at(&self) -> Result<u32, TimedOut> {
        Ok(self.calls.fetch_add(1, Relaxed))
    }
}

#[tokio::test]
async fn a_policy_may_come_from_anywhere() {
    let policy = RetryPolicy::new().times(2).interval(Duration::ZERO);
    let client = move || Client {
        policy,
        looks: PollPolicy::new().times(3).interval(Duration::ZERO),
        calls: AtomicU32::new(0),
    };
    assert_eq!(by_constants(&AtomicU32::new(0)), Err(Oops(4)));
    assert_eq!(client().governed(), Err(Oops(2)));
    assert_eq!(client().governed_async().await, Err(Oops(2)));
    assert_eq!(client().governed_by_argument(policy.times(9)).await, Err(Oops(5)));
    assert_eq!(client().looked_at().await.map_err(|error| error.attempts()), Err(3));
    let spawned = tokio::spawn(async move { client().governed_async().await });
    assert_eq!(spawned.await.expect("no panic"), Err(Oops(2)));
}

/// Predicates see the arguments, and `self`.
struct Limits {
    most: u32,
    calls: AtomicU32,
}

impl Limits {
    #[retry(
        times = forever, interval = 0s, on = |error| error.0 < self.most, giveup = |error| error.0 == stop,
        on_error = |error, attempt| { seen.push((error.0, attempt.number)); }
    )]
    async fn ask(&self, stop: u32, seen: &mut Vec<(u32, u32)>) -> Result<u32, Oops> {
        count(&self.calls)
    }
}

#[tokio::test]
async fn hooks_may_use_the_arguments_and_self() {
    let mut seen = Vec::new();
    let limits = Limits { most: 3, calls: AtomicU32::new(0) };
    assert_eq!(limits.ask(9, &mut seen).await, Err(Oops(3)));
    let limits = Limits { most: 9, calls: AtomicU32::new(0) };
    assert_eq!(limits.ask(2, &mut seen).await, Err(Oops(2)));
    assert_eq!(seen, [(1, 1), (2, 2), (3, 3), (1, 1), (2, 2)]);
}
