//! Policies that are replaced while the program runs.

use std::time::Duration;

use resilience::telemetry::{self, Site};
use resilience::testing::{ManualClock, seam};
use resilience::{PollPolicy, RetryPolicy, poll, retry};

use crate::script::{Error, Record, Script, Step, busy};

const SECOND: Duration = Duration::from_secs(1);
const FAILS: &[Step] = &[Step::Busy; 9];

fn site(name: &str) -> Site {
    telemetry::sites().find(|site| site.name() == name).expect("it is listed")
}

#[retry(times = 2, name = "exchanged sync")]
fn annotated(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn calls_follow_the_exchanged_policy_until_it_is_reverted() {
    let _clock = ManualClock::install();
    let record = Record::of("exchanged sync");
    let call = || annotated(&Script::new(FAILS)).unwrap_err();
    let site = site("exchanged sync");
    assert!(seam::exchange(site, RetryPolicy::new().times(3).interval(5 * SECOND)));
    call();
    assert!(seam::exchange(site, RetryPolicy::new().times(1)));
    call();
    seam::revert(site);
    call();
    record.check(
        &[
            "attempt 1 at 0ns: busy, wait 5s",
            "attempt 2 at 5s: busy, wait 5s",
            "attempt 3 at 10s: busy, no wait",
            "GaveUp(Attempts) after 3 in 10s: busy",
            "attempt 1 at 0ns: busy, no wait",
            "GaveUp(Attempts) after 1 in 0ns: busy",
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, no wait",
            "GaveUp(Attempts) after 2 in 1s: busy",
        ],
        true,
    );
}

#[retry(times = 2, interval = 1s, name = "exchanged async")]
async fn annotated_async(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_keeps_the_policy_that_it_began_with() {
    let started = tokio::time::Instant::now();
    let (first, second) = (Script::new(FAILS), Script::new(FAILS));
    let site = site("exchanged async");
    let begun_before = annotated_async(&first);
    let exchanged = async {
        tokio::task::yield_now().await;
        assert!(seam::exchange(site, RetryPolicy::new().times(3).interval(60 * SECOND)));
        annotated_async(&second).await.unwrap_err();
        started.elapsed()
    };
    let reverted = async {
        tokio::time::sleep(30 * SECOND).await;
        seam::revert(site);
    };
    let before = async {
        begun_before.await.unwrap_err();
        started.elapsed()
    };
    let (before, after, ()) = tokio::join!(before, exchanged, reverted);
    assert_eq!(before, SECOND, "it has begun with the policy in the code");
    assert_eq!(after, 120 * SECOND, "it was reverted while the call was under way");
}

#[resilience::asyncbackoff(attempt_timeout = 1s, deadline = 100s, max_tries = 2, pause = 0s, name = "exchanged limits")]
async fn limited(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_attempts_are_those_of_the_exchanged_policy() {
    let started = tokio::time::Instant::now();
    let policy = RetryPolicy::new().times(3).interval(Duration::ZERO).attempt_timeout(5 * SECOND);
    assert!(seam::exchange(site("exchanged limits"), policy));
    limited(&Script::new(&[Step::Hangs; 3])).await.unwrap_err();
    assert_eq!(started.elapsed(), 15 * SECOND);
}

#[poll(until(9), ignore = busy, timeout = 2s, name = "exchanged poll")]
fn polled(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[poll(until(9), timeout = 2s, name = "exchanged async poll")]
async fn polled_async(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn polls_follow_theirs() {
    let policy = PollPolicy::new().timeout(10 * SECOND).interval(5 * SECOND).hold_for(4 * SECOND);
    assert!(seam::exchange_poll(site("exchanged poll"), policy));
    assert!(seam::exchange_poll(site("exchanged async poll"), policy));
    let steps = [Step::Value(1), Step::Value(9), Step::Value(9)];
    let started = tokio::time::Instant::now();
    polled_async(&Script::new(&steps)).await.unwrap();
    assert_eq!(started.elapsed(), 9 * SECOND);
    let clock = ManualClock::install();
    polled(&Script::new(&steps)).unwrap();
    assert_eq!(clock.elapsed(), 9 * SECOND);
    seam::revert(site("exchanged poll"));
    polled(&Script::new(&[Step::Value(9)])).unwrap();
}

#[tokio::test(start_paused = true)]
async fn function_forms_with_a_name_follow_theirs_from_the_call_after_their_first() {
    let _clock = ManualClock::install();
    let script = || Script::new(FAILS);
    let mut calls = 0;
    let mut by_retry = |script: Script| {
        let form = || {
            calls += 1;
            script.attempt()
        };
        retry(form).times(2).name("exchanged form").call().unwrap_err();
        std::mem::take(&mut calls)
    };
    assert_eq!(by_retry(script()), 2);
    assert!(seam::exchange(site("exchanged form"), RetryPolicy::new().times(4)));
    assert_eq!(by_retry(script()), 4);
    assert!(seam::exchange_poll(site("exchanged form"), PollPolicy::new().times(1)));
    assert_eq!(by_retry(script()), 2, "the policy of a poll is not one of a retry");

    let mut by_poll = |times| {
        let form = || {
            calls += 1;
            Ok::<_, Error>(1)
        };
        let poll = poll(form).until(|value| *value == 9).times(times).name("exchanged poll form");
        poll.call().unwrap_err();
        std::mem::take(&mut calls)
    };
    assert_eq!(by_poll(2), 2);
    assert!(seam::exchange_poll(site("exchanged poll form"), PollPolicy::new().times(3)));
    assert_eq!(by_poll(2), 3);
}

#[retry(times = 2, interval = 0s)]
fn without_a_name() -> Result<u8, Error> {
    Err(Error::Busy)
}

#[test]
fn only_a_site_with_a_name_is_exchanged_and_only_for_a_policy_of_its_kind() {
    without_a_name().unwrap_err();
    assert!(!seam::exchange(site("telemetry::exchange::without_a_name"), RetryPolicy::new()));
    assert!(!seam::exchange_poll(site("exchanged sync"), PollPolicy::new()));
    assert!(!seam::exchange(site("exchanged poll"), RetryPolicy::new()));
}
