//! `poll_ready` of the inner service is respected: the mock panics if it is called before it is ready.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use resilience::tower::{CircuitLayer, RetryLayer};
use resilience::{CircuitBreaker, CircuitConfig};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt};

use crate::mock::{Error, Hangs, Is, Mock, ms, times};

#[tokio::test(start_paused = true)]
async fn every_attempt_waits_until_the_service_is_ready() {
    let mock = Mock::new([Is(Err(Error::Busy)), Is(Err(Error::Busy)), Is(Ok(200))]);
    mock.is_busy_for(3);
    let service = ServiceBuilder::new().layer(RetryLayer::new(times(3))).service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Ok(200));
    assert_eq!(mock.calls(), 3);
}

#[tokio::test]
async fn the_service_that_was_found_ready_is_called_and_not_its_clone() {
    let mock = Mock::new([Is(Ok::<_, Error>(200)), Is(Ok(201))]);
    mock.is_busy_for(1);
    let mut service = ServiceBuilder::new().layer(RetryLayer::new(times(3))).service(mock);
    let mut cx = Context::from_waker(Waker::noop());
    for status in [200, 201] {
        assert!(Service::<&str>::poll_ready(&mut service, &mut cx).is_pending());
        assert!(Service::<&str>::poll_ready(&mut service, &mut cx).is_ready());
        assert_eq!(service.call("hello").await, Ok(status));
    }
}

#[tokio::test]
async fn a_service_that_is_not_ready_keeps_the_caller_waiting() {
    let mock = Mock::new([Is(Ok::<_, Error>(200))]);
    mock.is_busy_for(1);
    let mut service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(3)))
        .layer(CircuitLayer::named("readiness"))
        .service(mock.clone());
    let first = poll_fn(|cx| Poll::Ready(Service::<&str>::poll_ready(&mut service, cx))).await;
    assert!(first.is_pending() && mock.holds_a_waker(), "the task is woken by the inner service");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_when_polled_is_not_polled_again() {
    let mock = Mock::new([Is(Err(Error::Busy))]);
    let mut service = ServiceBuilder::new().layer(RetryLayer::new(times(9))).service(mock.clone());
    let response = ServiceExt::<&str>::ready(&mut service).await.unwrap().call("hello");
    mock.fails_when_polled(Error::Fatal);
    assert_eq!(response.await, Err(Error::Fatal), "it must not be used any more");
    assert_eq!(mock.calls(), 1);
    mock.fails_when_polled(Error::Fatal);
    assert_eq!(ServiceExt::<&str>::ready(&mut service).await.err(), Some(Error::Fatal));
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_below_a_retry_is_kept_and_its_place_given_back() {
    let mock = Mock::new([Hangs, Is(Ok::<_, Error>(200))]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(3)))
        .layer(ConcurrencyLimitLayer::new(1))
        .service(mock.clone());
    let first = tokio::spawn(service.clone().oneshot("first"));
    tokio::time::sleep(ms(1)).await;
    let mut second = pin!(service.oneshot("second"));
    assert!(poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx))).await.is_pending());
    assert_eq!(mock.calls(), 1);
    first.abort();
    assert_eq!(second.await, Ok(200));
}

#[tokio::test]
async fn a_permit_of_the_circuit_is_requested_by_the_call_and_not_by_readiness() {
    let circuit = Arc::new(CircuitBreaker::new("lazy", CircuitConfig::new().failure_threshold(1)));
    circuit.force_open();
    let mock = Mock::new([Is(Ok::<_, Error>(200))]);
    let layer = CircuitLayer::breaker(Arc::clone(&circuit));
    let mut service = ServiceBuilder::new().layer(layer).service(mock);
    let ready = ServiceExt::<&str>::ready(&mut service).await.unwrap();
    circuit.reset();
    assert_eq!(ready.call("hello").await, Ok(200));
}

/// A response whose body occupies the only connection, as with HTTP/1.
#[tokio::test(start_paused = true)]
async fn a_response_is_dropped_before_the_next_attempt() {
    type Response = (u16, OwnedSemaphorePermit);
    let connections = Arc::new(Semaphore::new(1));
    let calls = Arc::new(AtomicU32::new(0));
    let made = Arc::clone(&calls);
    let is_bad = |result: &Result<Response, Error>| !matches!(result, Ok((..500, _)));
    let service = ServiceBuilder::new().layer(RetryLayer::new(times(3)).on(is_bad)).service(
        tower::service_fn(move |_: &str| {
            let connection = Arc::clone(&connections).acquire_owned();
            let status = if made.fetch_add(1, Ordering::Relaxed) == 0 { 503 } else { 200 };
            async move { Ok((status, connection.await.expect("it is not closed"))) }
        }),
    );
    let response = tokio::time::timeout(ms(1000), service.oneshot("hello")).await;
    let (status, _) = response.expect("the connection is free").expect("a response");
    assert_eq!((status, calls.load(Ordering::Relaxed)), (200, 2));
}
