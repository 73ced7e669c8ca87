//! What calls do after overrides were applied, for each kind of function.

use std::time::Duration;

use resilience::settings::{OverrideProblem, Overrides};
use resilience::testing::ManualClock;
use resilience::{PollPolicy, RetryPolicy, TimedOut, asyncbackoff, asyncretry, poll, retry};
use tokio::time::Instant;

use crate::{alone, apply, read};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Down;

impl From<TimedOut> for Down {
    fn from(_: TimedOut) -> Self {
        Self
    }
}

#[retry(times = 2, interval = 1s, name = "apply.sync")]
fn sync(calls: &mut u32) -> Result<u32, Down> {
    *calls += 1;
    Err(Down)
}

#[retry(times = 2, interval = 1s, deadline = forever, name = "apply.async")]
async fn asynchronous(calls: &mut u32) -> Result<u32, Down> {
    *calls += 1;
    Err(Down)
}

#[asyncbackoff(attempt_timeout = 1s, deadline = 100s, max_tries = 2, pause = 0s, name = "apply.backoff")]
async fn hangs(calls: &mut u32) -> Result<u32, Down> {
    *calls += 1;
    std::future::pending().await
}

#[asyncretry(2, pause = 1s, name = "apply.asyncretry")]
async fn shortcut(calls: &mut u32) -> Result<u32, Down> {
    *calls += 1;
    Err(Down)
}

#[poll(until(9), timeout = 2s, name = "apply.poll")]
fn polled(calls: &mut u32) -> Result<u32, TimedOut> {
    *calls += 1;
    Ok(0)
}

#[poll(until(9), timeout = 2s, attempt_timeout = 2s, name = "apply.async_poll")]
async fn polled_async(calls: &mut u32) -> Result<u32, TimedOut> {
    *calls += 1;
    if *calls == 1 { std::future::pending().await } else { Ok(*calls) }
}

#[retry(times = N, interval = 1s, name = "apply.generic")]
fn generic<const N: u32>(calls: &mut u32) -> Result<u32, Down> {
    *calls += 1;
    Err(Down)
}

#[retry(times = 2, budget = 50%, interval = 1s, name = "apply.budget")]
fn budgeted(calls: &mut u32) -> Result<u32, Down> {
    *calls += 1;
    Err(Down)
}

struct Service {
    calls: u32,
}

impl Service {
    #[retry(times = 2, interval = 1s, name = "apply.method")]
    fn method(&mut self) -> Result<u32, Down> {
        self.calls += 1;
        Err(Down)
    }
}

/// The number of calls, and how long they took.
fn timed(call: impl FnOnce(&mut u32)) -> (u32, Duration) {
    let clock = ManualClock::install();
    let mut calls = 0;
    call(&mut calls);
    (calls, clock.elapsed())
}

#[test]
fn a_sync_function_follows_its_overrides_until_they_are_reverted() {
    let _alone = alone();
    let call = || timed(|calls| _ = sync(calls).unwrap_err());
    assert_eq!(call(), (2, SECOND));
    apply("[retry.'apply.sync']\ntimes = 4\ninterval = '5s'");
    assert_eq!(call(), (4, 15 * SECOND));
    apply("[retry.'apply.sync']\nbackoff = { exponential = '1s' }");
    assert_eq!(call(), (2, SECOND), "options that are not overridden any more go back to the code");
    apply("[retry.'apply.sync']\ntimes = 4\nbackoff = { exponential = '1s' }");
    assert_eq!(call(), (4, 7 * SECOND));
    apply("");
    assert_eq!(call(), (2, SECOND));
}

