//! Where a scope applies, and what remains of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use resilience::testing::{self, Fault};
use resilience::{RetryBudget, poll, retry};

use crate::common::{Error, SECOND, block_on};

#[retry(times = 4, backoff = exponential(1h), jitter = full, name = "scope")]
fn fails() -> Result<u32, Error> {
    Err(Error::Busy(1))
}

#[retry(times = 4, backoff = exponential(1h), jitter = full, name = "async scope")]
async fn fails_async() -> Result<u32, Error> {
    Err(Error::Busy(1))
}

#[retry(times = 2, interval = 0s)]
fn unnamed() -> Result<u32, Error> {
    Ok(1)
}

#[test]
fn waits_are_skipped_and_recorded() {
    let scope = testing::scope();
    scope.no_waits();
    let record = scope.record();
    let start = Instant::now();
    assert_eq!(fails(), Err(Error::Busy(1)));
    assert_eq!(block_on(fails_async()), Err(Error::Busy(1)));
    assert!(start.elapsed() < 60 * SECOND);
    for name in ["scope", "async scope"] {
        record.assert_attempts(name, 4);
        assert_eq!(record.waits(name).len(), 3);
        assert!(record.waits(name).iter().sum::<Duration>() > SECOND, "{record}");
    }
}

#[retry(times = forever, interval = 1s, deadline = 10s, name = "scope deadline")]
fn fails_until_the_deadline() -> Result<u32, Error> {
    Err(Error::Busy(1))
}

#[poll(until(1), interval = 1s, timeout = 10s, name = "scope timeout")]
async fn never_ready() -> Result<u32, Error> {
    Ok(0)
}

#[tokio::test]
async fn skipped_waits_count_for_deadlines_and_timeouts() {
    let scope = testing::scope();
    scope.no_waits();
    let record = scope.record();
    assert_eq!(fails_until_the_deadline(), Err(Error::Busy(1)));
    record.assert_attempts("scope deadline", 10);
    assert_eq!(never_ready().await, Err(Error::TimedOut));
    record.assert_attempts("scope timeout", 11);
}

#[test]
fn attempts_are_limited_and_never_added() {
    let scope = testing::scope();
    scope.no_waits();
    for (most, attempts) in [(1, 1), (0, 1), (3, 3), (9, 4), (u32::MAX, 4)] {
        scope.max_attempts(most);
        let record = scope.record();
        assert_eq!(fails(), Err(Error::Busy(1)));
        record.assert_attempts("scope", attempts);
    }
    let inner = testing::scope();
    scope.max_attempts(2);
    inner.max_attempts(3);
    let record = inner.record();
    assert_eq!(fails(), Err(Error::Busy(1)));
    record.assert_attempts("scope", 2);
}

#[test]
fn an_unnamed_function_is_limited_too_and_named_by_its_path() {
    let scope = testing::scope();
    let record = scope.record();
    scope.max_attempts(1).inject("testing::scopes::unnamed", Fault::error(|| Error::Busy(2)));
    assert_eq!(unnamed(), Err(Error::Busy(2)));
    record.assert_attempts("testing::scopes::unnamed", 1);
}

#[test]
fn jitter_repeats_with_the_seed() {
    let waits = |seed| {
        let scope = testing::scope();
        scope.no_waits().seed(seed);
        let record = scope.record();
        assert_eq!(fails(), Err(Error::Busy(1)));
        record.waits("scope")
    };
    assert_eq!(waits(7), waits(7));
    assert_ne!(waits(7), waits(8));
}

#[test]
fn scopes_nest_and_each_counts_its_own_faults() {
    let outer = testing::scope();
    outer.max_attempts(1).inject("scope", Fault::error(|| Error::Busy(10)).times(1));
    {
        let inner = testing::scope();
        inner.inject("scope", Fault::error(|| Error::Busy(20)).times(1));
        assert_eq!(fails(), Err(Error::Busy(20)));
        assert_eq!(fails(), Err(Error::Busy(10)), "the outer one was not used up");
        assert_eq!(fails(), Err(Error::Busy(1)));
        inner.inject("scope", Fault::error(|| Error::Busy(30)));
    }
    assert_eq!(fails(), Err(Error::Busy(1)));
}

