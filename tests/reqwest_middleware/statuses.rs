//! Which responses are retried. The table is that of reqwest-retry's tests, with this library's rules.

use axum::http::StatusCode;
use resilience::reqwest_middleware::ResilienceMiddleware;

use crate::proxy::Answer;
use crate::server::{Server, client, times};

#[tokio::test]
async fn the_statuses_that_say_later_are_retried_and_all_others_returned() {
    const RETRIED: [u16; 4] = [429, 502, 503, 504];
    let client = client(ResilienceMiddleware::new(times(3)));
    for status in
        (200..600).filter(|status| StatusCode::from_u16(*status).unwrap().canonical_reason().is_some())
    {
        // Neither may have a body, and redirects would need a location.
        if matches!(status, 204 | 205 | 304) {
            continue;
        }
        let server = Server::behind([Answer(status, "")]).await;
        let response = client.get(server.url()).send().await.unwrap();
        let (expected, attempts) = if RETRIED.contains(&status) { (200, 2) } else { (status, 1) };
        assert_eq!((response.status().as_u16(), server.attempts()), (expected, attempts), "{status}");
    }
}

#[tokio::test]
async fn exhausted_retries_return_the_last_response_unchanged() {
    let server = Server::behind([Answer(503, ""), Answer(502, ""), Answer(504, "x-number: 3\r\n")]).await;
    let response = client(ResilienceMiddleware::new(times(3))).get(server.url()).send().await.unwrap();
    assert_eq!(response.status(), 504);
    assert_eq!(response.headers()["x-number"], "3");
    assert_eq!(server.attempts(), 3);
}

#[tokio::test]
async fn other_results_are_retried_on_request() {
    let server = Server::behind([Answer(500, ""), Answer(200, "")]).await;
    let on = |result: &reqwest_middleware::Result<reqwest::Response>| {
        result.as_ref().is_ok_and(|response| response.status() == 500)
    };
    let response = client(ResilienceMiddleware::new(times(3)).on(on)).get(server.url()).send().await.unwrap();
    assert_eq!((response.status().as_u16(), server.attempts()), (200, 2));
}