#[tokio::test(start_paused = true)]
async fn async_functions_follow_their_overrides() {
    let _alone = alone();
    apply(
        "[retry.'apply.async']\ntimes = 'forever'\ndeadline = '10s'\ninterval = '3s'\n\
         [asyncbackoff.'apply.backoff']\nattempt_timeout = '5s'\nmax_tries = 3\n\
         [asyncretry.'apply.asyncretry']\nmax_tries = 4\npause = '7s'",
    );
    let (started, mut calls) = (Instant::now(), 0);
    asynchronous(&mut calls).await.unwrap_err();
    assert_eq!((calls, started.elapsed()), (4, 9 * SECOND), "the deadline is one of the override's");
    let (started, mut calls) = (Instant::now(), 0);
    hangs(&mut calls).await.unwrap_err();
    assert_eq!((calls, started.elapsed()), (3, 15 * SECOND));
    let (started, mut calls) = (Instant::now(), 0);
    shortcut(&mut calls).await.unwrap_err();
    assert_eq!((calls, started.elapsed()), (4, 21 * SECOND));
    apply("");
    let (started, mut calls) = (Instant::now(), 0);
    hangs(&mut calls).await.unwrap_err();
    asynchronous(&mut calls).await.unwrap_err();
    shortcut(&mut calls).await.unwrap_err();
    assert_eq!((calls, started.elapsed()), (6, 4 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn polls_follow_their_overrides_with_an_initial_delay() {
    let _alone = alone();
    apply(
        "[poll.'apply.poll']\ntimeout = '10s'\ninitial_delay = '4s'\ninterval = '2s'\n\
         [poll.'apply.async_poll']\ntimeout = '1min'\nattempt_timeout = '20s'\ninterval = '1s'\ntimes = 3",
    );
    let call = || timed(|calls| _ = polled(calls).unwrap_err());
    assert_eq!(call(), (4, 10 * SECOND), "at 4, 6, 8 and 10 s");
    let (started, mut calls) = (Instant::now(), 0);
    polled_async(&mut calls).await.unwrap_err();
    assert_eq!((calls, started.elapsed()), (3, 22 * SECOND));
    apply("");
    assert_eq!(call(), (3, 2 * SECOND));
}

#[test]
fn a_generic_function_takes_the_override_over_the_options_of_each_instance() {
    let _alone = alone();
    let three = || timed(|calls| _ = generic::<3>(calls).unwrap_err());
    let five = || timed(|calls| _ = generic::<5>(calls).unwrap_err());
    apply("[retry.'apply.generic']\ninterval = '2s'");
    assert_eq!((three(), five()), ((3, 4 * SECOND), (5, 8 * SECOND)));
    apply("[retry.'apply.generic']\ntimes = 2");
    assert_eq!((three(), five()), ((2, SECOND), (2, SECOND)));
}

#[test]
fn methods_and_functions_with_a_budget_are_overridden() {
    let _alone = alone();
    apply("[retry.'apply.method']\ntimes = 3\n[retry.'apply.budget']\ntimes = 4\njitter = 'none'");
    let _clock = ManualClock::install();
    let mut service = Service { calls: 0 };
    service.method().unwrap_err();
    let mut calls = 0;
    budgeted(&mut calls).unwrap_err();
    assert_eq!((service.calls, calls), (3, 4));
}

fn by_form(times: u32) -> (u32, Duration) {
    timed(|calls| {
        let operation = || {
            *calls += 1;
            Err::<(), _>(Down)
        };
        retry(operation).times(times).interval(SECOND).name("apply.form").call().expect_err("it fails");
    })
}

#[test]
fn function_forms_follow_their_overrides_over_their_own_settings_from_their_first_call() {
    let _alone = alone();
    let overrides = read("[retry.'apply.form']\ninterval = '2s'\n[poll.'apply.other form']\ntimes = 2");
    let warnings = overrides.apply().unwrap().to_string();
    assert!(
        warnings.contains(
            "poll.\"apply.other form\": nothing has the name `apply.other form` yet; a function form or layer \
             that is made later may have it"
        ),
        "{warnings}"
    );
    assert_eq!((by_form(3), by_form(4)), ((3, 4 * SECOND), (4, 6 * SECOND)));
    let polled = || {
        let operation = || Ok::<_, Down>(0);
        let poll = poll(operation).until(|value| *value == 9).times(5).interval(SECOND);
        poll.name("apply.other form").call()
    };
    let clock = ManualClock::install();
    polled().unwrap_err();
    assert_eq!(clock.elapsed(), SECOND, "the override from before its first call");
    apply("");
    polled().unwrap_err();
    assert_eq!(clock.elapsed(), 5 * SECOND);
    assert_eq!(by_form(3), (3, 2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_a_function_form_does_not_have_is_not_added_by_an_override() {
    let _alone = alone();
    let call = async |policy: RetryPolicy| {
        let started = Instant::now();
        let mut calls = 0;
        let operation = async || {
            calls += 1;
            tokio::time::sleep(4 * SECOND).await;
            Err::<(), _>(Down)
        };
        retry(operation)
            .policy(policy.times(2).interval(SECOND))
            .name("apply.limits")
            .run()
            .await
            .unwrap_err();
        (calls, started.elapsed())
    };
    call(RetryPolicy::new()).await;
    apply("[retry.'apply.limits']\nattempt_timeout = '1s'\ndeadline = '2s'");
    assert_eq!(call(RetryPolicy::new()).await, (2, 9 * SECOND));
    assert_eq!(call(RetryPolicy::new().attempt_timeout(3 * SECOND)).await, (2, 3 * SECOND));
    assert_eq!(call(RetryPolicy::new().deadline(60 * SECOND)).await, (1, 2 * SECOND));
    let unlimited = RetryPolicy::new().deadline(Duration::MAX);
    assert_eq!(call(unlimited).await, (1, 2 * SECOND), "a deadline that never comes makes room for one");
    apply("");
    assert_eq!(call(unlimited).await, (2, 9 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_running_call_keeps_the_policy_that_it_began_with() {
    let _alone = alone();
    let started = Instant::now();
    let (mut before, mut after) = (0, 0);
    let first = async {
        asynchronous(&mut before).await.unwrap_err();
        started.elapsed()
    };
    let second = async {
        tokio::task::yield_now().await;
        apply("[retry.'apply.async']\ntimes = 3\ninterval = '1min'");
        asynchronous(&mut after).await.unwrap_err();
        started.elapsed()
    };
    let reverting = async {
        tokio::time::sleep(30 * SECOND).await;
        apply("");
    };
    let (first, second, ()) = tokio::join!(first, second, reverting);
    assert_eq!((first, before), (SECOND, 2), "it began with the policy in the code");
    assert_eq!((second, after), (120 * SECOND, 3), "it began before the override was reverted");
}

#[test]
fn nothing_is_applied_if_there_is_an_error() {
    let _alone = alone();
    apply("[retry.'apply.sync']\ntimes = 3");
    let wrong = read("[retry.'apply.sync']\ntimes = 5\n[retry.'apply.method']\ntimes = 0");
    let error = wrong.apply().unwrap_err();
    assert_eq!(error.iter().next().map(OverrideProblem::path), Some("retry.\"apply.method\".times"));
    let call = || timed(|calls| _ = sync(calls).unwrap_err());
    assert_eq!(call(), (3, 2 * SECOND), "the earlier override is still in force");
}

#[test]
fn a_merged_override_takes_each_option_from_the_later_one() {
    let _alone = alone();
    let file = read("[retry.'apply.sync']\ntimes = 3\ninterval = '2s'");
    let other = read("[retry.'apply.sync']\ntimes = 5\n[retry.'apply.method']\ntimes = 1");
    file.merge(other).apply().unwrap();
    assert_eq!(timed(|calls| _ = sync(calls).unwrap_err()), (5, 8 * SECOND));
}

#[test]
fn an_empty_text_in_any_format_reverts_everything() {
    let _alone = alone();
    for empty in [
        Overrides::default(),
        toml::from_str("").unwrap(),
        serde_json::from_str("{}").unwrap(),
        serde_json::from_str("null").unwrap(),
    ] {
        apply("[retry.'apply.sync']\ntimes = 1");
        assert_eq!(timed(|calls| _ = sync(calls).unwrap_err()).0, 1);
        empty.apply().unwrap();
        assert_eq!(timed(|calls| _ = sync(calls).unwrap_err()).0, 2);
    }
}

#[test]
fn policies_that_are_read_from_a_file_are_used_as_those_in_the_code() {
    let policy: RetryPolicy = toml::from_str("times = 4\ninterval = '0s'").unwrap();
    let mut calls = 0;
    policy
        .execute(|| {
            calls += 1;
            Err::<(), _>(Down)
        })
        .unwrap_err();
    assert_eq!(calls, 4);
    let policy: PollPolicy = toml::from_str("times = 3\ninterval = '0s'").unwrap();
    let mut calls = 0;
    let mut operation = || {
        calls += 1;
        Ok::<_, Down>(calls)
    };
    poll(&mut operation).until(|calls| *calls == 9).policy(policy).call().unwrap_err();
    assert_eq!(calls, 3);
}

#[retry(times = 3, backoff = exponential(1s), jitter = full, name = "apply.jittered")]
fn jittered() -> Result<(), &'static str> {
    Err("down")
}

#[test]
fn a_backoff_without_jitter_replaces_one_with_jitter() {
    let _alone = alone();
    for backoff in ["{ exponential = '2s', jitter = 'none' }", "'exponential(2s, jitter = none)'"] {
        apply(&format!("[retry.'apply.jittered']\nbackoff = {backoff}"));
        let clock = ManualClock::install();
        jittered().unwrap_err();
        assert_eq!(clock.elapsed(), Duration::from_secs(6), "{backoff}");
    }
}
