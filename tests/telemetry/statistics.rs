//! Statistics, and the data that a body has about its attempt.

use std::time::Duration;

use resilience::telemetry::{self, Event, Stats};
use resilience::testing::ManualClock;
use resilience::{PollPolicy, RetryPolicy};

use crate::script::{Error, Record, Script, Step, busy};

const SECOND: Duration = Duration::from_secs(1);

#[resilience::retry(times = 3, on = busy, stats = "both")]
fn one(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[resilience::poll(until(9), ignore = busy, stats = "both")]
fn other(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

fn counted(stats: Stats) -> [u64; 7] {
    [
        stats.calls(),
        stats.attempts(),
        stats.successes(),
        stats.errors(),
        stats.timeouts(),
        stats.cancelled(),
        stats.gave_up(),
    ]
}

#[test]
fn sites_that_share_a_name_are_counted_together() {
    let _clock = ManualClock::install();
    assert_eq!(telemetry::stats("nobody"), None);
    assert_eq!(telemetry::stats("both").map(counted), Some([0; 7]), "before the first call");
    one(&Script::new(&[Step::Busy, Step::Value(1)])).unwrap();
    one(&Script::new(&[Step::Busy, Step::Fatal])).unwrap_err();
    other(&Script::new(&[Step::Value(1), Step::Busy, Step::Value(9)])).unwrap();
    let both = telemetry::stats("both").unwrap();
    assert_eq!(counted(both), [3, 7, 2, 4, 0, 0, 1]);
    assert_eq!(both.time(), 4 * SECOND);
}

#[test]
fn function_forms_count_under_their_name_from_their_first_call_on() {
    let _clock = ManualClock::install();
    let by_retry = |script: &Script| resilience::retry(|| script.attempt()).times(2).stats("form").call();
    assert_eq!(telemetry::stats("form"), None);
    by_retry(&Script::new(&[Step::Busy, Step::Value(1)])).unwrap();
    by_retry(&Script::new(&[Step::Busy, Step::Busy])).unwrap_err();
    let script = Script::new(&[Step::Value(1), Step::Value(9)]);
    resilience::poll(|| script.attempt()).until(|value| *value == 9).stats("form").call().unwrap();
    assert_eq!(telemetry::stats("form").map(counted), Some([3, 6, 2, 3, 0, 0, 1]));
    let of_a_site = |stats: Stats| (stats.calls(), stats.attempts());
    let snapshot = telemetry::snapshot();
    let sites = snapshot.sites().iter().filter(|site| site.site().file() == file!());
    let sites: Vec<_> = sites.filter_map(|site| site.stats().map(of_a_site)).collect();
    assert!(sites.contains(&(2, 4)) && sites.contains(&(1, 2)), "each site has its own: {sites:?}");
}

const COUNTED: RetryPolicy = RetryPolicy::new().times(2).interval(Duration::ZERO).stats("by policy");

#[resilience::retry(policy = COUNTED.times(3))]
async fn with_a_policy(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[resilience::retry(policy = COUNTED, stats = "by attribute")]
fn with_both(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[resilience::poll(until(1), policy = PollPolicy::new().stats(name))]
fn under_any_name(name: &'static str) -> Result<u8, Error> {
    assert_ne!(name, "");
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_policy_with_statistics_counts_wherever_it_is_used_but_under_the_name_of_an_attribute() {
    let script = || Script::new(&[Step::Busy, Step::Value(1)]);
    COUNTED.execute(|| Err::<(), _>("busy")).unwrap_err();
    let outcome = script();
    COUNTED.execute_async(async || outcome.attempt_async().await).await.unwrap();
    with_a_policy(&script()).await.unwrap();
    with_both(&script()).unwrap();
    let outcome = script();
    resilience::retry(|| outcome.attempt()).policy(COUNTED).call().unwrap();
    assert_eq!(telemetry::stats("by policy").map(counted), Some([4, 8, 3, 5, 0, 0, 1]));
    assert_eq!(telemetry::stats("by attribute").map(counted), Some([1, 2, 1, 1, 0, 0, 0]));
    for name in ["one", "other", "one"] {
        under_any_name(name).unwrap();
    }
    let calls = |name| telemetry::stats(name).map(|stats| stats.calls());
    assert_eq!((calls("one"), calls("other")), (Some(2), Some(1)));
}

#[resilience::asyncbackoff(attempt_timeout = 5s, on = busy, stats = "limited")]
async fn limited(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn attempts_that_are_cut_and_calls_that_are_dropped_are_counted_as_such() {
    limited(&Script::new(&[Step::Hangs, Step::Busy, Step::Value(1)])).await.unwrap();
    let script = Script::new(&[Step::Hangs]);
    drop(tokio::time::timeout(SECOND, limited(&script)).await);
    drop(limited(&script));
    let limited = telemetry::stats("limited").unwrap();
    assert_eq!(counted(limited), [2, 4, 1, 2, 1, 1, 0], "a future that was never polled is no call");
    assert_eq!(limited.time(), 6 * SECOND);
}

/// Number, time since the call began, time left.
type Seen = (u32, Duration, Option<Duration>);

#[resilience::retry(times = 3, deadline = 30s, attempt(now))]
fn seen(log: &mut Vec<Seen>) -> Result<u8, Error> {
    log.push((now.number(), now.elapsed(), now.time_left()));
    Err(Error::Busy)
}

#[resilience::retry(times = 3, attempt_timeout = 5s, deadline = 7s, attempt(now))]
async fn seen_async(log: &mut Vec<Seen>) -> Result<u8, Error> {
    tokio::time::sleep(SECOND).await;
    log.push((now.number(), now.elapsed(), now.time_left()));
    Err(Error::Busy)
}

#[resilience::poll(until(1), times = 2, timeout = forever, attempt(now))]
fn seen_by_poll(log: &mut Vec<Seen>) -> Result<u8, Error> {
    log.push((now.number(), now.elapsed(), now.time_left()));
    Ok(0)
}

#[test]
fn a_body_sees_its_attempt() {
    let _clock = ManualClock::install();
    let mut log = Vec::new();
    seen(&mut log).unwrap_err();
    let left = |seconds| Some(seconds * SECOND);
    assert_eq!(log, [(1, Duration::ZERO, left(30)), (2, SECOND, left(29)), (3, 2 * SECOND, left(28))]);
    log.clear();
    seen_by_poll(&mut log).unwrap_err();
    assert_eq!(log, [(1, Duration::ZERO, None), (2, SECOND, None)]);
}

#[tokio::test(start_paused = true)]
async fn the_time_left_is_that_of_the_nearest_limit() {
    let mut log = Vec::new();
    seen_async(&mut log).await.unwrap_err();
    let left = |seconds| Some(seconds * SECOND);
    assert_eq!(log, [(1, SECOND, left(4)), (2, 3 * SECOND, left(4)), (3, 5 * SECOND, left(2))]);
}

#[resilience::retry(times = 2, interval = 0s, attempt(outer))]
#[resilience::retry(times = 2, interval = 0s, attempt(inner))]
fn both_layers(log: &mut Vec<(u32, u32)>) -> Result<u8, Error> {
    log.push((outer.number(), inner.number()));
    Err(Error::Busy)
}

#[test]
fn each_layer_of_a_stack_has_a_name_for_its_own_attempt() {
    let mut log = Vec::new();
    both_layers(&mut log).unwrap_err();
    assert_eq!(log, [(1, 1), (1, 2), (2, 1), (2, 2)]);
}

#[resilience::retry(times = 2, interval = 0s, stats = "inside a listener", name = "counted inside a listener")]
fn inside(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[resilience::retry(times = 2, name = "calls what is counted")]
fn outside() -> Result<u8, Error> {
    Ok(1)
}

#[test]
fn calls_inside_a_listener_are_counted_and_not_told() {
    let record = Record::of("counted inside a listener");
    let id = telemetry::listen(|event| {
        if matches!(event, Event::Call(call) if call.site().name() == "calls what is counted") {
            assert_eq!(inside(&Script::new(&[Step::Busy, Step::Value(1)])), Ok(1));
            assert_eq!(inside(&Script::new(&[Step::Busy, Step::Fatal])), Err(Error::Fatal));
        }
    });
    outside().unwrap();
    telemetry::unlisten(id);
    let inside = telemetry::stats("inside a listener").unwrap();
    assert_eq!(counted(inside), [2, 4, 1, 3, 0, 0, 1]);
    record.check(&[], true);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_dropped_or_panics_is_an_attempt_and_no_error() {
    #[resilience::asyncretry(2, pause = 5s, stats = "dropped attempts")]
    async fn dropped(script: &Script) -> Result<u8, Error> {
        script.attempt_async().await
    }
    // In its second attempt, in a wait, and by a panic.
    drop(tokio::time::timeout(6 * SECOND, dropped(&Script::new(&[Step::Busy, Step::Hangs]))).await);
    drop(tokio::time::timeout(SECOND, dropped(&Script::new(&[Step::Busy]))).await);
    let panics = async { dropped(&Script::new(&[Step::Panics])).await };
    assert!(
        tokio::task::LocalSet::new()
            .run_until(async { tokio::task::spawn_local(panics).await.is_err() })
            .await
    );
    let dropped = telemetry::stats("dropped attempts").unwrap();
    assert_eq!(counted(dropped), [3, 4, 0, 2, 0, 2, 0]);
}
