//! What is retried, when, and what is returned. The first tests are those of tower's own `Retry`.

use std::time::Duration;

use resilience::tower::RetryLayer;
use resilience::{Backoff, RetryBudget, RetryPolicy, TimedOut};
use tokio::time::Instant;
use tower::{BoxError, ServiceBuilder, ServiceExt};

use crate::mock::{Error, Hangs, Is, Mock, Takes, ms, times};

#[tokio::test(start_paused = true)]
async fn an_error_is_retried_and_the_success_returned() {
    let mock = Mock::new([Is(Err(Error::Busy)), Is(Ok(200))]);
    let service = ServiceBuilder::new().layer(RetryLayer::new(times(3))).service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Ok(200));
    assert_eq!(mock.requests(), ["hello", "hello"]);
}

#[tokio::test(start_paused = true)]
async fn the_number_of_attempts_is_limited_and_the_last_error_unchanged() {
    let mock = Mock::new(["retry 1", "retry 2", "retry 3"].map(|error| Is(Err(error))));
    let service = ServiceBuilder::new().layer(RetryLayer::new(times(3))).service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Err("retry 3"));
    assert_eq!(mock.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_on_does_not_match_is_returned_at_once() {
    let mock = Mock::new([Is(Err("retry 1")), Is(Err("reject"))]);
    let layer = RetryLayer::new(times(9)).on(|result: &Result<u16, &str>| *result != Err("reject"));
    let service = ServiceBuilder::new().layer(layer).service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Err("reject"));
    assert_eq!(mock.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_replayed_is_sent_once() {
    let layer = || RetryLayer::new(times(9)).replay_with(|_: &&str| None);
    let mock = Mock::new([Is(Err("retry 1"))]);
    let service = ServiceBuilder::new().layer(layer()).service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Err("retry 1"));
    assert_eq!(mock.calls(), 1);
    let mock = Mock::new([Is(Ok::<_, Error>(200))]);
    let service = ServiceBuilder::new().layer(layer()).service(mock);
    assert_eq!(service.oneshot("hello").await, Ok(200), "a first success needs no second request");
}

#[tokio::test(start_paused = true)]
async fn the_request_of_the_next_attempt_is_the_one_that_replay_with_makes() {
    let mock = Mock::new([Is(Err(Error::Busy)), Is(Err(Error::Busy)), Is(Ok(200))]);
    let layer = RetryLayer::new(times(3)).replay_with(|request: &String| Some(format!("{request}+")));
    let service = ServiceBuilder::new().layer(layer).service(mock.clone());
    assert_eq!(service.oneshot(String::from("hello")).await, Ok(200));
    assert_eq!(mock.requests(), ["hello", "hello+", "hello++"]);
}

#[tokio::test(start_paused = true)]
async fn a_response_can_be_retried_and_the_last_one_is_returned() {
    let mock = Mock::new([503, 502, 504].map(|status| Is(Ok::<_, Error>(status))));
    let layer = RetryLayer::new(times(3)).on(|result: &Result<u16, Error>| !matches!(result, Ok(..500)));
    let service = ServiceBuilder::new().layer(layer).service(mock.clone());
    assert_eq!(service.oneshot("hello").await, Ok(504));
    assert_eq!(mock.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn waits_follow_the_backoff() {
    let policy = RetryPolicy::new().times(4).backoff(Backoff::exponential(ms(100)));
    let mock = Mock::new([
        Is(Err(Error::Busy)),
        Takes(ms(7), Err(Error::Busy)),
        Is(Err(Error::Busy)),
        Is(Err(Error::Fatal)),
    ]);
    let began = Instant::now();
    let service = ServiceBuilder::new().layer(RetryLayer::new(policy)).service(mock);
    assert_eq!(service.oneshot("hello").await, Err(Error::Fatal));
    assert_eq!(began.elapsed(), ms(100 + 7 + 200 + 400));
}

#[tokio::test(start_paused = true)]
async fn the_server_may_request_a_longer_wait_that_must_fit_into_the_deadline() {
    let policy = RetryPolicy::new().times(9).interval(ms(10)).deadline(Duration::from_secs(20));
    let layer = || {
        RetryLayer::new(policy).retry_after(|result: &Result<u16, Duration>| result.as_ref().err().copied())
    };
    let mock = Mock::new([Is(Err(Duration::from_secs(3))), Is(Err(ms(1))), Is(Ok(200))]);
    let began = Instant::now();
    let service = ServiceBuilder::new().layer(layer()).service(mock);
    assert_eq!(service.oneshot("hello").await, Ok(200));
    assert_eq!(began.elapsed(), ms(3_000 + 10));

    let mock = Mock::new([Is(Err(Duration::from_secs(60)))]);
    let began = Instant::now();
    let service = ServiceBuilder::new().layer(layer()).service(mock);
    assert_eq!(service.oneshot("hello").await, Err(Duration::from_secs(60)));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_more_than_an_hour_that_the_server_requests_ends_the_call() {
    const HOUR: Duration = Duration::from_secs(3600);
    let layer = || {
        RetryLayer::new(times(9)).retry_after(|result: &Result<u16, Duration>| result.as_ref().err().copied())
    };
    for too_long in [HOUR + ms(1), Duration::MAX] {
        let service = ServiceBuilder::new().layer(layer()).service(Mock::new([Is(Err(too_long))]));
        let began = Instant::now();
        let result = tokio::time::timeout(HOUR * 24, service.oneshot("hello")).await;
        assert_eq!((result, began.elapsed()), (Ok(Err(too_long)), Duration::ZERO));
    }
    let service = ServiceBuilder::new().layer(layer()).service(Mock::new([Is(Err(HOUR)), Is(Ok(200))]));
    let began = Instant::now();
    assert_eq!((service.oneshot("hello").await, began.elapsed()), (Ok(200), HOUR));
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_ends_the_call_with_its_result() {
    static BUDGET: RetryBudget =
        RetryBudget::new().ratio(0.01).min_per_second(1).window(Duration::from_secs(2));
    let calls = |mock: Mock| {
        let layer = RetryLayer::new(times(9)).budget(&BUDGET);
        ServiceBuilder::new().layer(layer).service(mock).oneshot("hello")
    };
    let busy = || Mock::new(vec![Is(Err(Error::Busy)); 9]);
    let first = busy();
    assert_eq!(calls(first.clone()).await, Err(Error::Busy));
    assert_eq!(first.calls(), 3, "two retries, and the budget is empty");
    let second = busy();
    assert_eq!(calls(second.clone()).await, Err(Error::Busy));
    assert_eq!(second.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_dropped_and_repeated() {
    let policy = RetryPolicy::new().times(2).interval(ms(10)).attempt_timeout(ms(100));
    let mock = Mock::new([Hangs, Is(Ok::<_, Error>(200))]);
    let began = Instant::now();
    let service = ServiceBuilder::new().layer(RetryLayer::new(policy)).service(mock);
    assert_eq!(service.oneshot("hello").await, Ok(200));
    assert_eq!(began.elapsed(), ms(110));
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_is_only_returned_if_the_last_result_is_not_an_error() {
    let policy = RetryPolicy::new().times(2).interval(ms(10)).attempt_timeout(ms(100));
    let layer = || RetryLayer::new(policy).on_timeout(|timed_out| Err::<u16, _>(Error::from(timed_out)));
    let mock = Mock::new([Hangs, Hangs]);
    let service = ServiceBuilder::new().layer(layer()).service(mock);
    assert_eq!(service.oneshot("hello").await, Err(Error::TimedOut));
    let mock = Mock::new([Is(Err(Error::Busy)), Hangs]);
    let service = ServiceBuilder::new().layer(layer()).service(mock);
    assert_eq!(service.oneshot("hello").await, Err(Error::Busy));
    let mock = Mock::new([Is(Ok(503)), Hangs]);
    let service = ServiceBuilder::new().layer(layer().on(|_: &Result<u16, Error>| true)).service(mock);
    assert_eq!(service.oneshot("hello").await, Err(Error::TimedOut), "a response is not kept");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_drops_an_attempt() {
    let policy = RetryPolicy::new().forever().interval(ms(10)).deadline(ms(500));
    let layer = RetryLayer::new(policy).on_timeout(|_| 504_u16);
    let mock = Mock::new([Hangs::<Error>]);
    let began = Instant::now();
    let service = ServiceBuilder::new().layer(layer).service(mock);
    assert_eq!(service.oneshot("hello").await, Ok(504), "a response can be the result as well");
    assert_eq!(began.elapsed(), ms(500));
}

#[tokio::test(start_paused = true)]
async fn the_usual_error_types_hold_a_time_limit_without_further_code() {
    let policy = RetryPolicy::new().times(1).attempt_timeout(ms(100));
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy))
        .service(tower::service_fn(async |_: &str| std::future::pending::<Result<u16, BoxError>>().await));
    let error = service.oneshot("hello").await.unwrap_err();
    assert!(error.is::<TimedOut>(), "{error}");
    let service = ServiceBuilder::new()
        .layer(RetryLayer::new(policy))
        .service(tower::service_fn(async |_: &str| std::future::pending::<std::io::Result<u16>>().await));
    let error = service.oneshot("hello").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn without_a_result_for_a_time_limit_the_last_attempt_is_not_dropped() {
    let policy = RetryPolicy::new().times(2).interval(ms(10)).attempt_timeout(ms(100));
    let mock = Mock::new([Hangs, Takes(ms(300), Err(Error::Fatal))]);
    let began = Instant::now();
    let service = ServiceBuilder::new().layer(RetryLayer::new(policy)).service(mock);
    assert_eq!(service.oneshot("hello").await, Err(Error::Fatal));
    assert_eq!(began.elapsed(), ms(100 + 10 + 300));
}

#[tokio::test(start_paused = true)]
async fn clones_of_a_service_are_independent_and_can_be_spawned() {
    let mock = Mock::new(vec![Is(Ok::<_, Error>(200)); 8]);
    let service = ServiceBuilder::new().layer(RetryLayer::new(times(3))).service(mock.clone());
    let tasks: Vec<_> = (0..8).map(|number| tokio::spawn(service.clone().oneshot(number))).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(200));
    }
    assert_eq!(mock.calls(), 8);
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the service panics")]
async fn a_panic_of_the_service_is_not_caught() {
    let mock = Mock::new([crate::mock::Panics::<Error>]);
    let _ = ServiceBuilder::new().layer(RetryLayer::new(times(3))).service(mock).oneshot("hello").await;
}
