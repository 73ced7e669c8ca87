//! `aiomisc`: `asyncbackoff`, `asyncretry`, and the `Backoff` object.

use std::cell::Cell;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::time::Duration;

use resilience::{RetryPolicy, TimedOut, asyncbackoff, asyncretry};
use tokio::time::{Instant, sleep, timeout};

use crate::{Error, ms, secs};

/// Calls that take so long each; how many were begun, and how many were seen through.
struct Db {
    takes: Duration,
    begun: AtomicU16,
    done: AtomicU16,
    start: Instant,
}

impl Db {
    fn new(takes: Duration) -> Self {
        Self { takes, begun: AtomicU16::new(0), done: AtomicU16::new(0), start: Instant::now() }
    }

    async fn call(&self) -> u16 {
        let number = self.begun.fetch_add(1, Relaxed) + 1;
        sleep(self.takes).await;
        self.done.fetch_add(1, Relaxed);
        number
    }

    /// Calls begun, calls seen through, time.
    fn figures(&self) -> (u16, u16, Duration) {
        (self.begun.load(Relaxed), self.done.load(Relaxed), self.start.elapsed())
    }
}

#[asyncbackoff(attempt_timeout = 100ms, deadline = 1s, pause = 100ms)]
async fn by_name(db: &Db) -> Result<u16, Error> {
    Ok(db.call().await)
}

#[asyncbackoff(100ms, 1s, 100ms)]
async fn by_position(db: &Db) -> Result<u16, Error> {
    Ok(db.call().await)
}

#[asyncbackoff(100ms, _, 100ms, max_tries = 3)]
async fn without_a_deadline(db: &Db) -> Result<u16, Error> {
    Ok(db.call().await)
}

