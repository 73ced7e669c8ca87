//! recloser: a window of calls, without a lock.

use std::sync::LazyLock;

use recloser::{AsyncRecloser, Error, Recloser, RecloserBuilder};

use super::{BRIEFLY, FAILED, Failure, HOURS, REJECTED, Subject, mostly, ready, subject, value, work};

pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: recloser", "sync bare", |n| value(with_recloser(n))),
    subject("closed, async: recloser", "async bare", |n| value(ready(with_recloser_async(n)))),
    subject("window of calls: recloser", "sync bare", |n| value(with_recloser(n))),
    subject("window of calls, async: recloser", "async bare", |n| value(ready(with_recloser_async(n)))),
    subject("window of calls, failures in it: recloser", "sync bare", |n| value(with_failures(n)))
        .prepared(|| super::super::a_hundred_failures(with_failures)),
    subject("failing in a row: recloser", "failing bare", |_| value(fails(FAILED))).returns(FAILED),
    subject("failing in a window: recloser", "mostly failing bare", |n| value(mostly_fails(n))).mixed(),
    // Its window has to be full before it opens.
    subject("rejected: recloser", "sync bare", |n| value(opened(n)))
        .prepared(|| _ = (opened(FAILED), opened(FAILED)))
        .returns(REJECTED),
    subject("rejected, async: recloser", "async bare", |n| value(ready(opened_async(n))))
        .prepared(|| _ = (ready(opened_async(FAILED)), ready(opened_async(FAILED))))
        .returns(REJECTED),
    subject("probe succeeds: recloser", "sync bare", |n| value(probed(n)))
        .prepared(|| _ = (probed(FAILED), probed(FAILED))),
    subject("open, probe, closed: recloser", "cycle bare", |n| {
        value(cycle(FAILED)) & value(cycle(FAILED)) & value(cycle(n)) & value(cycle(n))
    }),
];

fn failure(error: Error<Failure>) -> Failure {
    match error {
        Error::Inner(error) => error,
        Error::Rejected => Failure(REJECTED),
    }
}

fn window() -> RecloserBuilder {
    Recloser::custom().closed_len(1024)
}

fn opening() -> RecloserBuilder {
    Recloser::custom().closed_len(1).open_wait(HOURS)
}

#[inline(never)]
fn with_recloser(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> = LazyLock::new(|| window().build());
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
pub(crate) async fn with_recloser_async(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<AsyncRecloser> = LazyLock::new(|| window().build().into());
    BREAKER.call(async { Ok(work(n)? + 1) }).await.map_err(failure)
}

#[inline(never)]
fn with_failures(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> =
        LazyLock::new(|| window().closed_len(65_536).error_rate(2.0).build());
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

/// A rate of failures that is never reached.
#[inline(never)]
fn fails(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> = LazyLock::new(|| window().error_rate(2.0).build());
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
fn mostly_fails(_: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> = LazyLock::new(|| window().error_rate(2.0).build());
    BREAKER.call(|| Ok(work(mostly())? + 1)).map_err(failure)
}

#[inline(never)]
fn opened(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> = LazyLock::new(|| opening().build());
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
async fn opened_async(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<AsyncRecloser> = LazyLock::new(|| opening().build().into());
    BREAKER.call(async { Ok(work(n)? + 1) }).await.map_err(failure)
}

/// More probes than there are calls decide.
#[inline(never)]
fn probed(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> =
        LazyLock::new(|| opening().open_wait(BRIEFLY).half_open_len(1 << 20).build());
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

/// A window of one call, which is counted at the second call: two failures open it, two successes close it.
#[inline(never)]
fn cycle(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<Recloser> =
        LazyLock::new(|| opening().open_wait(BRIEFLY).half_open_len(1).build());
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}
