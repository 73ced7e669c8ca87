//! Infinite times, clocks at the end of their range, and zero delays.

use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Waker};
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Alarm, Limit, TimedOut, asyncbackoff, asyncretry, poll, retry};

use crate::script::ms;

const YEARS: Duration = Duration::from_secs(20 * 365 * 24 * 3600);

#[retry(times = 3, interval = Duration::MAX)]
fn waits_for_ever() -> Result<(), u8> {
    Err(1)
}

#[test]
fn a_blocking_wait_of_forever_moves_the_clock_to_its_end() {
    let clock = ManualClock::install();
    assert_eq!(waits_for_ever(), Err(1));
    assert_eq!(clock.elapsed(), Duration::MAX);
    assert_eq!(retry(|| Err::<(), _>(2)).interval(Duration::MAX).times(3).call(), Err(2));
}

#[retry(times = 2, interval = Duration::MAX, attempt_timeout = Duration::MAX, deadline = Duration::MAX)]
async fn waits_for_ever_async() -> Result<(), TimedOut> {
    Err(first_timeout())
}

#[poll(until = |()| false, timeout = Duration::MAX, interval = Duration::MAX, hold_for = Duration::MAX)]
async fn polls_for_ever_async() -> Result<(), TimedOut> {
    Ok(())
}

#[asyncbackoff(Duration::MAX, Duration::MAX, Duration::MAX, on = |_| true)]
async fn backs_off_for_ever() -> Result<(), TimedOut> {
    Err(first_timeout())
}

/// Any `TimedOut` will do.
fn first_timeout() -> TimedOut {
    #[poll(until = |()| false, timeout = 0s)]
    fn never() -> Result<(), TimedOut> {
        Ok(())
    }
    never().expect_err("it never ends well")
}

#[tokio::test(start_paused = true)]
async fn an_async_wait_of_forever_is_still_waiting_after_decades() {
    assert!(tokio::time::timeout(YEARS, waits_for_ever_async()).await.is_err());
    assert!(tokio::time::timeout(YEARS, polls_for_ever_async()).await.is_err());
    assert!(tokio::time::timeout(YEARS, backs_off_for_ever()).await.is_err());
    let by_function = retry(async || Err::<(), _>(())).interval(Duration::MAX).run();
    assert!(tokio::time::timeout(YEARS, by_function).await.is_err());
    let by_function =
        poll(async || Ok::<_, ()>(())).until(|()| false).interval(Duration::MAX).forever().run();
    assert!(tokio::time::timeout(YEARS, by_function).await.is_err());
}

#[retry(times = 3, interval = 1s, deadline = 10s)]
fn within_ten_seconds() -> Result<(), u8> {
    Err(3)
}

#[test]
fn a_clock_at_the_end_of_time_is_no_panic() {
    let clock = ManualClock::install();
    clock.advance(Duration::MAX);
    clock.advance(Duration::MAX);
    assert_eq!(within_ten_seconds(), Err(3));
    let polled = poll(|| Ok::<_, ()>(0)).until(|n| *n == 1).timeout(Duration::MAX).times(2).call();
    assert!(polled.is_err());
}

#[test]
fn a_synchronous_wait_counts_even_if_the_clock_stands_still() {
    // Tokio's paused clock does not move for a thread that blocks.
    let calls = AtomicU32::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread().start_paused(true).enable_time().build();
    let operation = || {
        let call = calls.fetch_add(1, Relaxed);
        assert!(call < 100, "it never ends");
        Err::<(), _>(call)
    };
    let result = runtime
        .expect("a runtime")
        .block_on(async { retry(operation).forever().interval(ms(1)).deadline(ms(5)).call() });
    assert_eq!(result, Err(4));
}

#[asyncretry(3)]
async fn three_at_once(calls: &AtomicU32) -> Result<(), u32> {
    Err(calls.fetch_add(1, Relaxed))
}

#[retry(times = 3, interval = 0s)]
async fn three_without_a_wait(calls: &AtomicU32) -> Result<(), u32> {
    Err(calls.fetch_add(1, Relaxed))
}

#[poll(until = |_| false, times = 3, interval = 0s)]
async fn three_looks_without_a_wait(calls: &AtomicU32) -> Result<u32, TimedOut> {
    Ok(calls.fetch_add(1, Relaxed))
}

