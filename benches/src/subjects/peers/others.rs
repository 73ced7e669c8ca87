//! circuitbreaker-rs, and tower-resilience's circuit breaker as a tower service.

use std::sync::LazyLock;

use super::{FAILED, Failure, HOURS, REJECTED, Subject, ready, subject, value, work};

pub(super) const SUBJECTS: &[Subject] = &[
    subject("closed: circuitbreaker-rs", "sync bare", |n| value(with_circuitbreaker(n))),
    subject("closed, async: tower-resilience", "async bare", |n| value(ready(with_tower(n)))),
    subject("failing in a row: tower-resilience", "failing async bare", |_| {
        value(ready(tower_fails(FAILED)))
    })
    .returns(FAILED),
    subject("rejected, async: tower-resilience", "async bare", |n| value(ready(tower_open(n))))
        .prepared(|| _ = ready(tower_open(FAILED)))
        .returns(REJECTED),
];

mod of_circuitbreaker {
    use super::{Failure, LazyLock, REJECTED};
    use circuitbreaker_rs::{BreakerError, CircuitBreaker, DefaultPolicy};

    pub(super) static CLOSED: LazyLock<CircuitBreaker<DefaultPolicy, Failure>> =
        LazyLock::new(|| CircuitBreaker::<DefaultPolicy, Failure>::builder().build());

    pub(super) fn failure(error: BreakerError<Failure>) -> Failure {
        match error {
            BreakerError::Operation(error) => error,
            _ => Failure(REJECTED),
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

    use super::{Failure, HOURS, REJECTED, work};
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
            CircuitBreakerError::OpenCircuit => Failure(REJECTED),
        }
    }
}

#[inline(never)]
pub(crate) async fn with_tower(n: u32) -> Result<u32, Failure> {
    of_tower_resilience::call(&of_tower_resilience::CLOSED, n).await
}

#[inline(never)]
async fn tower_fails(n: u32) -> Result<u32, Failure> {
    of_tower_resilience::call(&of_tower_resilience::FAILING, n).await
}

#[inline(never)]
async fn tower_open(n: u32) -> Result<u32, Failure> {
    of_tower_resilience::call(&of_tower_resilience::OPEN, n).await
}
