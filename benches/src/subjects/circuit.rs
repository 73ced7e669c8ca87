//! Circuits of ours: closed, failing and open.

use std::sync::atomic::{AtomicU32, Ordering};

use resilience::{CallError, CircuitBreaker, CircuitConfig, circuit};

use super::{Failure, Subject, ready, subject, value, work};

/// What a closed circuit costs a call that succeeds, one that fails, and what a refusal costs.
pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: #[circuit]", "sync bare", |n| value(closed(n))),
    subject("closed: #[circuit(name)]", "sync bare", |n| value(named(n))),
    subject("closed: #[circuit(breaker)]", "sync bare", |n| value(given(n))),
    subject("closed: call()", "sync bare", |n| value(form(n))),
    subject("closed: window = 1024", "sync bare", |n| value(healthy_window(n))),
    subject("closed: within", "sync bare", |n| value(within(n))),
    subject("closed: window = 30s", "sync bare", |n| value(window_of_time(n))),
    subject("closed: slow_call", "sync bare", |n| value(slow_call(n))),
    subject("closed: window, slow_rate", "sync bare", |n| value(slow_rate(n))),
    subject("closed: key", "sync bare", |n| value(keyed(n))),
    subject("closed: async #[circuit]", "async bare", |n| value(ready(closed_async(n)))),
    subject("closed: async #[circuit(name)]", "async bare", |n| value(ready(named_async(n)))),
    subject("closed: async #[circuit(breaker)]", "async bare", |n| value(ready(given_async(n)))),
    subject("closed: call_async()", "async bare", |n| value(ready(form_async(n)))),
    subject("closed: async window = 1024", "async bare", |n| value(ready(healthy_window_async(n)))),
    subject("failing: #[circuit]", "failing bare", |n| value(fails(n))),
    subject("failing: window = 1024", "failing bare", |n| value(fails_in_window(n))),
    subject("open: #[circuit]", "sync bare", |n| value(opened(n))),
    subject("open: call()", "sync bare", |n| value(opened_form(n))),
    subject("open: async #[circuit]", "async bare", |n| value(ready(opened_async(n)))),
];

static GIVEN: CircuitBreaker = CircuitBreaker::new("given", CircuitConfig::new());

#[circuit]
#[inline(never)]
fn closed(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(name = "named")]
#[inline(never)]
fn named(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(breaker = GIVEN)]
#[inline(never)]
fn given(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

fn failure(error: CallError<Failure>) -> Failure {
    match error {
        CallError::Failed(error) => error,
        CallError::Open(open) => open.into(),
    }
}

#[inline(never)]
fn form(n: u32) -> Result<u32, Failure> {
    GIVEN.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[circuit(failure_rate = 50%, window = 1024)]
#[inline(never)]
fn healthy_window(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(failure_threshold = 5, within = 60s)]
#[inline(never)]
fn within(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(failure_rate = 50%, window = 30s)]
#[inline(never)]
fn window_of_time(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(slow_call = 1h)]
#[inline(never)]
fn slow_call(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(slow_call = 1h, slow_rate = 50%, window = 1024)]
#[inline(never)]
fn slow_rate(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(key = "a.example")]
#[inline(never)]
fn keyed(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit]
#[inline(never)]
pub(crate) async fn closed_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(name = "named")]
#[inline(never)]
async fn named_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(breaker = GIVEN)]
#[inline(never)]
async fn given_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
async fn form_async(n: u32) -> Result<u32, Failure> {
    GIVEN.call_async(async || Ok(work(n)? + 1)).await.map_err(failure)
}

#[circuit(failure_rate = 50%, window = 1024)]
#[inline(never)]
async fn healthy_window_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

/// A threshold that is never reached: every failure is counted.
#[circuit(failure_threshold = 4_294_967_295)]
#[inline(never)]
fn fails(_: u32) -> Result<u32, Failure> {
    Ok(work(u32::MAX)? + 1)
}

/// A rate that is never reached: one call of 16 succeeds.
#[circuit(failure_rate = 100%, window = 1024)]
#[inline(never)]
fn fails_in_window(_: u32) -> Result<u32, Failure> {
    Ok(work(if CALLS.fetch_add(1, Ordering::Relaxed) % 16 == 0 { 0 } else { u32::MAX })? + 1)
}

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Open from its first call on.
#[circuit(failure_threshold = 1, recovery_timeout = 10h)]
#[inline(never)]
fn opened(_: u32) -> Result<u32, Failure> {
    Ok(work(u32::MAX)? + 1)
}

static OPENED: CircuitBreaker = CircuitBreaker::new(
    "opened",
    CircuitConfig::new().failure_threshold(1).recovery_timeout(std::time::Duration::from_secs(36_000)),
);

#[inline(never)]
fn opened_form(_: u32) -> Result<u32, Failure> {
    OPENED.call(|| Ok(work(u32::MAX)? + 1)).map_err(failure)
}

#[circuit(failure_threshold = 1, recovery_timeout = 10h)]
#[inline(never)]
async fn opened_async(_: u32) -> Result<u32, Failure> {
    Ok(work(u32::MAX)? + 1)
}
