//! Conditions as predicates of the attributes.

use resilience::http::{HttpError, HttpResponse, json, jsonpath, status};
use resilience::{Alarm, Limit, TimedOut, poll};
use serde_json::json as value;

use crate::server::{Server, answer};

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum WaitError {
    Http(#[from] HttpError),
    Reqwest(#[from] reqwest::Error),
    TimedOut(#[from] TimedOut),
    Alarm(#[from] Alarm<HttpResponse>),
}

#[poll(until = status(200) & json(value!({"status": "SUCCESS"})), alarm = status(500) | json(value!({"status": "TIMEOUT"})),
       interval = 1ms, times = 4)]
async fn job_done(url: &str) -> Result<HttpResponse, WaitError> {
    Ok(HttpResponse::read(reqwest::get(url).await?).await?)
}

#[tokio::test]
async fn the_references_example_is_an_annotated_function_as_well() {
    let (busy, done) = (r#"{"status": "BUSY"}"#, r#"{"status": "SUCCESS"}"#);
    let replies = [answer(404, "<html>"), answer(200, busy), answer(200, done)];
    let server = Server::saying(replies).await;
    assert_eq!(job_done(&server.url).await.unwrap().text().unwrap(), done);
    assert_eq!(server.times(), 3);

    for rings in [answer(500, "<html>"), answer(202, r#"{"status": "TIMEOUT"}"#)] {
        let server = Server::saying([answer(200, busy), rings]).await;
        assert!(matches!(job_done(&server.url).await, Err(WaitError::Alarm(_))));
        assert_eq!(server.times(), 2);
    }

    let server = Server::saying([answer(200, busy)]).await;
    assert!(matches!(job_done(&server.url).await, Err(WaitError::TimedOut(_))));
    assert_eq!(server.times(), 4);
}

#[poll(until = status(200) & jsonpath("$.state[", "done"), interval = 1ms, times = 4)]
async fn invalid_until(url: &str) -> Result<HttpResponse, WaitError> {
    Ok(HttpResponse::read(reqwest::get(url).await?).await?)
}

#[poll(until = status(200), alarm = jsonpath("state", "failed"), interval = 1ms, times = 4)]
async fn invalid_alarm(url: &str) -> Result<HttpResponse, WaitError> {
    Ok(HttpResponse::read(reqwest::get(url).await?).await?)
}

#[tokio::test]
async fn an_expression_that_does_not_parse_ends_the_poll_at_the_first_attempt() {
    let server = Server::saying([answer(200, r#"{"state": "done"}"#)]).await;
    for ended in [invalid_until(&server.url).await, invalid_alarm(&server.url).await] {
        let Err(WaitError::TimedOut(error)) = ended else { panic!("{ended:?}") };
        assert_eq!((error.limit(), error.attempts()), (Limit::InvalidCondition, 1));
        assert!(error.to_string().contains("its condition is invalid"), "{error}");
    }
    assert_eq!(server.times(), 2);
}
