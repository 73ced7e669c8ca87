//! Circuits of others, shared as a program would share them: in a `static`.

use std::sync::LazyLock;
use std::time::Duration;

use super::{Failure, Subject, ready, subject, value, work};

/// What their closed and their open circuits cost a call.
pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: recloser", "sync bare", |n| value(with_recloser(n))),
    subject("closed: async recloser", "async bare", |n| value(ready(with_recloser_async(n)))),
    subject("failing: recloser", "failing bare", |n| value(recloser_fails(n))),
    subject("open: recloser", "sync bare", |n| value(recloser_open(n))),
    subject("closed: failsafe", "sync bare", |n| value(with_failsafe(n))),
    subject("closed: failsafe, 30s", "sync bare", |n| value(failsafe_window(n))),
    subject("closed: async failsafe", "async bare", |n| value(ready(with_failsafe_async(n)))),
    subject("failing: failsafe", "failing bare", |n| value(failsafe_fails(n))),
    subject("open: failsafe", "sync bare", |n| value(failsafe_open(n))),
    subject("closed: circuitbreaker-rs", "sync bare", |n| value(with_circuitbreaker(n))),
];

const HOURS: Duration = Duration::from_secs(36_000);

mod of_recloser {
    use super::{Failure, HOURS, LazyLock};
    use recloser::{AsyncRecloser, Error, Recloser};

    pub(super) static CLOSED: LazyLock<Recloser> =
        LazyLock::new(|| Recloser::custom().closed_len(1024).build());
    pub(super) static CLOSED_ASYNC: LazyLock<AsyncRecloser> =
        LazyLock::new(|| Recloser::custom().closed_len(1024).build().into());
    /// A share of failures that is never reached.
    pub(super) static FAILING: LazyLock<Recloser> =
        LazyLock::new(|| Recloser::custom().closed_len(1024).error_rate(2.0).build());
    pub(super) static OPEN: LazyLock<Recloser> =
        LazyLock::new(|| Recloser::custom().closed_len(1).open_wait(HOURS).build());

    pub(super) fn failure(error: Error<Failure>) -> Failure {
        match error {
            Error::Inner(error) => error,
            Error::Rejected => Failure(1),
        }
    }
}

#[inline(never)]
fn with_recloser(n: u32) -> Result<u32, Failure> {
    of_recloser::CLOSED.call(|| Ok(work(n)? + 1)).map_err(of_recloser::failure)
}

#[inline(never)]
async fn with_recloser_async(n: u32) -> Result<u32, Failure> {
    of_recloser::CLOSED_ASYNC.call(async { Ok(work(n)? + 1) }).await.map_err(of_recloser::failure)
}

#[inline(never)]
fn recloser_fails(_: u32) -> Result<u32, Failure> {
    of_recloser::FAILING.call(|| Ok(work(u32::MAX)? + 1)).map_err(of_recloser::failure)
}

#[inline(never)]
fn recloser_open(_: u32) -> Result<u32, Failure> {
    of_recloser::OPEN.call(|| Ok(work(u32::MAX)? + 1)).map_err(of_recloser::failure)
}

mod of_failsafe {
    use super::{Duration, Failure, HOURS, LazyLock};
    use failsafe::backoff::{Constant, constant};
    use failsafe::failure_policy::{
        ConsecutiveFailures, SuccessRateOverTimeWindow, consecutive_failures, success_rate_over_time_window,
    };
    use failsafe::{Config, Error, StateMachine};

    type InARow = StateMachine<ConsecutiveFailures<Constant>, ()>;
    type OverTime = StateMachine<SuccessRateOverTimeWindow<Constant>, ()>;

    fn in_a_row(failures: u32) -> InARow {
        Config::new().failure_policy(consecutive_failures(failures, constant(HOURS))).build()
    }

    pub(super) static CLOSED: LazyLock<InARow> = LazyLock::new(|| in_a_row(5));
    pub(super) static FAILING: LazyLock<InARow> = LazyLock::new(|| in_a_row(u32::MAX));
    pub(super) static OPEN: LazyLock<InARow> = LazyLock::new(|| in_a_row(1));
    pub(super) static WINDOW: LazyLock<OverTime> = LazyLock::new(|| {
        let policy = success_rate_over_time_window(0.5, 20, Duration::from_secs(30), constant(HOURS));
        Config::new().failure_policy(policy).build()
    });

    pub(super) fn failure(error: Error<Failure>) -> Failure {
        match error {
            Error::Inner(error) => error,
            Error::Rejected => Failure(1),
        }
    }
}

#[inline(never)]
fn with_failsafe(n: u32) -> Result<u32, Failure> {
    use failsafe::CircuitBreaker;
    of_failsafe::CLOSED.call(|| Ok(work(n)? + 1)).map_err(of_failsafe::failure)
}

#[inline(never)]
fn failsafe_window(n: u32) -> Result<u32, Failure> {
    use failsafe::CircuitBreaker;
    of_failsafe::WINDOW.call(|| Ok(work(n)? + 1)).map_err(of_failsafe::failure)
}

#[inline(never)]
async fn with_failsafe_async(n: u32) -> Result<u32, Failure> {
    use failsafe::futures::CircuitBreaker;
    of_failsafe::CLOSED.call(async { Ok(work(n)? + 1) }).await.map_err(of_failsafe::failure)
}

#[inline(never)]
fn failsafe_fails(_: u32) -> Result<u32, Failure> {
    use failsafe::CircuitBreaker;
    of_failsafe::FAILING.call(|| Ok(work(u32::MAX)? + 1)).map_err(of_failsafe::failure)
}

#[inline(never)]
fn failsafe_open(_: u32) -> Result<u32, Failure> {
    use failsafe::CircuitBreaker;
    of_failsafe::OPEN.call(|| Ok(work(u32::MAX)? + 1)).map_err(of_failsafe::failure)
}

mod of_circuitbreaker {
    use super::{Failure, LazyLock};
    use circuitbreaker_rs::{BreakerError, CircuitBreaker, DefaultPolicy};

    pub(super) static CLOSED: LazyLock<CircuitBreaker<DefaultPolicy, Failure>> =
        LazyLock::new(|| CircuitBreaker::<DefaultPolicy, Failure>::builder().build());

    pub(super) fn failure(error: BreakerError<Failure>) -> Failure {
        match error {
            BreakerError::Operation(error) => error,
            _ => Failure(1),
        }
    }
}

#[inline(never)]
fn with_circuitbreaker(n: u32) -> Result<u32, Failure> {
    of_circuitbreaker::CLOSED.call(|| Ok(work(n)? + 1)).map_err(of_circuitbreaker::failure)
}