#[asyncbackoff(_, 1s)]
async fn only_a_deadline(db: &Db) -> Result<u16, Error> {
    Ok(db.call().await)
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_lets_a_call_that_is_quick_enough_through() {
    let db = Db::new(ms(99));
    assert_eq!(by_name(&db).await, Ok(1));
    assert_eq!(db.figures(), (1, 1, ms(99)));
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_cancels_an_attempt_that_takes_too_long_and_tries_again_until_the_deadline() {
    for positional in [false, true] {
        let db = Db::new(ms(101));
        let result = if positional { by_position(&db).await } else { by_name(&db).await };
        assert!(matches!(result, Err(Error::TimedOut(_))), "{result:?}");
        // At 0, 200, 400, 600 and 800 ms; a sixth could only start at the deadline.
        assert_eq!(db.figures(), (5, 0, ms(900)));
    }
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_leaves_a_time_out_with_an_underscore() {
    let db = Db::new(ms(101));
    assert!(without_a_deadline(&db).await.is_err());
    assert_eq!(db.figures(), (3, 0, ms(500)));
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_cancels_everything_at_the_deadline_even_in_the_middle_of_an_attempt() {
    let db = Db::new(secs(9));
    let Err(Error::TimedOut(timed_out)) = only_a_deadline(&db).await else { panic!("it takes nine seconds") };
    assert_eq!(db.figures(), (1, 0, secs(1)));
    assert_eq!((timed_out.attempts(), timed_out.elapsed()), (1, secs(1)));
}

#[asyncbackoff(100ms, 1s, 700ms, on(Error::Status(_)))]
async fn with_a_long_pause(db: &Db) -> Result<u16, Error> {
    Err(Error::Status(db.call().await))
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_does_not_begin_a_pause_that_the_deadline_would_cut() {
    // Python sleeps on and is cancelled in the middle; the answer is the same, and here it comes earlier.
    let db = Db::new(ms(10));
    assert_eq!(with_a_long_pause(&db).await, Err(Error::Status(2)));
    assert_eq!(db.figures(), (2, 2, ms(720)));
}

#[asyncbackoff(attempt_timeout = 100ms, max_tries = 2, giveup = |_| true)]
async fn gives_up_on_everything(db: &Db) -> Result<u16, Error> {
    Ok(db.call().await)
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_always_tries_again_after_a_timeout() {
    let db = Db::new(secs(1));
    assert!(gives_up_on_everything(&db).await.is_err());
    assert_eq!(db.figures(), (2, 0, ms(200)));
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_pauses_not_at_all_by_default() {
    #[asyncbackoff(100ms, max_tries = 5)]
    async fn five_times(db: &Db) -> Result<u16, Error> {
        Ok(db.call().await)
    }
    let db = Db::new(secs(1));
    assert!(five_times(&db).await.is_err());
    assert_eq!(db.figures(), (5, 0, ms(500)));
}

#[asyncbackoff(100ms, 1s)]
async fn without_exceptions(db: &Db) -> Result<u16, Error> {
    Err(Error::Status(db.call().await))
}

#[asyncbackoff(100ms, 1s, 10ms, on(Error::Status(..3)))]
async fn with_exceptions(db: &Db) -> Result<u16, Error> {
    Err(Error::Status(db.call().await))
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_without_exceptions_retries_only_timeouts() {
    let db = Db::new(ms(10));
    assert_eq!(without_exceptions(&db).await, Err(Error::Status(1)));
    assert_eq!(db.figures(), (1, 1, ms(10)));
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_retries_the_exceptions_it_is_given_and_no_others() {
    let db = Db::new(ms(10));
    assert_eq!(with_exceptions(&db).await, Err(Error::Status(3)));
    assert_eq!(db.figures(), (3, 3, ms(50)));
}

#[asyncbackoff(max_tries = 4, pause = 50ms, on = |_| true)]
async fn four_tries(db: &Db) -> Result<u16, Error> {
    Err(Error::Status(db.call().await))
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_counts_calls_in_total() {
    let db = Db::new(ms(10));
    assert_eq!(four_tries(&db).await, Err(Error::Status(4)));
    assert_eq!(db.figures(), (4, 4, ms(190)));
}

#[asyncbackoff(max_tries = 9, on(Error::Status(_)), giveup(Error::Status(2)))]
async fn gives_up_at_two(db: &Db) -> Result<u16, Error> {
    Err(Error::Status(db.call().await))
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_that_gives_up_ends_with_that_error() {
    let db = Db::new(ms(10));
    assert_eq!(gives_up_at_two(&db).await, Err(Error::Status(2)));
    assert_eq!(db.figures().0, 2);
}

#[asyncbackoff(100ms, 1s, 100ms, on(Error::Connect))]
async fn refused_once_then_slow(calls: &Cell<u32>) -> Result<u16, Error> {
    calls.set(calls.get() + 1);
    if calls.get() == 1 {
        return Err(Error::Connect);
    }
    sleep(secs(9)).await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn asyncbackoff_out_of_time_returns_the_last_real_error_and_a_timeout_only_if_there_was_none() {
    let calls = Cell::new(0);
    assert_eq!(refused_once_then_slow(&calls).await, Err(Error::Connect));
    // At 0, 100, 300, 500, 700 and 900 ms.
    assert_eq!(calls.get(), 6);
    // This time there is none.
    let result = refused_once_then_slow(&calls).await;
    assert!(matches!(result, Err(Error::TimedOut(_))), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn asyncretry_tries_so_many_times_on_every_error_without_a_pause() {
    #[asyncretry(5)]
    async fn five(db: &Db) -> Result<u16, Error> {
        Err(Error::Status(db.call().await))
    }
    let db = Db::new(ms(10));
    assert_eq!(five(&db).await, Err(Error::Status(5)));
    assert_eq!(db.figures(), (5, 5, ms(50)));
}

#[tokio::test(start_paused = true)]
async fn asyncretry_forever_goes_on_until_it_succeeds() {
    #[asyncretry(forever)]
    async fn without_end(db: &Db) -> Result<u16, Error> {
        let number = db.call().await;
        if number < 1000 { Err(Error::Connect) } else { Ok(number) }
    }
    #[asyncretry(max_tries = forever)]
    async fn by_name(db: &Db) -> Result<u16, Error> {
        let number = db.call().await;
        if number < 1000 { Err(Error::Connect) } else { Ok(number) }
    }
    assert_eq!(without_end(&Db::new(ms(1))).await, Ok(1000));
    assert_eq!(by_name(&Db::new(ms(1))).await, Ok(1000));
}

#[tokio::test(start_paused = true)]
async fn asyncretry_takes_exceptions_a_pause_and_giveup() {
    #[asyncretry(9, on(Error::Status(_)), pause = 100ms, giveup(Error::Status(3)))]
    async fn picky(db: &Db) -> Result<u16, Error> {
        Err(Error::Status(db.call().await))
    }
    #[asyncretry(9, on(Error::Status(_)))]
    async fn refused(db: &Db) -> Result<u16, Error> {
        db.call().await;
        Err(Error::Connect)
    }
    let db = Db::new(ms(10));
    assert_eq!(picky(&db).await, Err(Error::Status(3)));
    assert_eq!(db.figures(), (3, 3, ms(230)));
    let db = Db::new(ms(10));
    assert_eq!(refused(&db).await, Err(Error::Connect));
    assert_eq!(db.figures().0, 1);
}

const BACKOFF: RetryPolicy =
    RetryPolicy::new().attempt_timeout(ms(500)).deadline(secs(5)).interval(ms(100)).times(3);

#[tokio::test(start_paused = true)]
async fn one_policy_serves_many_functions() {
    let db = Db::new(ms(10));
    let failed = BACKOFF.execute_async(async || Err::<(), _>(Error::Status(db.call().await))).await;
    assert_eq!(failed, Err(Error::Status(3)));
    assert_eq!(db.figures(), (3, 3, ms(230)));

    let slow = Db::new(ms(501));
    let cut = BACKOFF.execute_async(async || Ok::<_, Error>(slow.call().await)).await;
    assert!(matches!(cut, Err(Error::TimedOut(_))), "{cut:?}");
    assert_eq!(slow.figures(), (3, 0, ms(1700)));

    let sent = Db::new(ms(10));
    let sent =
        tokio::spawn(
            async move { BACKOFF.execute_send(|| async { Ok::<_, Error>(sent.call().await) }).await },
        );
    assert_eq!(sent.await.expect("no panic"), Ok(1));
}

#[test]
fn one_policy_serves_blocking_functions_too() {
    let clock = resilience::testing::ManualClock::install();
    let mut calls = 0;
    let result = BACKOFF.execute(|| {
        calls += 1;
        Err::<(), _>(calls)
    });
    assert_eq!((result, clock.elapsed()), (Err(3), ms(200)));
}

#[tokio::test(start_paused = true)]
async fn a_policy_serves_annotated_functions() {
    #[asyncbackoff(policy = &BACKOFF, on(Error::Status(_)))]
    async fn governed(db: &Db) -> Result<u16, Error> {
        Err(Error::Status(db.call().await))
    }
    let db = Db::new(ms(10));
    assert_eq!(governed(&db).await, Err(Error::Status(3)));
    assert_eq!(db.figures(), (3, 3, ms(230)));
}

#[test]
fn a_policy_of_values_known_at_run_time_refuses_what_makes_no_sense() {
    let policy = RetryPolicy::new();
    let option =
        |refused: Result<RetryPolicy, resilience::ConfigError>| refused.expect_err("refused").option();
    assert_eq!(option(policy.try_times(0)), "times");
    assert_eq!(option(policy.try_deadline(Duration::ZERO)), "deadline");
    assert_eq!(option(policy.try_attempt_timeout(Duration::ZERO)), "attempt_timeout");
    assert_eq!(option(policy.deadline(ms(1)).try_attempt_timeout(ms(2))), "attempt_timeout");
    assert!(policy.deadline(ms(2)).try_attempt_timeout(ms(2)).is_ok());
}

#[tokio::test(start_paused = true)]
async fn cancelling_from_outside_ends_it_at_once_and_leaves_nothing_behind() {
    let db = Db::new(ms(90));
    // In the first attempt, then in the pause after the second.
    assert!(timeout(ms(40), by_name(&db)).await.is_err());
    assert_eq!(db.figures(), (1, 0, ms(40)));
    let db = Db::new(ms(101));
    assert!(timeout(ms(150), by_name(&db)).await.is_err());
    assert_eq!(db.figures(), (1, 0, ms(150)));
    sleep(secs(60)).await;
    assert_eq!(db.figures().0, 1);
    // The next call is not shortened by those.
    let db = Db::new(ms(101));
    assert!(by_name(&db).await.is_err());
    assert_eq!(db.figures().0, 5);
}

#[tokio::test(start_paused = true)]
async fn cancelling_the_task_ends_it_at_once() {
    let db = std::sync::Arc::new(Db::new(secs(9)));
    let called = std::sync::Arc::clone(&db);
    let task = tokio::spawn(async move { only_a_deadline(&called).await });
    sleep(ms(10)).await;
    task.abort();
    assert!(task.await.expect_err("aborted").is_cancelled());
    assert_eq!(std::sync::Arc::strong_count(&db), 1);
    assert_eq!(db.figures(), (1, 0, ms(10)));
}

#[test]
fn a_timeout_says_which_attempt_limit_ended_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let result = runtime.expect("a runtime").block_on(async { without_a_deadline(&Db::new(secs(1))).await });
    let Err(Error::TimedOut(timed_out)) = result else { panic!("it takes a second") };
    assert_eq!(
        TimedOut::to_string(&timed_out),
        concat!(
            "`",
            module_path!(),
            "::without_a_deadline` timed out: an attempt took longer than 100ms (3 attempts in 500ms)"
        )
    );
}
