//! Retries: a handwritten loop, the attributes, and the peers.

use std::hint::black_box;
use std::time::Duration;

use resilience::{RetryBudget, asyncbackoff, poll, retry};

use super::{Failure, Subject, ready, subject, value, work};

/// Calls whose first attempt succeeds.
pub(super) const SUBJECTS: &[Subject] = &[
    subject("sync by hand", "sync bare", |n| value(by_hand(n))),
    subject("sync #[retry]", "sync bare", |n| value(retried(n))),
    subject("sync #[retry(name)]", "sync bare", |n| value(named(n))),
    subject("sync #[retry(on, on_error)]", "sync bare", |n| value(reported(n))),
    subject("sync #[retry(deadline)]", "sync bare", |n| value(with_deadline(n))),
    subject("sync #[retry(budget)]", "sync bare", |n| value(budgeted(n))),
    subject("sync #[poll]", "sync bare", |n| value(polled(n))),
    subject("sync #[poll(name)]", "sync bare", |n| value(polled_by_name(n))),
    subject("sync retry()", "sync bare", |n| value(form(n))),
    subject("sync backon", "sync bare", |n| value(backon_form(n))),
    subject("sync backon-macros", "sync bare", |n| value(backon_macro(n))),
    subject("async by hand", "async bare", |n| value(ready(by_hand_async(n)))),
    subject("async #[retry]", "async bare", |n| value(ready(retried_async(n)))),
    subject("async #[retry(name)]", "async bare", |n| value(ready(named_async(n)))),
    subject("async #[retry(budget)]", "async bare", |n| value(ready(budgeted_async(n)))),
    subject("async #[asyncbackoff]", "async bare", |n| value(ready(backed_off(n)))),
    subject("async #[poll]", "async bare", |n| value(ready(polled_async(n)))),
    subject("async retry()", "async bare", |n| value(ready(form_async(n)))),
    subject("async backon", "async bare", |n| value(ready(backon_async(n)))),
    subject("async backon-macros", "async bare", |n| value(ready(backon_macro_async(n)))),
    subject("async tokio-retry2", "async bare", |n| value(ready(tokio_retry(n)))),
    subject("async tryhard", "async bare", |n| value(ready(tryhard_async(n)))),
];

const SECOND: Duration = Duration::from_secs(1);

#[inline(never)]
fn by_hand(n: u32) -> Result<u32, Failure> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match (|| Ok(work(n)? + 1))() {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if attempt == 3 {
            return Err(error);
        }
        std::thread::sleep(SECOND);
    }
}

#[retry]
#[inline(never)]
fn retried(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[retry(name = "named")]
#[inline(never)]
fn named(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

static BUDGET: RetryBudget = RetryBudget::new();

#[retry(budget = &BUDGET)]
#[inline(never)]
fn budgeted(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[retry(budget = &BUDGET)]
#[inline(never)]
async fn budgeted_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[retry(name = "named async")]
#[inline(never)]
async fn named_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[poll(until = |n| *n > 0, name = "named poll")]
#[inline(never)]
fn polled_by_name(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[retry(on(Failure(1..)), on_error = |error, attempt| { black_box((error, attempt)); })]
#[inline(never)]
fn reported(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[retry(deadline = 10s)]
#[inline(never)]
fn with_deadline(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[poll(until = |n| *n > 0)]
#[inline(never)]
fn polled(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
fn form(n: u32) -> Result<u32, Failure> {
    resilience::retry(|| Ok(work(n)? + 1)).call()
}

#[inline(never)]
fn backon_form(n: u32) -> Result<u32, Failure> {
    use backon::BlockingRetryable;
    (|| Ok(work(n)? + 1)).retry(backon::ConstantBuilder::default()).call()
}

#[backon_macros::backon(backoff = backon::ConstantBuilder::default)]
#[inline(never)]
fn backon_macro(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
pub(crate) async fn by_hand_async(n: u32) -> Result<u32, Failure> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match (async { Ok(work(n)? + 1) }).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if attempt == 3 {
            return Err(error);
        }
        tokio::time::sleep(SECOND).await;
    }
}

#[retry]
#[inline(never)]
pub(crate) async fn retried_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[asyncbackoff(attempt_timeout = 1s, deadline = 10s)]
#[inline(never)]
pub(crate) async fn backed_off(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[poll(until = |n| *n > 0)]
#[inline(never)]
pub(crate) async fn polled_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
pub(crate) async fn form_async(n: u32) -> Result<u32, Failure> {
    resilience::retry(async || Ok(work(n)? + 1)).run().await
}

#[inline(never)]
pub(crate) async fn backon_async(n: u32) -> Result<u32, Failure> {
    use backon::Retryable;
    (|| async { Ok(work(n)? + 1) }).retry(backon::ConstantBuilder::default()).sleep(tokio::time::sleep).await
}

#[backon_macros::backon(backoff = backon::ConstantBuilder::default, sleep = tokio::time::sleep)]
#[inline(never)]
pub(crate) async fn backon_macro_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
pub(crate) async fn tokio_retry(n: u32) -> Result<u32, Failure> {
    let strategy = tokio_retry2::strategy::FixedInterval::from_millis(1000).take(2);
    tokio_retry2::Retry::spawn(strategy, || async {
        Ok(work(n).map_err(tokio_retry2::RetryError::transient)? + 1)
    })
    .await
}

#[inline(never)]
pub(crate) async fn tryhard_async(n: u32) -> Result<u32, Failure> {
    tryhard::retry_fn(|| async { Ok(work(n)? + 1) }).retries(2).fixed_backoff(SECOND).await
}
