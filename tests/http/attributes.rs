//! Conditions where the attributes take predicates.

use resilience::http::{HttpError, HttpResponse, json, status};
use resilience::{Alarm, TimedOut, poll};
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
