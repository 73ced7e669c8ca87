//! Waits and time limits.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, Error, Middleware, Next};
use resilience::reqwest_middleware::ResilienceMiddleware;
use resilience::testing::ManualClock;
use resilience::{RetryPolicy, TimedOut, telemetry};

use crate::proxy::{Answer, Cut, Pass, Stall};
use crate::server::{Server, client, ms, plain, times};

/// Waits take no time on the clock that is moved by hand.
#[tokio::test]
async fn a_retry_after_is_a_lower_bound_for_the_wait() {
    let clock = ManualClock::install();
    let server = Server::behind([
        Answer(429, "retry-after: 30\r\n"),
        Answer(503, "date: Wed, 21 Oct 2015 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2015 07:28:12 GMT\r\n"),
        Answer(503, ""),
    ])
    .await;
    let middleware = ResilienceMiddleware::new(RetryPolicy::new().times(9).interval(Duration::from_secs(2)));
    let response = client(middleware).get(server.url()).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(clock.elapsed(), Duration::from_secs(30 + 12 + 2));
}

#[tokio::test]
async fn a_retry_after_beyond_the_deadline_or_the_limit_ends_with_the_response() {
    for middleware in [
        ResilienceMiddleware::new(times(9).deadline(Duration::from_secs(10))),
        ResilienceMiddleware::new(times(9)).max_retry_after(Duration::from_secs(119)),
    ] {
        let server = Server::behind([Answer(429, "retry-after: 120\r\n")]).await;
        let response = client(middleware).get(server.url()).send().await.unwrap();
        assert_eq!((response.status().as_u16(), server.attempts()), (429, 1));
    }
    let server = Server::behind([Answer(429, "retry-after: 99999999999999999999\r\n")]).await;
    let response = client(ResilienceMiddleware::new(times(9))).get(server.url()).send().await.unwrap();
    assert_eq!(response.status(), 429, "an hour is the default limit");
}

#[tokio::test]
async fn a_server_that_stalls_is_cut_and_asked_again() {
    let server = Server::behind([Stall, Pass]).await;
    let policy = times(3).attempt_timeout(ms(200)).deadline(Duration::from_secs(60));
    let response = client(ResilienceMiddleware::new(policy)).get(server.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.attempts()), (200, 2));
}

#[tokio::test]
async fn if_every_attempt_is_cut_the_error_is_a_time_limit() {
    let server = Server::behind([Stall, Stall]).await;
    let policy = times(2).attempt_timeout(ms(50));
    let middleware = ResilienceMiddleware::new(policy).name("always stalls").stats("always stalls");
    let error = client(middleware).get(server.url()).send().await.unwrap_err();
    let Error::Middleware(error) = error else { panic!("{error:?}") };
    assert_eq!(error.downcast_ref::<TimedOut>().map(TimedOut::function), Some("always stalls"));
    assert_eq!(telemetry::stats("always stalls").unwrap().timeouts(), 2);
}

#[tokio::test]
async fn the_last_error_before_a_time_limit_is_returned_and_a_response_is_not() {
    let policy = times(2).attempt_timeout(ms(200));
    let server = Server::behind([Cut, Stall]).await;
    let error = client(ResilienceMiddleware::new(policy)).get(server.url()).send().await.unwrap_err();
    assert!(matches!(error, Error::Reqwest(_)), "{error:?}");
    let server = Server::behind([Answer(503, ""), Stall]).await;
    let error = client(ResilienceMiddleware::new(policy)).get(server.url()).send().await.unwrap_err();
    let Error::Middleware(error) = error else { panic!("{error:?}") };
    assert!(error.is::<TimedOut>(), "{error:?}");
}

/// Notes how many earlier responses exist when an attempt begins.
#[derive(Clone, Default)]
struct Responses(Arc<Mutex<Vec<usize>>>, Arc<()>);

#[async_trait::async_trait]
impl Middleware for Responses {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        self.0.lock().expect("it is not poisoned").push(Arc::strong_count(&self.1) - 2);
        let mut response = next.run(request, extensions).await?;
        response.extensions_mut().insert(Arc::clone(&self.1));
        Ok(response)
    }
}

#[tokio::test]
async fn a_response_is_dropped_before_the_next_attempt() {
    let server = Server::behind([Answer(503, ""), Answer(503, "")]).await;
    let responses = Responses::default();
    let client =
        ClientBuilder::new(plain()).with(ResilienceMiddleware::new(times(3))).with(responses.clone()).build();
    assert_eq!(client.get(server.url()).send().await.unwrap().status(), 200);
    assert_eq!(*responses.0.lock().expect("it is not poisoned"), [0, 0, 0]);
}

#[tokio::test]
async fn the_timeout_of_the_client_is_retried() {
    let server = Server::behind([Stall, Pass]).await;
    let request = client(ResilienceMiddleware::new(times(3))).get(server.url()).timeout(ms(200));
    assert_eq!(request.send().await.unwrap().status(), 200);
    assert_eq!(server.attempts(), 2);
}
