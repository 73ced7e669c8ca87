//! Failed attempts and failed calls, in each form.

use std::io;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

use crate::log::Log;

#[retry(times = 3, interval = 250ms, name = "db.query")]
fn query(password: &str, left: &mut u32) -> Result<usize, String> {
    if *left == 0 {
        return Ok(password.len());
    }
    *left -= 1;
    Err(format!("busy, {left} left"))
}

#[test]
fn an_attempt_that_is_repeated_is_debug_and_a_call_that_succeeds_at_once_is_nothing() {
    let _clock = ManualClock::install();
    let (result, lines) = Log::of(|| query("hunter2", &mut 1));
    assert_eq!(result, Ok(7));
    let attempt = "DEBUG attempt failed, retrying: resilience.name=db.query resilience.kind=retry \
                   resilience.attempt=1 resilience.wait_ms=250 error=busy, 0 left";
    assert_eq!(lines, [attempt]);
    let (result, lines) = Log::of(|| query("hunter2", &mut 0));
    assert_eq!((result, lines), (Ok(7), vec![]));
}

#[test]
fn a_call_that_gives_up_is_one_warning_and_no_argument_is_logged() {
    let _clock = ManualClock::install();
    let (result, lines) = Log::of(|| query("hunter2", &mut 9));
    assert!(result.is_err());
    assert_eq!(lines.len(), 3, "{lines:?}");
    let end = "WARN call gave up: resilience.name=db.query resilience.kind=retry resilience.attempt=3 \
               resilience.outcome=gave_up error=busy, 6 left";
    assert_eq!(lines[2], end);
    assert!(!lines.concat().contains("hunter2"));
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("no route")]
    NoRoute,
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
}

#[asyncbackoff(attempt_timeout = 100ms, deadline = 250ms, pause = 0s, on(Error::NoRoute), name = "fetch")]
async fn fetch(fails: &mut u32) -> Result<(), Error> {
    if *fails > 0 {
        *fails -= 1;
        return Err(Error::NoRoute);
    }
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_out_of_time_is_one_warning() {
    let (log, _guard) = Log::begin();
    assert!(matches!(fetch(&mut 0).await, Err(Error::TimedOut(_))));
    let lines = log.lines();
    let (last, attempts) = lines.split_last().unwrap();
    assert!(attempts.iter().all(|line| line.starts_with("DEBUG attempt failed, retrying:")), "{lines:?}");
    let end = "WARN call timed out: resilience.name=fetch resilience.kind=asyncbackoff resilience.attempt=3 \
               resilience.outcome=timed_out error=";
    assert!(last.starts_with(end), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_returns_an_earlier_error_after_a_cut_attempt_is_one_warning_with_that_error() {
    let (log, _guard) = Log::begin();
    assert!(matches!(fetch(&mut 1).await, Err(Error::NoRoute)));
    let lines = log.lines();
    let warnings: Vec<_> = lines.iter().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{lines:?}");
    assert!(warnings[0].starts_with("WARN call gave up: resilience.name=fetch"), "{lines:?}");
    assert!(warnings[0].ends_with("resilience.outcome=gave_up error=no route"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_function_form_logs_as_an_attribute_does_with_the_type_of_its_error() {
    let (log, _guard) = Log::begin();
    let error = || io::Error::other("hunter2");
    let result =
        retry(async || Err::<(), _>(error())).times(2).interval(Duration::ZERO).name("form").run().await;
    assert!(result.is_err());
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let attempt = "DEBUG attempt failed, retrying: resilience.name=form resilience.kind=function \
                   resilience.attempt=1 resilience.wait_ms=0 error=std::io::error::Error";
    assert_eq!(lines[0], attempt);
    assert!(lines[1].starts_with("WARN call gave up: resilience.name=form"), "{lines:?}");
}

#[asyncretry(2, pause = 0s, name = "twice")]
async fn twice() -> Result<(), Error> {
    Err(Error::NoRoute)
}

#[tokio::test]
async fn every_attribute_has_its_own_kind() {
    let (log, _guard) = Log::begin();
    assert!(twice().await.is_err());
    assert!(log.lines()[1].contains("resilience.kind=asyncretry"), "{:?}", log.lines());
}

#[poll(until = |ready: &bool| *ready, timeout = 2s, interval = 1s, name = "job")]
fn job() -> Result<bool, Error> {
    Ok(false)
}

#[test]
fn a_poll_logs_each_wait_and_its_timeout() {
    let _clock = ManualClock::install();
    let (result, lines) = Log::of(job);
    assert!(matches!(result, Err(Error::TimedOut(_))));
    let attempt = "DEBUG attempt failed, retrying: resilience.name=job resilience.kind=poll \
                   resilience.attempt=1 resilience.wait_ms=1000";
    assert_eq!(lines[0], attempt, "a value that is not good yet is no error");
    let (last, _) = lines.split_last().unwrap();
    assert!(last.starts_with("WARN call timed out: resilience.name=job resilience.kind=poll"), "{last}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("WARN")).count(), 1);
}

#[poll(until = |_: &bool| true, alarm = |rings: &bool| *rings, timeout = 2s, name = "alarmed")]
fn alarmed() -> Result<bool, Box<dyn std::error::Error + Send + Sync>> {
    Ok(true)
}

#[test]
fn an_alarm_is_the_callers_to_log() {
    let (result, lines) = Log::of(alarmed);
    assert!(result.is_err());
    assert_eq!(lines, [""; 0]);
}

#[test]
fn a_function_form_without_a_name_is_logged_under_its_place() {
    let call = || retry(|| Err::<(), _>("busy")).times(1).call();
    let line = line!() - 1;
    let (result, lines) = Log::of(call);
    assert!(result.is_err());
    let end = format!("WARN call gave up: resilience.name={}:{line} resilience.kind=function", file!());
    assert!(lines[0].starts_with(&end), "{lines:?}");
}
