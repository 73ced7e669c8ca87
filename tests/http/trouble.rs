use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

use resilience::http::{HttpError, HttpPollError, json, status, text};

use crate::server::{Reply, Server, answer, with};
use crate::{error, quick};

#[tokio::test]
async fn a_missing_server_is_a_connection_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let poll = quick(&url).until(status(200)).max_attempts(3);
    let error = error(poll.run().await);
    assert!(error.is_connect() && !error.is_timeout(), "{error}");
    assert!(error.to_string().starts_with(&format!("{url}/: connection failed: ")), "{error}");
    let ended = poll.ignore(HttpError::is_connect).run().await.unwrap_err();
    let text = ended.to_string();
    let HttpPollError::TimedOut { last, last_error, attempts, .. } = ended else { panic!() };
    assert!(last.is_none() && attempts == 3);
    let last_error = last_error.expect("it was ignored");
    assert!(last_error.is_connect() && text.ends_with(&format!("; last error: {last_error}")), "{text}");
    assert!(text.contains("refused"), "{text}");
}

#[tokio::test]
async fn a_server_that_closes_the_connection_is_a_failed_request() {
    let server = Server::saying([Reply::Last(Vec::new()), answer(200, "")]).await;
    let poll = quick(&server.url).until(status(200));
    let failed = error(poll.run().await);
    assert!(failed.is_request() && !failed.is_connect(), "{failed:?}");

    let server = Server::saying([Reply::Last(Vec::new()), answer(200, "")]).await;
    quick(&server.url).until(status(200)).ignore(HttpError::is_request).run().await.unwrap();
}

#[tokio::test]
async fn a_server_that_stalls_times_out_after_the_attempt_timeout() {
    // Building the client may take longer than the attempt. It is shared while a poller that uses it is there.
    let other = Server::saying([answer(200, "")]).await;
    let other = quick(&other.url).until(status(200));
    other.run().await.unwrap();
    for stall in [&b""[..], b"HTTP/1.1 200 So\r\ncontent-length: 9\r\n\r\nhalf"] {
        let server = Server::saying([Reply::Stall(stall.into()), answer(200, "")]).await;
        let poll = quick(&server.url).until(status(200)).attempt_timeout(Duration::from_millis(20));
        let error = error(poll.run().await);
        assert!(error.is_timeout(), "{error:?}");
        assert!(error.to_string().ends_with("no response within 20ms"), "{error}");
        let poll = poll.attempt_timeout(Duration::from_secs(30));
        poll.ignore(HttpError::is_timeout).run().await.unwrap();
    }
}

#[tokio::test]
async fn the_deadline_ends_a_request_in_flight() {
    let server = Server::saying([answer(404, ""), Reply::Stall(Vec::new())]).await;
    let told = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&told);
    // A client that is there already: making one takes a part of the deadline.
    let poll = quick(&server.url).client(reqwest::Client::new()).until(status(200));
    let poll = poll.deadline(Duration::from_millis(40)).on_attempt(move |attempt| {
        count.store(attempt.number, SeqCst);
        assert_eq!(attempt.number == 2, attempt.outcome.is_err_and(HttpError::is_timeout));
    });
    let Err(HttpPollError::TimedOut { last, attempts, elapsed, .. }) = poll.run().await else { panic!() };
    assert_eq!(last.unwrap().status(), 404);
    assert_eq!((attempts, told.load(SeqCst)), (2, 2));
    assert!(elapsed >= Duration::from_millis(40), "{elapsed:?}");
}

