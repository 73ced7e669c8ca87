//! The layers beside those of tower and hyper.

use std::convert::Infallible;
use std::time::Duration;

use resilience::RetryPolicy;
use resilience::tower::{CircuitLayer, RetryLayer, Verdict};
use tower::buffer::BufferLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::{BoxError, ServiceBuilder, ServiceExt, service_fn};

use crate::mock::{Hangs, Is, Mock, Step, ms};

fn steps(steps: impl IntoIterator<Item = Step<Infallible>>) -> Mock<Infallible> {
    Mock::new(steps)
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_of_tower_below_the_circuit_is_a_failure_that_is_retried() {
    let mock = steps([Hangs, Is(Ok(200))]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(RetryPolicy::new().interval(ms(10))))
        .layer(CircuitLayer::named("below tower's timeout"))
        .layer(TimeoutLayer::new(Duration::from_secs(1)))
        .service(mock.clone());
    assert_eq!(service.oneshot("hello").await.unwrap(), 200);
    assert_eq!(mock.calls(), 2);
    let circuit = resilience::circuits().get("below tower's timeout").unwrap();
    assert_eq!(circuit.failure_count(), 0, "a failure, then a success");
}

#[tokio::test(start_paused = true)]
async fn a_buffer_makes_a_service_that_is_not_clone_fit_for_retries() {
    struct NotClone(Mock<Infallible>);
    impl tower::Service<&'static str> for NotClone {
        type Response = u16;
        type Error = BoxError;
        type Future = std::pin::Pin<Box<dyn Future<Output = Result<u16, BoxError>> + Send>>;

        fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), BoxError>> {
            tower::Service::<&str>::poll_ready(&mut self.0, cx).map_err(Into::into)
        }

        fn call(&mut self, request: &'static str) -> Self::Future {
            let response = self.0.call(request);
            Box::pin(async move { Ok(response.await?) })
        }
    }
    let mock = steps([Is(Ok(503)), Is(Ok(200))]);
    let service = ServiceBuilder::new()
        .layer(
            RetryLayer::new(RetryPolicy::new())
                .on(|result: &Result<u16, BoxError>| !matches!(result, Ok(200))),
        )
        .layer(BufferLayer::new(8))
        .service(NotClone(mock.clone()));
    assert_eq!(service.oneshot("hello").await.unwrap(), 200);
    assert_eq!(mock.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn load_that_is_shed_is_no_failure_of_the_circuit_if_the_verdict_says_so() {
    let mock = steps([]);
    mock.is_busy_for(9);
    let judge = |result: &Result<u16, BoxError>| match result {
        Err(error) if error.is::<tower::load_shed::error::Overloaded>() => Verdict::Ignore,
        Ok(_) => Verdict::Success,
        Err(_) => Verdict::Failure,
    };
    let service = ServiceBuilder::new()
        .layer(CircuitLayer::named("sheds").judge(judge))
        .layer(LoadShedLayer::new())
        .service(mock);
    let error = service.oneshot("hello").await.unwrap_err();
    assert!(error.is::<tower::load_shed::error::Overloaded>());
    assert_eq!(resilience::circuits().get("sheds").unwrap().failure_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_service_opens_the_circuit_below_a_retry() {
    let policy = RetryPolicy::new().times(5).interval(ms(1)).attempt_timeout(ms(100));
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy))
        .layer(CircuitLayer::named("hangs"))
        .service(service_fn(async |(): ()| std::future::pending::<Result<u16, BoxError>>().await));
    let error = service.oneshot(()).await.unwrap_err();
    assert!(error.is::<resilience::TimedOut>(), "{error}");
    assert!(resilience::circuits().get("hangs").unwrap().is_open());
}
