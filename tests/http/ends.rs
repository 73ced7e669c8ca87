//! Every poll ends: defaults, deadlines, and what a deadline includes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use reqwest::dns::{Name, Resolve, Resolving};
use resilience::http::{HttpAttempt, HttpPoll, HttpPollError, json, status};
use resilience::telemetry::{self, CallOutcome, Event, GiveUpReason};

use crate::server::{Reply, Server, answer, with};
use crate::{error, quick};

/// The clock is stopped after the first attempt, so that the limit of the second one is jumped to.
#[tokio::test]
async fn a_server_that_never_responds_times_out_after_thirty_seconds() {
    let server = Server::saying([answer(404, ""), Reply::Stall(Vec::new())]).await;
    let poll = quick(&server.url).until(status(200)).on_attempt(|attempt| {
        if attempt.number == 1 {
            tokio::time::pause();
        }
    });
    let ended = tokio::time::timeout(Duration::from_secs(100_000), poll.run()).await;
    let error = error(ended.expect("the poll ends"));
    assert!(error.is_timeout() && error.to_string().ends_with("no response within 30s"), "{error}");
    assert_eq!(HttpPoll::DEFAULT_ATTEMPT_TIMEOUT, Duration::from_secs(30));
}

#[tokio::test]
async fn the_longest_duration_removes_the_attempt_timeout() {
    let server = Server::saying([answer(404, ""), Reply::Stall(Vec::new())]).await;
    let poll = quick(&server.url).until(status(200)).attempt_timeout(Duration::MAX);
    let poll = poll.deadline(Duration::from_secs(3600)).on_attempt(|attempt| {
        if attempt.number == 1 {
            tokio::time::pause();
        }
    });
    let Err(HttpPollError::TimedOut { attempts, elapsed, .. }) = poll.run().await else { panic!() };
    assert_eq!(attempts, 2);
    assert!(elapsed >= Duration::from_secs(3600), "{elapsed:?}");
}