#[tokio::test]
async fn an_incomplete_body_and_garbage_are_different_errors() {
    let half = Reply::Last(b"HTTP/1.1 200 So\r\ncontent-length: 9\r\n\r\nhalf".into());
    let server = Server::saying([half]).await;
    let broken = error(quick(&server.url).until(status(200)).run().await);
    assert!(broken.is_body(), "{broken:?}");
    assert!(broken.to_string().contains("response body is incomplete"), "{broken}");

    let server = Server::saying([Reply::Last(b"what is HTTP?\r\n\r\n".into())]).await;
    let garbage = error(quick(&server.url).until(status(200)).run().await);
    assert!(garbage.is_request(), "{garbage:?}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_an_error_and_is_not_read() {
    let exactly = || answer(200, "0123456789");
    // One says so beforehand, one goes on and on.
    let endless = Reply::Stall(
        [&b"HTTP/1.1 200 So\r\ntransfer-encoding: chunked\r\n\r\n"[..], &b"6\r\nabcdef\r\n".repeat(9)]
            .concat(),
    );
    let huge = Reply::Stall(b"HTTP/1.1 200 So\r\ncontent-length: 99999999999\r\n\r\nx".into());
    for large in [huge, endless, answer(200, "0123456789+")] {
        let server = Server::saying([large, exactly()]).await;
        let poll = quick(&server.url).until(status(200)).max_body(10);
        let error = error(poll.run().await);
        assert!(error.is_body(), "{error:?}");
        assert!(error.to_string().ends_with("response body exceeds the 10 bytes of `max_body`"), "{error}");
        assert_eq!(poll.run().await.unwrap().bytes().len(), 10);
    }
    let server = Server::saying([answer(200, vec![b'x'; (1 << 20) + 1])]).await;
    assert!(error(quick(&server.url).until(status(200)).run().await).is_body());
}

/// How long the second attempt was waited for at least, by the clock of the attempts: the deadline tells.
async fn leads_nowhere(reply: Reply) -> bool {
    let server = Server::saying([reply, answer(200, "done")]).await;
    let poll = quick(&server.url).until(text("done")).deadline(Duration::from_secs(30));
    match poll.ignore(HttpError::is_decode).run().await {
        Ok(_) => false,
        Err(HttpPollError::TimedOut { attempts: 1, elapsed, .. }) => {
            assert!(elapsed < Duration::from_secs(20), "it was not waited for");
            true
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_gets_no_request_before_its_retry_after_whatever_the_status() {
    let date = |seconds| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    let (now, later) = (date(800_000_000), date(800_000_060));
    // 202 is how a job says that it is still running, and when to look again.
    for busy in [200, 202, 404, 429, 503] {
        assert!(leads_nowhere(with(busy, "retry-after: 60\r\n", "")).await);
        assert!(leads_nowhere(with(busy, "retry-after: 18446744073709551615\r\n", "")).await);
        assert!(leads_nowhere(with(busy, &format!("date: {now}\r\nretry-after: {later}\r\n"), "")).await);
        assert!(!leads_nowhere(with(busy, &format!("date: {later}\r\nretry-after: {now}\r\n"), "")).await);
        assert!(!leads_nowhere(with(busy, "retry-after: 0\r\n", "")).await);
        assert!(!leads_nowhere(with(busy, "retry-after: -1\r\n", "")).await);
        assert!(!leads_nowhere(with(busy, "retry-after: soon\r\n", "")).await);
    }
    assert!(!leads_nowhere(with(200, "retry-after: 60\r\n", "done")).await, "nothing is waited for any more");

    let server = Server::saying([with(503, "retry-after: 60\r\n", ""), answer(200, "")]).await;
    let poll = quick(&server.url).until(status(200)).respect_retry_after(false);
    poll.run().await.unwrap();
}

/// The clock is stopped after the first attempt, so that the wait is jumped over, and goes on with the second.
#[tokio::test]
async fn a_busy_server_and_a_running_job_get_the_next_request_after_the_retry_after() {
    for status_of_first in [202, 503] {
        let server = Server::start(move |asked| {
            if asked.number == 1 {
                return with(status_of_first, "retry-after: 60\r\n", "");
            }
            tokio::time::resume();
            answer(200, "")
        })
        .await;
        let began = tokio::time::Instant::now();
        let poll = quick(&server.url).until(status(200)).on_attempt(|attempt| {
            if attempt.number == 1 {
                tokio::time::pause();
            }
        });
        poll.run().await.unwrap();
        assert!(began.elapsed() >= Duration::from_secs(60), "{:?}", began.elapsed());
        assert_eq!(server.times(), 2);
    }
}

#[tokio::test]
async fn a_job_that_requests_a_longer_wait_than_allowed_ends_the_poll() {
    let server = Server::saying([with(202, "retry-after: 2\r\n", ""), answer(200, "")]).await;
    let poll = quick(&server.url).until(status(200)).max_retry_after(Duration::from_secs(1));
    let ended = poll.run().await;
    assert!(matches!(ended, Err(HttpPollError::TimedOut { attempts: 1, .. })), "{ended:?}");
}

/// Its page is seldom JSON.
#[tokio::test]
async fn a_retry_after_holds_though_the_body_cannot_be_decoded() {
    let server = Server::saying([with(503, "retry-after: 60\r\n", "<html>"), answer(200, "1")]).await;
    let poll =
        quick(&server.url).until(json(1)).ignore(HttpError::is_decode).deadline(Duration::from_secs(30));
    let Err(HttpPollError::TimedOut { attempts, last, .. }) = poll.run().await else { panic!() };
    assert_eq!((attempts, last.unwrap().status().as_u16()), (1, 503));
}

#[tokio::test]
async fn a_retry_after_holds_also_if_the_body_is_too_large_or_comes_too_late() {
    for (headers, body) in
        [("Retry-After: 3600\r\n", "too much"), ("Retry-After: 99999999999999999999999\r\n", "")]
    {
        let server = Server::saying([with(503, headers, body)]).await;
        let poll = quick(&server.url).until(status(200)).max_body(4).ignore(HttpError::is_body);
        let ended = poll.deadline(Duration::from_secs(60)).run().await;
        assert!(matches!(ended, Err(HttpPollError::TimedOut { attempts: 1, .. })), "{ended:?}");
        assert_eq!(server.times(), 1, "the wait leads beyond the deadline");
    }
}