/// How often a future has to be polled; the waker does nothing, so nothing else drives it.
fn polls_of(future: impl Future, calls: &AtomicU32) -> Vec<u32> {
    let mut future = pin!(future);
    let mut calls_after = Vec::new();
    loop {
        let poll = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        calls_after.push(calls.load(Relaxed));
        if poll.is_ready() {
            return calls_after;
        }
        assert!(calls_after.len() < 100, "it is never ready");
    }
}

#[test]
fn a_zero_wait_yields_once_and_needs_no_runtime() {
    // One attempt per poll: between any two of them others get to run. There is no runtime here at all.
    let calls = AtomicU32::new(0);
    assert_eq!(polls_of(three_at_once(&calls), &calls), [1, 2, 3]);
    let calls = AtomicU32::new(0);
    assert_eq!(polls_of(three_without_a_wait(&calls), &calls), [1, 2, 3]);
    let calls = AtomicU32::new(0);
    assert_eq!(polls_of(three_looks_without_a_wait(&calls), &calls), [1, 2, 3]);
    let calls = AtomicU32::new(0);
    let by_function = retry(async || Err::<(), _>(calls.fetch_add(1, Relaxed))).interval(ms(0)).run();
    assert_eq!(polls_of(by_function, &calls), [1, 2, 3]);
    let calls = AtomicU32::new(0);
    let by_function = poll(async || Ok::<_, ()>(calls.fetch_add(1, Relaxed)));
    assert_eq!(polls_of(by_function.until(|n| *n == 2).interval(ms(0)).run(), &calls), [1, 2, 3]);
}

#[test]
fn a_zero_wait_needs_no_timer_of_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without timers");
    let calls = AtomicU32::new(0);
    assert_eq!(runtime.block_on(three_without_a_wait(&calls)), Err(2));
    assert_eq!(runtime.block_on(three_at_once(&calls)), Err(5));
}

#[retry(times = 3, interval = 0s, attempt_timeout = 1s, deadline = 9s)]
async fn at_once_under_limits(calls: &AtomicU32) -> Result<u32, TimedOut> {
    Ok(calls.fetch_add(1, Relaxed))
}

#[test]
fn an_attempt_that_is_ready_at_once_needs_no_timer_for_its_limits() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without timers");
    let calls = AtomicU32::new(0);
    assert_eq!(runtime.block_on(at_once_under_limits(&calls)), Ok(0));
}

