//! The span of a call.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{TimedOut, asyncbackoff, asyncretry, circuit, poll, retry};

use crate::log::Log;

#[derive(Debug, PartialEq, thiserror::Error)]
enum Error {
    #[error("busy")]
    Busy,
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
    #[error(transparent)]
    Open(#[from] resilience::CircuitOpen),
}

fn fails_once(calls: &mut u32) -> Result<u32, Error> {
    tracing::info!(target: "resilience", "body");
    *calls += 1;
    if *calls == 1 { Err(Error::Busy) } else { Ok(*calls) }
}

#[retry(times = 2, interval = 250ms, name = "spanned", span)]
#[circuit(name = "circuit of a span")]
fn spanned(calls: &mut u32) -> Result<u32, Error> {
    fails_once(calls)
}

#[test]
fn a_call_runs_in_its_span_with_its_waits_and_the_span_is_told_how_it_ended() {
    let _clock = ManualClock::install();
    let (result, lines) = Log::of(|| spanned(&mut 0));
    assert_eq!(result, Ok(2));
    let expected = [
        "INFO resilience.call: resilience.name=spanned resilience.kind=retry",
        "enter",
        "INFO body:",
        "DEBUG attempt failed, retrying: resilience.name=spanned resilience.kind=retry \
         resilience.attempt=1 resilience.wait_ms=250 error=busy",
        "INFO body:",
        "recorded resilience.attempt=2",
        "recorded resilience.outcome=after_retry",
        "exit",
    ];
    assert_eq!(lines, expected);
}

#[asyncretry(2, pause = 1s, name = "spanned async", span)]
async fn spanned_async(calls: &mut u32) -> Result<u32, Error> {
    tokio::task::yield_now().await;
    fails_once(calls)
}

#[tokio::test(start_paused = true)]
async fn an_async_call_is_in_its_span_whenever_it_is_polled_and_only_then() {
    let (log, _guard) = Log::begin();
    let beside = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        tracing::info!(target: "resilience", "beside");
    };
    let mut calls = 0;
    assert_eq!(tokio::join!(spanned_async(&mut calls), beside).0, Ok(2));
    let lines = log.lines();
    assert_eq!(lines[0], "INFO resilience.call: resilience.name=spanned async resilience.kind=asyncretry");
    let mut depth = 0_i32;
    for line in &lines[1..] {
        match line.as_str() {
            "enter" => depth += 1,
            "exit" => depth -= 1,
            "INFO beside:" => assert_eq!(depth, 0, "{lines:?}"),
            "INFO body:" | "recorded resilience.outcome=after_retry" => assert_eq!(depth, 1, "{lines:?}"),
            _ => {}
        }
    }
    assert_eq!(lines.iter().filter(|line| *line == "INFO body:").count(), 2, "{lines:?}");
}

#[poll(until(9), timeout = 1s, interval = 1s, name = "spanned poll", span)]
fn spanned_poll() -> Result<u32, Error> {
    Ok(1)
}

#[asyncbackoff(1s, 5s, name = "spanned backoff", span)]
async fn spanned_backoff<T: Copy + Send>(value: T, hangs: bool) -> Result<T, Error> {
    if hangs {
        std::future::pending::<()>().await;
    }
    Ok(value)
}

fn ends(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| line.starts_with("recorded")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_span_is_told_the_error_of_a_call_that_failed_and_that_one_was_dropped() {
    let (log, _guard) = Log::begin();
    assert!(tokio::spawn(spanned_backoff(1, false)).await.unwrap().is_ok(), "its future is `Send`");
    let _ = tokio::time::timeout(Duration::from_millis(10), spanned_backoff(1, true)).await;
    assert!(matches!(spanned_poll(), Err(Error::TimedOut(_))));
    let lines = log.lines();
    let ends = ends(&lines);
    assert_eq!(
        ends[..4],
        [
            "recorded resilience.attempt=1",
            "recorded resilience.outcome=first_try",
            "recorded resilience.attempt=1",
            "recorded resilience.outcome=cancelled",
        ]
    );
    assert_eq!(ends[5], "recorded resilience.outcome=timed_out");
    assert!(ends[6].starts_with("recorded error="), "{ends:?}");
}

#[test]
fn without_a_subscriber_a_call_with_a_span_is_a_call() {
    assert_eq!(spanned(&mut 1), Ok(2));
}