async fn retry_after(seconds: &str, poll: impl FnOnce(HttpPoll) -> HttpPoll) -> (u32, usize) {
    let server = Server::start({
        let seconds = seconds.to_owned();
        move |asked| {
            if asked.number > 1 {
                tokio::time::resume();
                return answer(200, "");
            }
            with(503, &format!("retry-after: {seconds}\r\n"), "")
        }
    })
    .await;
    let poll = poll(quick(&server.url).until(status(200))).on_attempt(|attempt| {
        if attempt.number == 1 {
            tokio::time::pause();
        }
    });
    match poll.run().await {
        Ok(_) => (2, server.times()),
        Err(HttpPollError::TimedOut { attempts, last, .. }) => {
            tokio::time::resume();
            assert_eq!(last.map(|last| last.status().as_u16()), Some(503));
            (attempts, server.times())
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_retry_after_of_more_than_an_hour_ends_the_poll() {
    assert_eq!(retry_after("3600", |poll| poll).await, (2, 2));
    for long in ["3601", "86400", "18446744073709551615", "99999999999999999999999"] {
        assert_eq!(retry_after(long, |poll| poll).await, (1, 1), "{long}");
    }
    assert_eq!(HttpPoll::DEFAULT_MAX_RETRY_AFTER, Duration::from_secs(3600));
}

#[tokio::test]
async fn a_retry_after_that_is_too_long_is_told_as_the_last_attempt_and_as_the_reason_of_the_end() {
    let server = Server::start(|asked| match asked.number % 2 {
        1 => with(503, "retry-after: 61\r\n", "<html>"),
        _ => with(503, "retry-after: 61\r\n", "1"),
    })
    .await;
    let poll = quick(&server.url).until(json(2)).ignore(|_| true).max_retry_after(Duration::from_secs(60));
    for last in ["an error", "an answer"] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (kept, thread) = (Arc::clone(&told), std::thread::current().id());
        // Other tests poll at the same time.
        let id = telemetry::listen(move |event| {
            let line = match event {
                _ if std::thread::current().id() != thread => return,
                Event::Attempt(attempt) => {
                    (attempt.number(), attempt.wait(), attempt.error().is_some(), String::new())
                }
                Event::Call(call) => {
                    assert_eq!(call.outcome(), CallOutcome::GaveUp(GiveUpReason::RetryAfter));
                    let error = call.error().map(ToString::to_string).unwrap_or_default();
                    (call.attempts(), None, call.error().is_some(), error)
                }
                _ => return,
            };
            kept.lock().unwrap().push(line);
        });
        let ended = poll.run().await;
        telemetry::unlisten(id);
        let Err(HttpPollError::TimedOut { attempts: 1, elapsed, last_error, .. }) = ended else { panic!() };
        assert_eq!(last_error.is_some(), last == "an error");
        let cause = last_error.map(|error| format!("; last error: {error}")).unwrap_or_default();
        let text = "`HttpPoll::run` gave up: the requested wait is too long";
        let text = format!("{text} (1 attempt in {elapsed:?}{cause})");
        let expected = [(1, None, last == "an error", String::new()), (1, None, true, text)];
        assert_eq!(*told.lock().unwrap(), expected, "{last}");
    }
    assert_eq!(server.times(), 2);
}

#[tokio::test]
async fn a_poll_that_runs_out_of_attempts_or_time_or_may_not_wait_says_which_limit_ended_it() {
    let minute = Duration::from_secs(60);
    let server = Server::saying([with(503, "retry-after: 61\r\n", "")]).await;
    let poll = quick(&server.url).until(status(200)).max_attempts(1000);
    let busy = poll.clone().respect_retry_after(false);
    // The clock is stopped, so that the deadline is jumped to.
    let pause = |attempt: &HttpAttempt<'_>| {
        if attempt.number == 1 {
            tokio::time::pause();
        }
    };
    for (poll, attempts, text) in [
        (
            poll.clone().max_retry_after(minute),
            "1 attempt, in ",
            ", whose `Retry-After` is longer than `max_retry_after`",
        ),
        (
            poll.clone().deadline(minute),
            "1 attempt, in ",
            ", whose `Retry-After` of 61s is longer than the time left",
        ),
        (busy.clone().max_attempts(2), "2 attempts, in ", ""),
        (busy.interval(minute).deadline(minute).on_attempt(pause), "2 attempts, in 60", ""),
    ] {
        let message = poll.run().await.unwrap_err().to_string();
        assert!(message.starts_with(&format!("no matching response in {attempts}")), "{message}");
        assert!(message.contains(&format!("; last response: 503 Service Unavailable from {}/", server.url)));
        assert_eq!(message.contains(", whose `Retry-After`"), !text.is_empty(), "{message}");
        assert!(message.ends_with(text), "{message}");
    }
}

#[tokio::test]
async fn the_longest_retry_after_can_be_set() {
    let minute = Duration::from_secs(60);
    assert_eq!(retry_after("61", |poll| poll.max_retry_after(minute)).await, (1, 1));
    assert_eq!(retry_after("60", |poll| poll.max_retry_after(minute)).await, (2, 2));
    assert_eq!(retry_after("86400", |poll| poll.max_retry_after(Duration::MAX)).await, (2, 2));
}

async fn attempts(poll: impl FnOnce(HttpPoll) -> HttpPoll) -> u32 {
    let server = Server::saying([answer(404, "")]).await;
    let client = Client::new();
    let count = Arc::<AtomicU32>::default();
    let told = Arc::clone(&count);
    let poll = poll(HttpPoll::get(&server.url).client(client).interval(Duration::from_millis(1)));
    let poll = poll.until(status(200)).on_attempt(move |_| _ = told.fetch_add(1, SeqCst));
    assert!(poll.run().await.is_err());
    count.load(SeqCst)
}

#[tokio::test]
async fn with_a_deadline_and_no_number_the_deadline_alone_counts() {
    let deadline = Duration::from_secs(1);
    assert!(attempts(|poll| poll.deadline(deadline)).await > 50);
    assert_eq!(attempts(|poll| poll).await, 50);
    assert_eq!(attempts(|poll| poll.deadline(deadline).max_attempts(7)).await, 7);
    assert_eq!(attempts(|poll| poll.max_attempts(7).deadline(deadline)).await, 7);
    let data = |rest: &str| -> HttpPoll {
        let text = format!(r#"{{"url": "http://h", "until": {{"status_code": 200}} {rest}}}"#);
        serde_json::from_str(&text).expect("it makes sense")
    };
    let times = |poll: HttpPoll| format!("{poll:?}").contains("times: 50");
    assert!(times(data("")) && !times(data(r#", "deadline": "1h""#)));
    assert!(times(data(r#", "deadline": "1h", "max_retries": 50"#)));
}

/// A resolver that never answers.
struct Silent;

impl Resolve for Silent {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(std::future::pending::<
            Result<Box<dyn Iterator<Item = SocketAddr> + Send>, Box<dyn std::error::Error + Send + Sync>>,
        >())
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_the_deadline_ends_is_the_last_error() {
    let client = Client::builder().dns_resolver(Arc::new(Silent)).build().unwrap();
    let poll = HttpPoll::get("http://server").client(client).until(status(200));
    let poll = poll.interval(Duration::from_secs(2)).ignore(|_| true);
    for (poll, expected) in [
        (poll.clone(), "http://server/: no response before the deadline"),
        (
            poll.attempt_timeout(Duration::from_secs(3)),
            "http://server/: no response before the deadline; the error before: http://server/: no response within 3s",
        ),
    ] {
        let error = poll.deadline(Duration::from_secs(5)).run().await.unwrap_err();
        let message = error.to_string();
        assert!(message.ends_with(&format!("; last error: {expected}")), "{message}");
        let HttpPollError::TimedOut { last_error: Some(error), .. } = error else { panic!("{message}") };
        assert!(error.is_timeout(), "{error}");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn resolving_a_name_is_inside_the_deadline() {
    let client = Client::builder().dns_resolver(Arc::new(Silent)).build().unwrap();
    let poll = HttpPoll::get("http://server").client(client).until(status(200));
    let ended = poll.clone().deadline(Duration::from_secs(5)).run().await;
    assert!(matches!(ended, Err(HttpPollError::TimedOut { attempts: 1, .. })), "{ended:?}");
    assert!(error(poll.run().await).is_timeout(), "and inside the time of an attempt");
}
