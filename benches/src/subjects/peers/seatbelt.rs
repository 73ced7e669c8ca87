//! seatbelt: a rate of failures over thirty seconds, behind a lock, as an async layer.

use std::sync::LazyLock;
use std::task::Waker;
use std::time::Duration;

use layered::{Layer, Service};
use seatbelt::breaker::{Breaker, BreakerId, HalfOpenMode};
use seatbelt::{RecoveryInfo, ResilienceContext};
use tick::runtime::InactiveClock;

use super::{BRIEFLY, FAILED, Failure, HOURS, REJECTED, Subject, mostly, ready, subject, value, work};

// Its future is async: every figure is over the bare async function.
pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed, async: seatbelt", "async bare", |n| value(ready(with_seatbelt(n)))),
    subject("window of time: seatbelt", "async bare", |n| value(ready(with_seatbelt(n)))),
    subject("failing in a row: seatbelt", "failing async bare", |_| value(ready(fails(FAILED))))
        .returns(FAILED),
    subject("failing in a window: seatbelt", "mostly failing async bare", |n| value(ready(mostly_fails(n))))
        .mixed(),
    subject("rejected, async: seatbelt", "async bare", |n| value(ready(opened(n))))
        .prepared(|| _ = ready(opened(FAILED)))
        .returns(REJECTED),
    subject("open, probe, closed: seatbelt", "cycle async bare", |n| {
        value(ready(cycle(FAILED))) & value(ready(cycle(n)))
    }),
    subject("by key: seatbelt", "async bare", |n| value(ready(keyed(n)))),
];

/// The work as a service.
struct Work;

impl Service<u32> for Work {
    type Out = Result<u32, Failure>;

    async fn execute(&self, n: u32) -> Self::Out {
        Ok(work(n)? + 1)
    }
}

type OfWork = Breaker<u32, Result<u32, Failure>, Work>;

/// It opens at a rate of failures among a number of calls.
fn layered(rate: f32, calls: u32, open: Duration, by_key: bool) -> OfWork {
    // The system's clock. Nothing drives its timers; a circuit has none.
    let (clock, _) = InactiveClock::default().activate(Waker::noop().clone());
    let layer = Breaker::layer("breaker", &ResilienceContext::new(&clock))
        .recovery_with(
            |result: &Result<u32, Failure>, _| {
                if result.is_ok() { RecoveryInfo::never() } else { RecoveryInfo::retry() }
            },
        )
        .rejected_input_error(|_, _| Failure(REJECTED))
        .failure_threshold(rate)
        .min_throughput(calls)
        .half_open_mode(HalfOpenMode::quick())
        .break_duration(open);
    if by_key {
        layer.breaker_id(|n| BreakerId::from(super::super::key(*n))).layer(Work)
    } else {
        layer.layer(Work)
    }
}

/// Its defaults.
#[inline(never)]
pub(crate) async fn with_seatbelt(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, 100, HOURS, false));
    BREAKER.execute(n).await
}

#[inline(never)]
async fn fails(n: u32) -> Result<u32, Failure> {
    // A number of calls that is never reached.
    static BREAKER: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, u32::MAX, HOURS, false));
    BREAKER.execute(n).await
}

#[inline(never)]
async fn mostly_fails(_: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, u32::MAX, HOURS, false));
    BREAKER.execute(mostly()).await
}

#[inline(never)]
async fn opened(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, 1, HOURS, false));
    BREAKER.execute(n).await
}

#[inline(never)]
async fn cycle(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, 1, BRIEFLY, false));
    BREAKER.execute(n).await
}

#[inline(never)]
async fn keyed(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, 100, HOURS, true));
    BREAKER.execute(n).await
}
