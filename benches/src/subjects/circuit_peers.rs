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
    subject("closed: async tower-resilience", "async bare", |n| value(ready(with_tower(n)))),
    subject("failing: async tower-resilience", "failing bare", |n| value(ready(tower_fails(n)))),
    subject("open: async tower-resilience", "async bare", |n| value(ready(tower_open(n)))),
    subject("closed: async seatbelt", "async bare", |n| value(ready(with_seatbelt(n)))),
    subject("failing: async seatbelt", "failing bare", |n| value(ready(seatbelt_fails(n)))),
    subject("open: async seatbelt", "async bare", |n| value(ready(seatbelt_open(n)))),
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
pub(crate) async fn with_recloser_async(n: u32) -> Result<u32, Failure> {
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
pub(crate) async fn with_failsafe_async(n: u32) -> Result<u32, Failure> {
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

mod of_tower_resilience {
    use std::cell::RefCell;
    use std::future::{Ready, poll_fn, ready};
    use std::task::{Context, Poll};
    use std::thread::LocalKey;

    use super::{Failure, HOURS, work};
    use tower_resilience_circuitbreaker::{
        CircuitBreaker, CircuitBreakerConfigBuilder, CircuitBreakerError, CircuitBreakerLayer,
        DefaultClassifier,
    };
    use tower_service::Service;

    /// The work as a service.
    #[derive(Clone)]
    pub(super) struct Work;

    impl Service<u32> for Work {
        type Response = u32;
        type Error = Failure;
        type Future = Ready<Result<u32, Failure>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, n: u32) -> Self::Future {
            ready(work(n).map(|n| n + 1))
        }
    }

    type Breaker = RefCell<CircuitBreaker<Work, DefaultClassifier>>;

    fn layered(builder: CircuitBreakerConfigBuilder<DefaultClassifier>) -> Breaker {
        let layer = builder.build().expect("the settings are right");
        RefCell::new(layer.layer_fn(Work))
    }

    // A service is called by `&mut`, and each task has a clone of its own: this is the clone of this thread.
    thread_local! {
        pub(super) static CLOSED: Breaker = layered(CircuitBreakerLayer::builder());
        /// More failures in a row than there are calls.
        pub(super) static FAILING: Breaker =
            layered(CircuitBreakerLayer::builder().consecutive_failures(usize::MAX));
        pub(super) static OPEN: Breaker = layered(
            CircuitBreakerLayer::builder().consecutive_failures(1).wait_duration_in_open(HOURS),
        );
    }

    pub(super) async fn call(breaker: &'static LocalKey<Breaker>, n: u32) -> Result<u32, Failure> {
        poll_fn(|context| breaker.with_borrow_mut(|breaker| breaker.poll_ready(context)))
            .await
            .map_err(failure)?;
        breaker.with_borrow_mut(|breaker| breaker.call(n)).await.map_err(failure)
    }

    fn failure(error: CircuitBreakerError<Failure>) -> Failure {
        match error {
            CircuitBreakerError::Inner(error) => error,
            CircuitBreakerError::OpenCircuit => Failure(1),
        }
    }
}

#[inline(never)]
pub(crate) async fn with_tower(n: u32) -> Result<u32, Failure> {
    of_tower_resilience::call(&of_tower_resilience::CLOSED, n).await
}

#[inline(never)]
async fn tower_fails(_: u32) -> Result<u32, Failure> {
    of_tower_resilience::call(&of_tower_resilience::FAILING, u32::MAX).await
}

#[inline(never)]
async fn tower_open(_: u32) -> Result<u32, Failure> {
    of_tower_resilience::call(&of_tower_resilience::OPEN, u32::MAX).await
}

mod of_seatbelt {
    use std::task::Waker;

    use super::{Failure, HOURS, LazyLock, work};
    use layered::{Layer, Service};
    use seatbelt::breaker::Breaker;
    use seatbelt::{RecoveryInfo, ResilienceContext};
    use tick::runtime::InactiveClock;

    /// The work as a service.
    pub(super) struct Work;

    impl Service<u32> for Work {
        type Out = Result<u32, Failure>;

        async fn execute(&self, n: u32) -> Self::Out {
            Ok(work(n)? + 1)
        }
    }

    type OfWork = Breaker<u32, Result<u32, Failure>, Work>;

    /// What opens it: a share of failures among a number of calls.
    fn layered(share: f32, calls: u32) -> OfWork {
        // The system's clock. Nothing drives its timers; a circuit has none.
        let (clock, _) = InactiveClock::default().activate(Waker::noop().clone());
        Breaker::layer("breaker", &ResilienceContext::new(&clock))
            .recovery_with(
                |result: &Result<u32, Failure>, _| {
                    if result.is_ok() { RecoveryInfo::never() } else { RecoveryInfo::retry() }
                },
            )
            .rejected_input_error(|_, _| Failure(1))
            .failure_threshold(share)
            .min_throughput(calls)
            .break_duration(HOURS)
            .layer(Work)
    }

    /// Its defaults.
    pub(super) static CLOSED: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, 100));
    /// A number of calls that is never reached.
    pub(super) static FAILING: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, u32::MAX));
    pub(super) static OPEN: LazyLock<OfWork> = LazyLock::new(|| layered(0.1, 1));

    pub(super) async fn call(breaker: &'static OfWork, n: u32) -> Result<u32, Failure> {
        breaker.execute(n).await
    }
}

#[inline(never)]
pub(crate) async fn with_seatbelt(n: u32) -> Result<u32, Failure> {
    of_seatbelt::call(&of_seatbelt::CLOSED, n).await
}

#[inline(never)]
async fn seatbelt_fails(_: u32) -> Result<u32, Failure> {
    of_seatbelt::call(&of_seatbelt::FAILING, u32::MAX).await
}

#[inline(never)]
async fn seatbelt_open(_: u32) -> Result<u32, Failure> {
    of_seatbelt::call(&of_seatbelt::OPEN, u32::MAX).await
}
