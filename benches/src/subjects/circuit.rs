//! Circuits of this library: closed, failing, open, recovering, and by key.

use std::time::Duration;

use allocation_counter::measure;
use resilience::{CallError, CircuitBreaker, CircuitConfig, KeyedCircuits, circuit};

use super::{Coded, FAILED, Failure, REJECTED, Subject, mostly, ready, subject, value, work};

/// The cost of a circuit for a call that succeeds, fails, is rejected, or closes it again.
pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: #[circuit]", "sync bare", |n| value(closed(n))),
    subject("closed: #[circuit(name)]", "sync bare", |n| value(named(n))),
    subject("closed: #[circuit(breaker)]", "sync bare", |n| value(given(n))),
    subject("closed: call()", "sync bare", |n| value(form(n))),
    subject("closed, async: #[circuit]", "async bare", |n| value(ready(closed_async(n)))),
    subject("closed, async: #[circuit(name)]", "async bare", |n| value(ready(named_async(n)))),
    subject("closed, async: #[circuit(breaker)]", "async bare", |n| value(ready(given_async(n)))),
    subject("closed, async: call_async()", "async bare", |n| value(ready(form_async(n)))),
    subject("window of calls: #[circuit]", "sync bare", |n| value(window(n))),
    subject("window of calls, async: #[circuit]", "async bare", |n| value(ready(window_async(n)))),
    subject("window of calls, failures in it: #[circuit]", "sync bare", |n| value(window_with_failures(n)))
        .prepared(|| super::a_hundred_failures(window_with_failures)),
    subject("window of time: #[circuit]", "sync bare", |n| value(window_of_time(n))),
    subject("within: #[circuit]", "sync bare", |n| value(within(n))),
    subject("slow calls: #[circuit]", "sync bare", |n| value(slow_call(n))),
    subject("window of calls, slow calls: #[circuit]", "sync bare", |n| value(slow_rate(n))),
    subject("failing in a row: #[circuit]", "failing bare", |_| value(fails(FAILED))).returns(FAILED),
    subject("failing in a row, formatted text: #[circuit]", "failing bare", |_| {
        fails_with_text(FAILED).unwrap_or_else(|Coded(code)| code)
    })
    .returns(FAILED),
    subject("failing in a window: #[circuit]", "mostly failing bare", |n| value(fails_in_window(n)))
        // The window is allocated by the first failure.
        .prepared(|| super::a_hundred_failures(fails_in_window))
        .mixed(),
    subject("rejected: #[circuit]", "sync bare", |n| value(opened(n)))
        .prepared(|| _ = opened(FAILED))
        .returns(REJECTED),
    subject("rejected: call()", "sync bare", |n| value(opened_form(n)))
        .prepared(|| _ = opened_form(FAILED))
        .returns(REJECTED),
    subject("rejected, async: #[circuit]", "async bare", |n| value(ready(opened_async(n))))
        .prepared(|| _ = ready(opened_async(FAILED)))
        .returns(REJECTED),
    subject("probe succeeds: #[circuit]", "sync bare", |n| value(probed(n))).prepared(|| _ = probed(FAILED)),
    subject("open, probe, closed: #[circuit]", "cycle bare", |n| value(cycle(FAILED)) & value(cycle(n))),
    subject("by key: #[circuit]", "sync bare", |n| value(keyed(n))),
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
fn window(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(failure_rate = 50%, window = 1024)]
#[inline(never)]
async fn window_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

/// More calls than a round makes, so that the failures stay in the window.
#[circuit(failure_rate = 100%, window = 65536)]
#[inline(never)]
fn window_with_failures(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(failure_rate = 50%, window = 30s)]
#[inline(never)]
fn window_of_time(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(failure_threshold = 5, within = 60s)]
#[inline(never)]
fn within(n: u32) -> Result<u32, Failure> {
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

/// A threshold that is never reached: every failure is counted.
#[circuit(failure_threshold = 4_294_967_295)]
#[inline(never)]
fn fails(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(failure_threshold = 4_294_967_295)]
#[inline(never)]
fn fails_with_text(n: u32) -> Result<u32, Coded> {
    Ok(work(n).map_err(|Failure(code)| Coded(code))? + 1)
}

/// A rate that is never reached: one call of 16 succeeds.
#[circuit(failure_rate = 100%, window = 1024)]
#[inline(never)]
fn fails_in_window(_: u32) -> Result<u32, Failure> {
    Ok(work(mostly())? + 1)
}

/// Open since its first failure.
#[circuit(failure_threshold = 1, recovery_timeout = 10h)]
#[inline(never)]
fn opened(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

static OPENED: CircuitBreaker = CircuitBreaker::new(
    "opened",
    CircuitConfig::new().failure_threshold(1).recovery_timeout(Duration::from_secs(36_000)),
);

#[inline(never)]
fn opened_form(n: u32) -> Result<u32, Failure> {
    OPENED.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[circuit(failure_threshold = 1, recovery_timeout = 10h)]
#[inline(never)]
async fn opened_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

/// Open for a nanosecond: the next call is a probe.
const BRIEFLY: CircuitConfig = CircuitConfig::new()
    .failure_threshold(1)
    .recovery_timeout(Duration::from_nanos(1))
    .probe_timeout(Duration::MAX);

/// More probes are required than there are calls.
#[circuit(config = BRIEFLY, success_threshold = 4_294_967_295)]
#[inline(never)]
fn probed(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[circuit(config = BRIEFLY)]
#[inline(never)]
fn cycle(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

/// Each thread has its own number, and so its own key.
#[circuit(key = super::key(n))]
#[inline(never)]
fn keyed(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

/// The bytes per key, for a thousand keys of 16 bytes: closed, and open.
pub(crate) fn bytes_of_keys() -> (i64, i64) {
    const KEYS: u32 = 1_000;
    let bytes = |n: u32| {
        let set = KeyedCircuits::new("hosts", CircuitConfig::new().failure_threshold(1), KEYS);
        let info = measure(|| {
            for key in 0..KEYS {
                let circuit = set.circuit(format_args!("key-{key:012}"));
                let _ = circuit.call(|| work(n));
            }
        });
        info.bytes_current / i64::from(KEYS)
    };
    // A first round initialises thread-local state.
    bytes(FAILED);
    (bytes(1), bytes(FAILED))
}
