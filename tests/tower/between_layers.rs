//! The layers of one stack know each other, as the attributes of a function do.

use std::sync::Arc;
use std::time::Duration;

use resilience::tower::{CircuitLayer, RetryLayer, Verdict};
use resilience::{CircuitBreaker, CircuitConfig, RetryPolicy};
use tokio::time::Instant;
use tower::util::BoxCloneService;
use tower::{ServiceBuilder, ServiceExt};

use crate::mock::{Error, Hangs, Is, Mock, Step, Takes, ms, times};

const RECOVERY: Duration = Duration::from_secs(5);

fn breaker(failures: u32) -> Arc<CircuitBreaker> {
    let config = CircuitConfig::new().failure_threshold(failures).recovery_timeout(RECOVERY);
    Arc::new(CircuitBreaker::new("inner", config))
}

/// A retry over a circuit: the result, the calls, and the time it took.
async fn run(
    policy: RetryPolicy,
    circuit: &Arc<CircuitBreaker>,
    steps: Vec<Step>,
) -> (Result<u16, Error>, usize, Duration) {
    let mock = Mock::new(steps);
    let began = Instant::now();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy).on_timeout(|timed_out| Err::<u16, _>(Error::from(timed_out))))
        .layer(CircuitLayer::breaker(Arc::clone(circuit)))
        .service(mock.clone());
    let result = service.oneshot("hello").await;
    (result, mock.calls(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_retry_ends_with_the_error_that_opened_the_circuit_and_does_not_wait() {
    let policy = RetryPolicy::new().times(9).interval(ms(100));
    let circuit = breaker(2);
    let ended = run(policy, &circuit, vec![Is(Err(Error::Busy)), Is(Err(Error::Fatal))]).await;
    assert_eq!(ended, (Err(Error::Fatal), 2, ms(100)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_rejected_at_once_returns_the_rejection() {
    let circuit = breaker(2);
    circuit.force_open();
    let ended = run(times(9), &circuit, vec![]).await;
    assert_eq!(ended, (Err(Error::Open("inner".into())), 0, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_rejected_later_returns_the_last_error_of_an_attempt() {
    let circuit = breaker(2);
    let opened = Arc::clone(&circuit);
    tokio::spawn(async move {
        tokio::time::sleep(ms(50)).await;
        opened.force_open();
    });
    let policy = RetryPolicy::new().times(9).interval(ms(100));
    let ended = run(policy, &circuit, vec![Is(Err(Error::Busy))]).await;
    assert_eq!(ended, (Err(Error::Busy), 1, ms(100)));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_rejected_after_a_response_returns_the_rejection() {
    for steps in [vec![Is(Ok(503))], vec![Is(Err(Error::Busy)), Is(Ok(503))]] {
        let circuit = breaker(9);
        let (opened, calls) = (Arc::clone(&circuit), steps.len());
        let mock = Mock::new(steps);
        let seen = mock.clone();
        let service = ServiceBuilder::new()
            .layer(RetryLayer::new(times(9)).on(move |result: &Result<u16, Error>| {
                if result.is_ok() {
                    opened.force_open();
                }
                !matches!(result, Ok(..500))
            }))
            .layer(CircuitLayer::breaker(circuit))
            .service(mock);
        assert_eq!(service.oneshot("hello").await, Err(Error::Open("inner".into())));
        assert_eq!(seen.calls(), calls, "a response is not kept during the next attempt");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_opens_the_circuit_is_returned() {
    let circuit = breaker(1);
    let mock = Mock::<Error>::new([Is(Ok(503))]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(9)).on(|result: &Result<u16, Error>| !matches!(result, Ok(..500))))
        .layer(CircuitLayer::breaker(circuit).judge(|_: &Result<u16, Error>| Verdict::Failure))
        .service(mock.clone());
    assert_eq!((service.oneshot("hello").await, mock.calls()), (Ok(503), 1));
}

#[tokio::test(start_paused = true)]
async fn with_a_deadline_a_retry_waits_for_the_circuit_if_there_is_time() {
    let policy = RetryPolicy::new().times(9).interval(ms(100)).deadline(Duration::from_secs(20));
    let ended = run(policy, &breaker(1), vec![Is(Err(Error::Busy)), Is(Ok(200))]).await;
    assert_eq!(ended, (Ok(200), 2, RECOVERY));
    let policy = RetryPolicy::new().times(9).interval(ms(100)).deadline(Duration::from_secs(4));
    let ended = run(policy, &breaker(1), vec![Is(Err(Error::Busy))]).await;
    assert_eq!(ended, (Err(Error::Busy), 1, Duration::ZERO), "the circuit stays open for longer");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_finds_the_circuit_open_waits_for_it_within_the_deadline() {
    let circuit = breaker(1);
    circuit.try_acquire().unwrap().failure();
    let policy = RetryPolicy::new().times(1).interval(ms(100)).deadline(Duration::from_secs(20));
    let ended = run(policy, &circuit, vec![Is(Ok(200))]).await;
    assert_eq!(ended, (Ok(200), 1, RECOVERY), "a rejection is not an attempt");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_its_timeout_drops_is_a_failure_of_the_circuit() {
    let policy = RetryPolicy::new().times(9).interval(ms(10)).attempt_timeout(ms(100));
    let circuit = breaker(2);
    let ended = run(policy, &circuit, vec![Hangs, Hangs]).await;
    assert_eq!(ended, (Err(Error::TimedOut), 2, ms(210)), "and ends the retry when it opens the circuit");
    assert!(circuit.is_open());
    assert_eq!(circuit.last_failure().as_deref(), Some("timed out after 100ms"));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_the_deadline_drops_counts_as_nothing() {
    let policy = RetryPolicy::new().times(9).interval(ms(10)).deadline(ms(100));
    let circuit = breaker(1);
    let ended = run(policy, &circuit, vec![Hangs]).await;
    assert_eq!(ended, (Err(Error::TimedOut), 1, ms(100)));
    assert!(circuit.is_closed() && circuit.failure_count() == 0);
}

#[tokio::test(start_paused = true)]
async fn a_success_between_failures_keeps_the_circuit_closed() {
    let circuit = breaker(2);
    let steps = [Err(Error::Busy), Ok(200), Err(Error::Busy), Ok(201)].map(Is);
    let mock = Mock::new(steps);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(3)))
        .layer(CircuitLayer::breaker(Arc::clone(&circuit)))
        .service(mock);
    assert_eq!(service.clone().oneshot("one").await, Ok(200));
    assert_eq!(service.oneshot("two").await, Ok(201));
    assert!(circuit.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_rejection_is_noticed_through_layers_in_between() {
    let circuit = breaker(1);
    let mock = Mock::new([Takes(ms(5), Err(Error::Busy))]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(9)))
        .map_err(|error: Error| error)
        .and_then(async |status: u16| Ok::<_, Error>(status))
        .layer(tower::layer::layer_fn(BoxCloneService::new))
        .layer(CircuitLayer::breaker(Arc::clone(&circuit)))
        .service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Err(Error::Busy));
    assert_eq!(mock.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_inner_rejection_is_not_a_failure_of_an_outer_circuit() {
    let (outer, inner) = (breaker(1), breaker(1));
    inner.force_open();
    let service = ServiceBuilder::new()
        .layer(CircuitLayer::breaker(Arc::clone(&outer)))
        .layer(CircuitLayer::breaker(Arc::clone(&inner)))
        .service(Mock::new([]));
    assert_eq!(service.oneshot("hello").await, Err(Error::Open("inner".into())));
    assert!(outer.is_closed());
}

#[tokio::test(start_paused = true)]
async fn an_outer_retry_ends_with_the_inner_retry_that_a_circuit_has_ended() {
    let circuit = breaker(2);
    let mock = Mock::new([Is(Err(Error::Busy)), Is(Err(Error::Fatal))]);
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(5)))
        .layer(RetryLayer::new(times(5)))
        .layer(CircuitLayer::breaker(Arc::clone(&circuit)))
        .service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Err(Error::Fatal));
    assert_eq!(mock.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_response_for_rejected_calls_is_returned_if_it_is_good() {
    let circuit = breaker(1);
    circuit.force_open();
    let good = |result: &Result<u16, Error>| !matches!(result, Ok(..500));
    for (answer, expected) in [(200, Ok(200)), (503, Ok(503))] {
        let service = ServiceBuilder::new()
            .layer(RetryLayer::new(times(9)).on(good))
            .layer(CircuitLayer::breaker(Arc::clone(&circuit)).on_open(move |_| answer))
            .service(Mock::<Error>::new([]));
        assert_eq!(service.oneshot("hello").await, expected, "and a bad one is not asked for again");
    }
}

#[tokio::test(start_paused = true)]
async fn one_stack_does_not_hear_of_another_one() {
    let (open, closed) = (breaker(1), breaker(9));
    open.force_open();
    // Within an attempt, another stack is used, and its rejection is handled.
    let other = ServiceBuilder::new()
        .layer(RetryLayer::new(times(1)))
        .layer(CircuitLayer::breaker(Arc::clone(&open)))
        .service(Mock::<Error>::new([]));
    let mock = Mock::new([Is(Err(Error::Busy)), Is(Ok(200))]);
    let inner = mock.clone();
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(times(3)))
        .layer(CircuitLayer::breaker(Arc::clone(&closed)))
        .service(tower::service_fn(move |request: &'static str| {
            let (other, inner) = (other.clone(), inner.clone());
            async move {
                assert!(other.oneshot(request).await.is_err());
                tokio::task::yield_now().await;
                inner.oneshot(request).await
            }
        }));
    assert_eq!(service.oneshot("hello").await, Ok(200));
    assert_eq!(mock.calls(), 2);
}