#[test]
fn a_sibling_task_runs_while_zero_waits_go_on() {
    #[retry(times = forever, interval = 0s)]
    async fn until_set(flag: &AtomicU32) -> Result<(), ()> {
        if flag.load(Relaxed) == 1 { Ok(()) } else { Err(()) }
    }
    for threads in [0, 1, 2] {
        let mut builder = match threads {
            0 => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        if threads > 0 {
            builder.worker_threads(threads);
        }
        let runtime = builder.build().expect("a runtime");
        runtime.block_on(async {
            let flag = std::sync::Arc::new(AtomicU32::new(0));
            let waits = std::sync::Arc::clone(&flag);
            let waiting = tokio::spawn(async move { until_set(&waits).await });
            let sets = tokio::spawn(async move { flag.store(1, Relaxed) });
            assert_eq!(waiting.await.expect("no panic"), Ok(()));
            sets.await.expect("no panic");
        });
    }
}

#[derive(Debug, PartialEq)]
enum Told {
    TimedOut(TimedOut),
    Alarm(Alarm<u8>),
}

impl From<TimedOut> for Told {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<Alarm<u8>> for Told {
    fn from(alarm: Alarm<u8>) -> Self {
        Self::Alarm(alarm)
    }
}

#[retry(times = 2, interval = 1s, attempt_timeout = 2s, deadline = 4s)]
async fn hangs() -> Result<u8, Told> {
    std::future::pending().await
}

#[retry(deadline = 4s, name = "payments")]
async fn hangs_by_name() -> Result<u8, Told> {
    std::future::pending().await
}

#[poll(until = |_| false, times = 2)]
fn looks_twice() -> Result<u8, Told> {
    Ok(1)
}

#[poll(until = |_| false, timeout = 2s)]
fn looks_for_two_seconds() -> Result<u8, Told> {
    Ok(1)
}

#[poll(until = |_| false, alarm(1))]
fn rings() -> Result<u8, Told> {
    Ok(1)
}

fn timed_out<T: std::fmt::Debug>(result: Result<T, Told>) -> TimedOut {
    match result {
        Err(Told::TimedOut(timed_out)) => timed_out,
        other => panic!("expected a timeout, not {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_names_the_function_and_the_limit_that_ended_it() {
    let secs = Duration::from_secs;
    let error = timed_out(hangs().await);
    assert_eq!(error.function(), concat!(module_path!(), "::hangs"));
    // The second attempt began at 3 s, and the deadline came before its own limit.
    assert_eq!((error.limit(), error.attempts(), error.elapsed()), (Limit::Deadline(secs(4)), 2, secs(4)));
    assert_eq!(timed_out(hangs_by_name().await).function(), "payments");

    let by_name = retry(async || std::future::pending::<Result<u8, Told>>().await).name("by hand");
    let error = timed_out(by_name.times(1).attempt_timeout(secs(2)).run().await);
    assert_eq!((error.function(), error.limit()), ("by hand", Limit::AttemptTimeout(secs(2))));
}

#[test]
fn a_poll_that_ends_says_by_which_limit() {
    let _clock = ManualClock::install();
    let error = timed_out(looks_twice());
    assert_eq!((error.limit(), error.attempts()), (Limit::Times(2), 2));
    assert_eq!(error.elapsed(), Duration::from_secs(1));
    let error = timed_out(looks_for_two_seconds());
    assert_eq!((error.limit(), error.attempts()), (Limit::Timeout(Duration::from_secs(2)), 3));
}

#[poll(until = |()| true, hold_for = 20s)]
fn held_longer_than_the_default() -> Result<(), TimedOut> {
    Ok(())
}

#[poll(until = |()| true, attempt_timeout = 20s)]
async fn hangs_longer_than_the_default() -> Result<(), TimedOut> {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn the_default_timeout_gives_way_to_what_it_has_to_leave_time_for() {
    let secs = Duration::from_secs;
    let clock = ManualClock::install();
    assert_eq!((held_longer_than_the_default(), clock.elapsed()), (Ok(()), secs(20)));
    drop(clock);
    let timed_out = hangs_longer_than_the_default().await.expect_err("it hangs");
    assert_eq!((timed_out.attempts(), timed_out.elapsed()), (1, secs(20)));
}

#[tokio::test(start_paused = true)]
async fn a_builder_takes_the_nearest_value_that_makes_sense() {
    let calls = AtomicU32::new(0);
    let fails = || Err::<(), _>(calls.fetch_add(1, Relaxed));
    assert_eq!(retry(fails).times(0).call(), Err(0));
    assert_eq!(retry(fails).deadline(Duration::ZERO).call(), Err(1));
    // No ratio: the jitter is left as it was.
    let odd = resilience::Jitter::Ratio(1.5);
    assert_eq!(retry(fails).times(1).jitter(odd).call(), Err(2));
    assert!(poll(fails).until(|()| true).times(0).jitter(odd).call().is_err());
    let looks = || Ok::<_, u8>(calls.fetch_add(1, Relaxed));
    assert!(poll(looks).until(|_| false).times(0).call().is_err());
    assert!(poll(fails).until(|()| true).ignore(|_| true).max_ignored(0).call().is_err());
    assert_eq!(calls.load(Relaxed), 6);
    let hangs = async || std::future::pending::<Result<(), std::io::Error>>().await;
    let start = tokio::time::Instant::now();
    let hung = retry(hangs).times(2).interval(ms(0)).attempt_timeout(Duration::ZERO).run().await;
    assert_eq!(hung.map_err(|error| error.kind()), Err(std::io::ErrorKind::TimedOut));
    assert!(poll(hangs).until(|()| true).times(1).attempt_timeout(Duration::ZERO).run().await.is_err());
    assert!(start.elapsed() < ms(100), "{:?}", start.elapsed());
}

#[retry]
fn panics(calls: &AtomicU32) -> Result<(), u8> {
    calls.fetch_add(1, Relaxed);
    panic!("in the attempt")
}

#[retry(attempt_timeout = 1s)]
async fn panics_under_a_limit(calls: &AtomicU32) -> Result<(), TimedOut> {
    tokio::task::yield_now().await;
    calls.fetch_add(1, Relaxed);
    panic!("in the attempt")
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_an_attempt_is_not_caught_and_ends_the_call() {
    let calls = std::sync::Arc::new(AtomicU32::new(0));
    let caught = std::panic::catch_unwind(|| panics(&calls)).expect_err("it goes through");
    assert_eq!(caught.downcast_ref(), Some(&"in the attempt"));
    let counts = std::sync::Arc::clone(&calls);
    let ended = tokio::spawn(async move { panics_under_a_limit(&counts).await }).await;
    assert!(ended.expect_err("it goes through").is_panic());
    assert_eq!(calls.load(Relaxed), 2);
}

#[test]
fn the_settings_of_a_builder_may_come_in_any_order() {
    let secs = Duration::from_secs;
    let asked = || poll(|| Ok::<_, u8>(())).until(|()| true);
    let cases = [
        (asked().hold_for(secs(20)).timeout(secs(60)), secs(20)),
        (asked().timeout(secs(60)).hold_for(secs(20)), secs(20)),
        // The default timeout gives way; one that was set does not, and cuts it.
        (asked().hold_for(secs(20)), secs(20)),
        (asked().hold_for(secs(20)).timeout(secs(5)), secs(5)),
        (asked().initial_delay(secs(20)), secs(20)),
        (asked().initial_delay(secs(20)).timeout(secs(5)), secs(5)),
        (asked().timeout(secs(5)).initial_delay(Duration::MAX), secs(5)),
    ];
    for (poll, held) in cases {
        let clock = ManualClock::install();
        assert_eq!((poll.call(), clock.elapsed()), (Ok(()), held));
    }
}

#[test]
fn an_alarm_names_the_function_and_carries_the_value() {
    let Err(Told::Alarm(alarm)) = rings() else { panic!("no alarm") };
    assert_eq!(alarm.function(), concat!(module_path!(), "::rings"));
    assert_eq!((alarm.attempts(), alarm.into_value()), (1, 1));
}

#[asyncbackoff(100ms, 1s, on = |_| true)]
async fn busy_without_a_pause() -> Result<(), TimedOut> {
    Err(first_timeout())
}

#[poll(until = |()| true, hold_for = 1s, timeout = 2s, interval = 0s)]
async fn holds_without_a_pause() -> Result<(), TimedOut> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn attempts_without_a_pause_reach_their_deadline_under_a_clock_that_stands_still() {
    let start = tokio::time::Instant::now();
    assert!(busy_without_a_pause().await.is_err());
    assert!(start.elapsed() <= Duration::from_secs(1));
    assert_eq!(holds_without_a_pause().await, Ok(()));
    let clock = ManualClock::install();
    let busy =
        retry(|| Err::<(), _>(1)).forever().interval(Duration::ZERO).deadline(Duration::from_secs(1)).call();
    assert_eq!(busy, Err(1));
    assert!(clock.elapsed() <= Duration::from_secs(1));
}

#[poll(until = |()| false, timeout = 15s, interval = 5s)]
async fn hangs_at_the_end(looks: &AtomicU32) -> Result<(), TimedOut> {
    if looks.fetch_add(1, Relaxed) == 3 {
        std::future::pending::<()>().await;
    }
    Ok(())
}

#[poll(until = |()| false, timeout = 15s, interval = 1s)]
async fn hangs_before_the_end() -> Result<(), TimedOut> {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_hangs_ends_with_its_timeout_or_one_wait_after_it() {
    let before = hangs_before_the_end().await.unwrap_err();
    assert_eq!((before.elapsed(), before.attempts()), (Duration::from_secs(15), 1));
    let at_the_end = hangs_at_the_end(&AtomicU32::new(0)).await.unwrap_err();
    assert_eq!((at_the_end.elapsed(), at_the_end.attempts()), (Duration::from_secs(20), 4));
}

#[test]
fn manual_clocks_may_be_replaced_nested_and_moved_to_the_end_of_time() {
    let mut clock = ManualClock::install();
    clock.advance(Duration::from_secs(1));
    drop(std::mem::replace(&mut clock, ManualClock::install()));
    assert_eq!(retry(|| Err::<(), _>(1)).interval(YEARS).times(2).call(), Err(1));
    assert_eq!(clock.elapsed(), YEARS);
    {
        let inner = ManualClock::install();
        assert_eq!(inner.elapsed(), Duration::ZERO);
    }
    let mut attempts = 0;
    let ended = retry(|| {
        attempts += 1;
        clock.advance(Duration::MAX);
        Err::<(), _>(attempts)
    });
    assert_eq!(ended.times(20).interval(Duration::ZERO).deadline(Duration::from_secs(10)).call(), Err(1));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lifted_in_a_builder_lifts_the_other() {
    let slow = async || {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok::<_, TimedOut>(())
    };
    let secs = Duration::from_secs;
    assert_eq!(retry(slow).deadline(secs(1)).attempt_timeout(secs(5)).deadline(secs(20)).run().await, Ok(()));
}
