//! Which requests are sent again, and after which faults.

use reqwest::Body;
use reqwest_middleware::Error;
use resilience::RetryBudget;
use resilience::reqwest_middleware::ResilienceMiddleware;

use crate::proxy::{Answer, Cut, CutWithin, Fault};
use crate::server::{Server, client, times};

#[tokio::test]
async fn broken_connections_are_retried() {
    let server = Server::behind([Cut, CutWithin]).await;
    let response = client(ResilienceMiddleware::new(times(3))).get(server.url()).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "from the server");
    assert_eq!(server.attempts(), 3);
}

#[tokio::test]
async fn a_host_that_is_not_there_is_retried_and_its_error_returned_unchanged() {
    // The port was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let middleware = ResilienceMiddleware::new(times(3)).stats("nobody listens");
    let error = client(middleware).get(format!("http://127.0.0.1:{port}/")).send().await.unwrap_err();
    assert!(matches!(&error, Error::Reqwest(error) if error.is_connect()), "{error:?}");
    assert_eq!(resilience::telemetry::stats("nobody listens").unwrap().attempts(), 3);
}

#[tokio::test]
async fn only_idempotent_methods_are_repeated() {
    for (method, attempts) in
        [("GET", 2), ("HEAD", 2), ("OPTIONS", 2), ("PUT", 2), ("DELETE", 2), ("POST", 1), ("PATCH", 1)]
    {
        let server = Server::behind([Answer(503, "")]).await;
        let method: reqwest::Method = method.parse().unwrap();
        let request = client(ResilienceMiddleware::new(times(3))).request(method.clone(), server.url());
        let response = request.send().await.unwrap();
        let expected = if attempts == 2 { 200 } else { 503 };
        assert_eq!((response.status().as_u16(), server.attempts()), (expected, attempts), "{method}");
    }
}

#[tokio::test]
async fn a_request_with_an_idempotency_key_is_repeated_with_the_same_key_and_body() {
    let server = Server::behind([Cut]).await;
    let request = client(ResilienceMiddleware::new(times(3))).post(server.url());
    let response = request.header("Idempotency-Key", "7").body("order 7").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.received(), [("POST".into(), Some("7".into()), b"order 7".to_vec())]);
    assert_eq!(server.attempts(), 2);
}

#[tokio::test]
async fn any_request_is_repeated_if_told_so() {
    let server = Server::behind([Answer(503, "")]).await;
    let middleware =
        ResilienceMiddleware::new(times(3)).repeat_when(|request| request.url().path() == "/orders");
    let response = client(middleware).post(server.url()).body("search").send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.attempts()), (200, 2));
    let server = Server::behind([Answer(503, "")]).await;
    let middleware = ResilienceMiddleware::new(times(3)).repeat_when(|_| false);
    let response = client(middleware).get(server.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.attempts()), (503, 1));
}

/// A body that is made while it is sent.
struct Stream(Option<&'static [u8]>);

impl futures_core::Stream for Stream {
    type Item = Result<&'static [u8], std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Ok))
    }
}

#[tokio::test]
async fn a_streaming_body_is_sent_once_and_not_rejected() {
    let put = async |faults: Vec<Fault>| {
        let server = Server::behind(faults).await;
        let body = Body::wrap_stream(Stream(Some(b"a file")));
        let response = client(ResilienceMiddleware::new(times(3))).put(server.url()).body(body).send().await;
        (response.unwrap().status().as_u16(), server.received().len(), server.attempts())
    };
    assert_eq!(put(vec![]).await, (200, 1, 1));
    assert_eq!(put(vec![Answer(503, "")]).await, (503, 0, 1));
}

#[tokio::test]
async fn an_empty_budget_ends_with_the_response() {
    static BUDGET: RetryBudget =
        RetryBudget::new().ratio(0.01).min_per_second(1).window(std::time::Duration::from_secs(2));
    let server = Server::behind(vec![Answer(503, ""); 9]).await;
    let client = client(ResilienceMiddleware::new(times(9)).budget(&BUDGET));
    assert_eq!(client.get(server.url()).send().await.unwrap().status(), 503);
    assert_eq!(server.attempts(), 3, "two retries");
    assert_eq!(client.get(server.url()).send().await.unwrap().status(), 503);
    assert_eq!(server.attempts(), 4);
}
