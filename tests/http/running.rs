use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use resilience::http::{HttpError, HttpPoll, HttpPollError, json, status, text};

use crate::quick;
use crate::server::{Server, answer};

/// The clock is stopped after the first attempt, so that the wait is jumped over, and goes on with the second.
#[tokio::test]
async fn by_default_it_is_a_get_every_two_seconds_fifty_times() {
    let server = Server::start(|asked| {
        if asked.number == 2 {
            tokio::time::resume();
        }
        answer(404, "")
    })
    .await;
    let poll = HttpPoll::get(&server.url).until(status(200));
    // Nothing is known of how long a jump over an idle connection is, so this is the upper bound.
    assert!(format!("{poll:?}").contains("interval: 2s"), "{poll:?}");
    let poll = poll.max_attempts(2).on_attempt(|attempt| {
        if attempt.number == 1 {
            tokio::time::pause();
        }
    });
    let Err(HttpPollError::TimedOut { attempts, elapsed, .. }) = poll.run().await else { panic!() };
    assert!(attempts == 2 && elapsed >= Duration::from_secs(2), "{elapsed:?}");

    let poll = HttpPoll::get(&server.url).until(status(200)).interval(Duration::ZERO);
    let Err(HttpPollError::TimedOut { attempts, last, .. }) = poll.run().await else { panic!() };
    assert_eq!((attempts, last.unwrap().status().as_u16()), (50, 404));
    let asked = server.asked();
    assert_eq!(asked.len(), 52);
    assert!(asked.iter().all(|asked| asked.method == "GET" && asked.body.is_empty()));
}

#[tokio::test]
async fn alarms_are_evaluated_before_until_and_carry_the_response_and_the_condition() {
    let server = Server::saying([answer(200, r#""no""#), answer(200, r#""broken""#)]).await;
    let poll = quick(&server.url).until(text(r#""broken""#)).alarm(status(500)).alarm(json("broken"));
    let error = poll.run().await.unwrap_err();
    let said = format!("alarm: {}/ responded 200 OK, which matches json \"broken\"", server.url);
    assert_eq!(error.to_string(), said);
    let HttpPollError::Alarm { response, condition } = error else { panic!() };
    assert_eq!(response.text().unwrap(), r#""broken""#);
    assert_eq!(condition.to_string(), r#"json "broken""#);
    assert_eq!(server.times(), 2);
}

#[tokio::test]
async fn errors_that_are_ignored_mean_not_yet_and_others_end_it() {
    let server = Server::saying([answer(200, "starting"), answer(200, "1")]).await;
    let poll = quick(&server.url).until(json(1));
    assert!(crate::error(poll.clone().ignore(HttpError::is_connect).run().await).is_decode());

    let server = Server::saying([answer(200, "starting"), answer(200, "1")]).await;
    let poll = quick(&server.url).until(json(1)).ignore(HttpError::is_timeout).ignore(HttpError::is_decode);
    assert_eq!(poll.run().await.unwrap().text().unwrap(), "1");
    assert_eq!(server.times(), 2);
}

#[tokio::test]
async fn the_last_response_is_returned_though_it_could_not_be_decoded() {
    let server = Server::saying([answer(502, "<html>")]).await;
    let poll = quick(&server.url).max_attempts(2).until(json(1)).ignore(HttpError::is_decode);
    let error = poll.run().await.unwrap_err();
    let HttpPollError::TimedOut { last, attempts, .. } = &error else { panic!("{error}") };
    assert_eq!((*attempts, last.as_ref().unwrap().status().as_u16()), (2, 502));
    assert!(error.to_string().starts_with("no matching response in 2 attempts"), "{error}");
}

#[tokio::test]
async fn a_poller_runs_twice_and_counts_each_run() {
    let server = Server::saying([answer(404, "")]).await;
    let poll = quick(&server.url).until(status(200)).max_attempts(3);
    for run in 1..=2 {
        let Err(HttpPollError::TimedOut { attempts, .. }) = poll.run().await else { panic!() };
        assert_eq!((attempts, server.times()), (3, 3 * run));
    }
    let Err(HttpPollError::TimedOut { attempts, .. }) = poll.max_attempts(0).run().await else { panic!() };
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn a_poller_runs_from_many_tasks_at_once() {
    let server = Server::start(|asked| answer(if asked.number > 40 { 200 } else { 404 }, "")).await;
    let poll = Arc::new(quick(&server.url).until(status(200)).max_attempts(60));
    let runs: Vec<_> = (0..8)
        .map(|_| {
            let poll = Arc::clone(&poll);
            tokio::spawn(async move { poll.run().await.map(|response| response.status().as_u16()) })
        })
        .collect();
    for run in runs {
        assert_eq!(run.await.unwrap().unwrap(), 200);
    }
}

#[test]
fn a_poller_outlives_the_runtime_of_its_first_run() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let serving = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = serving.block_on(Server::saying([answer(200, "")]));
    let poll = quick(&server.url).until(status(200));
    for _ in 0..3 {
        assert_eq!(runtime().block_on(poll.run()).unwrap().status(), 200);
    }
}

#[tokio::test]
async fn every_attempt_is_told() {
    let server = Server::saying([answer(503, ""), answer(200, "x"), answer(200, "1")]).await;
    let (seen, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, failures) = (Arc::clone(&seen), Arc::clone(&failed));
    let poll = quick(&server.url).until(status(200) & json(1)).ignore(HttpError::is_decode);
    let poll = poll.on_attempt(move |attempt| {
        assert_eq!(attempt.number as usize, count.fetch_add(1, SeqCst) + 1);
        failures.fetch_add(usize::from(attempt.outcome.is_err()), SeqCst);
    });
    poll.run().await.unwrap();
    assert_eq!((seen.load(SeqCst), failed.load(SeqCst)), (3, 1));
}
