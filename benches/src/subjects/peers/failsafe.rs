//! failsafe: failures in a row, or a rate of successes over time, behind a lock.

use std::sync::LazyLock;
use std::time::Duration;

use failsafe::backoff::{Constant, constant};
use failsafe::failure_policy::{
    ConsecutiveFailures, SuccessRateOverTimeWindow, consecutive_failures, success_rate_over_time_window,
};
use failsafe::{CircuitBreaker, Config, Error, StateMachine};

use super::{BRIEFLY, FAILED, Failure, HOURS, REJECTED, Subject, ready, subject, value, work};

pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: failsafe", "sync bare", |n| value(with_failsafe(n))),
    subject("closed, async: failsafe", "async bare", |n| value(ready(with_failsafe_async(n)))),
    subject("window of time: failsafe", "sync bare", |n| value(window_of_time(n))),
    subject("failing in a row: failsafe", "failing bare", |_| value(fails(FAILED))).returns(FAILED),
    subject("rejected: failsafe", "sync bare", |n| value(opened(n)))
        .prepared(|| _ = opened(FAILED))
        .returns(REJECTED),
    subject("rejected, async: failsafe", "async bare", |n| value(ready(opened_async(n))))
        .prepared(|| _ = ready(opened_async(FAILED)))
        .returns(REJECTED),
    subject("open, probe, closed: failsafe", "cycle bare", |n| value(cycle(FAILED)) & value(cycle(n))),
];

type InARow = StateMachine<ConsecutiveFailures<Constant>, ()>;
type OverTime = StateMachine<SuccessRateOverTimeWindow<Constant>, ()>;

fn in_a_row(failures: u32, open: Duration) -> InARow {
    Config::new().failure_policy(consecutive_failures(failures, constant(open))).build()
}

fn failure(error: Error<Failure>) -> Failure {
    match error {
        Error::Inner(error) => error,
        Error::Rejected => Failure(REJECTED),
    }
}

#[inline(never)]
fn with_failsafe(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<InARow> = LazyLock::new(|| in_a_row(5, HOURS));
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
pub(crate) async fn with_failsafe_async(n: u32) -> Result<u32, Failure> {
    use failsafe::futures::CircuitBreaker;
    static BREAKER: LazyLock<InARow> = LazyLock::new(|| in_a_row(5, HOURS));
    CircuitBreaker::call(&*BREAKER, async { Ok(work(n)? + 1) }).await.map_err(failure)
}

#[inline(never)]
fn window_of_time(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<OverTime> = LazyLock::new(|| {
        let policy = success_rate_over_time_window(0.5, 20, Duration::from_secs(30), constant(HOURS));
        Config::new().failure_policy(policy).build()
    });
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
fn fails(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<InARow> = LazyLock::new(|| in_a_row(u32::MAX, HOURS));
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
fn opened(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<InARow> = LazyLock::new(|| in_a_row(1, HOURS));
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}

#[inline(never)]
async fn opened_async(n: u32) -> Result<u32, Failure> {
    use failsafe::futures::CircuitBreaker;
    static BREAKER: LazyLock<InARow> = LazyLock::new(|| in_a_row(1, HOURS));
    CircuitBreaker::call(&*BREAKER, async { Ok(work(n)? + 1) }).await.map_err(failure)
}

#[inline(never)]
fn cycle(n: u32) -> Result<u32, Failure> {
    static BREAKER: LazyLock<InARow> = LazyLock::new(|| in_a_row(1, BRIEFLY));
    BREAKER.call(|| Ok(work(n)? + 1)).map_err(failure)
}