#[test]
fn an_outer_scope_may_end_first() {
    let outer = testing::scope();
    let inner = testing::scope();
    outer.inject("scope", Fault::error(|| Error::Busy(10)));
    inner.max_attempts(1);
    drop(outer);
    assert_eq!(fails(), Err(Error::Busy(1)));
    inner.inject("scope", Fault::error(|| Error::Busy(20)));
    assert_eq!(fails(), Err(Error::Busy(20)));
}

#[test]
fn a_scope_that_a_panic_drops_leaves_nothing() {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let scope = testing::scope();
        scope.max_attempts(1).inject("scope unwound", Fault::panic("by a fault"));
        unwound()
    }));
    assert!(panicked.is_err());
    let scope = testing::scope();
    let record = scope.record();
    assert_eq!(unwound(), Ok(3));
    record.assert_attempts("scope unwound", 3);
}

static UNWOUND: AtomicU32 = AtomicU32::new(0);

#[retry(times = 3, interval = 0s, name = "scope unwound")]
fn unwound() -> Result<u32, Error> {
    match UNWOUND.fetch_add(1, Ordering::Relaxed) + 1 {
        3 => Ok(3),
        number => Err(Error::Busy(number)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_panics_leaves_nothing_on_its_thread() {
    let scope = testing::scope();
    scope.inject("async scope", Fault::panic("by a fault"));
    for _ in 0..8 {
        assert!(tokio::spawn(scope.run(fails_async())).await.is_err());
    }
    let other = testing::scope();
    other.max_attempts(1);
    for _ in 0..8 {
        // Outside of both scopes, this would wait for hours.
        let outside = tokio::spawn(async { retry(|| Ok::<_, Error>(1)).name("async scope").call() });
        assert_eq!(outside.await.expect("no panic"), Ok(1));
    }
}

#[retry(times = 50, interval = 1ms, name = "scope wandering")]
async fn wanders() -> Result<u32, Error> {
    tokio::task::yield_now().await;
    Err(Error::Busy(1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_future_takes_its_scope_to_every_thread() {
    let scope = testing::scope();
    let record = scope.record();
    scope.inject("scope wandering", Fault::error(|| Error::Busy(2)));
    let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(scope.run(wanders()))).collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), Err(Error::Busy(2)));
    }
    record.assert_attempts("scope wandering", 20 * 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_outside_is_not_affected_and_one_that_outlives_the_scope_no_more() {
    let scope = testing::scope();
    scope.inject("scope outlived", Fault::error(|| Error::Busy(2)));
    assert_eq!(tokio::spawn(outlived()).await.expect("no panic"), Ok(1));
    let run = scope.run(outlived());
    let late = scope.run(outlived());
    assert_eq!(run.await, Err(Error::Busy(2)));
    drop(scope);
    assert_eq!(tokio::spawn(late).await.expect("no panic"), Ok(1));
}

#[retry(times = 1, name = "scope outlived")]
async fn outlived() -> Result<u32, Error> {
    Ok(1)
}

#[tokio::test]
async fn a_scope_that_a_future_opens_stays_with_it() {
    let scope = testing::scope();
    let opens = scope.run(async {
        let inner = testing::scope();
        inner.inject("scope outlived", Fault::error(|| Error::Busy(3)));
        tokio::task::yield_now().await;
        outlived().await
    });
    let beside = scope.run(async {
        let mut outcomes = Vec::new();
        for _ in 0..3 {
            outcomes.push(outlived().await);
            tokio::task::yield_now().await;
        }
        outcomes
    });
    assert_eq!(tokio::join!(opens, beside), (Err(Error::Busy(3)), vec![Ok(1), Ok(1), Ok(1)]));
    assert_eq!(outlived().await, Ok(1));
}

static SPENT: RetryBudget = RetryBudget::new().min_per_second(1);

#[retry(times = 3, interval = 0s, budget = &SPENT, name = "scope budget")]
fn spends() -> Result<u32, Error> {
    Err(Error::Busy(1))
}

#[test]
fn a_budget_in_a_scope_has_left_what_the_scope_did_not_spend() {
    let scope = testing::scope();
    assert_eq!(spends(), Err(Error::Busy(1)));
    assert_eq!(SPENT.remaining(), 8);
    drop(scope);
    assert_eq!(SPENT.remaining(), 10);
    assert_eq!(spends(), Err(Error::Busy(1)));
    let _scope = testing::scope();
    assert_eq!(SPENT.remaining(), 10);
}
