//! A poll that ends without a value reports the last results of its attempts.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use resilience::testing::ManualClock;
use resilience::{PollError, TimedOut, asyncbackoff, poll};

/// An error that is not `Send`, as a database's may be.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("connection refused\nby 127.0.0.1")]
    Refused,
    #[error("{0}")]
    Shared(Rc<str>),
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
}

fn timed_out<T: fmt::Debug>(result: Result<T, Error>) -> TimedOut {
    match result.expect_err("the condition is never met") {
        Error::TimedOut(timed_out) => timed_out,
        other => panic!("{other:?}"),
    }
}

/// A value first, then errors that differ.
fn torn(calls: &Cell<u32>) -> Result<u32, Error> {
    calls.set(calls.get() + 1);
    match calls.get() {
        1 => Ok(7),
        2 => Err(Error::Shared("no route".into())),
        _ => Err(Error::Refused),
    }
}

#[poll(until(9), ignore(Error::Refused | Error::Shared(_)), times = 3)]
fn ignores(calls: &Cell<u32>) -> Result<u32, Error> {
    torn(calls)
}

#[poll(until(9), ignore(Error::Refused | Error::Shared(_)), times = 3)]
async fn ignores_asynchronously(calls: &Cell<u32>) -> Result<u32, Error> {
    torn(calls)
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_times_out_says_the_last_ignored_error_and_knows_the_last_value() {
    let sync = {
        let _clock = ManualClock::install();
        timed_out(ignores(&Cell::new(0)))
    };
    for timed_out in [sync, timed_out(ignores_asynchronously(&Cell::new(0)).await)] {
        assert_eq!(timed_out.last_error(), Some("connection refused"), "its first line");
        assert_eq!(timed_out.last_value(), Some("7"));
        let text = timed_out.to_string();
        assert!(text.ends_with(" (3 attempts in 2s; last error: connection refused)"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_function_forms_of_poll_return_the_last_ignored_error_itself() {
    let ended_by_call = {
        let _clock = ManualClock::install();
        let calls = Cell::new(0);
        poll(|| torn(&calls)).until(|n| *n == 9).ignore(|_| true).times(3).call()
    };
    let calls = Cell::new(0);
    let ended_by_run = poll(async || torn(&calls)).until(|n| *n == 9).ignore(|_| true).times(3).run().await;
    for ended in [ended_by_call, ended_by_run] {
        let ended = ended.unwrap_err();
        let text = ended.to_string();
        assert!(
            text.ends_with(" (3 attempts in 2s; last error: connection refused\nby 127.0.0.1)"),
            "{text}"
        );
        let PollError::TimedOut { last, last_error, .. } = ended else { panic!("{text}") };
        assert!(last == Some(7) && matches!(last_error, Some(Error::Refused)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_cut_leaves_the_causes_of_those_before_it() {
    #[poll(until(9), ignore(Error::Refused), interval = 1s, timeout = 2s)]
    async fn hangs(calls: &Cell<u32>) -> Result<u32, Error> {
        calls.set(calls.get() + 1);
        match calls.get() {
            1 => Ok(7),
            2 => Err(Error::Refused),
            _ => std::future::pending().await,
        }
    }
    let calls = Cell::new(0);
    let timed_out = timed_out(hangs(&calls).await);
    assert_eq!((timed_out.last_error(), timed_out.last_value()), (Some("connection refused"), Some("7")));
    assert_eq!(calls.get(), 3);
}

#[test]
fn values_that_were_good_and_not_held_are_values_too() {
    #[poll(until = |n| *n == 9, hold_for = 5s, timeout = 6s)]
    fn flaps(calls: &Cell<u32>) -> Result<u32, Error> {
        calls.set(calls.get() + 1);
        Ok(if calls.get() % 3 == 0 { 0 } else { 9 })
    }
    let _clock = ManualClock::install();
    assert_eq!(timed_out(flaps(&Cell::new(0))).last_value(), Some("9"));
}

#[test]
fn a_poll_without_values_and_errors_knows_neither() {
    #[poll(until = |()| false, times = 1)]
    fn refuses() -> Result<(), Error> {
        Ok(())
    }
    let _clock = ManualClock::install();
    let timed_out = timed_out(refuses());
    assert_eq!((timed_out.last_error(), timed_out.last_value()), (None, Some("()")));
    assert!(timed_out.to_string().ends_with("(1 attempt in 0ns)"), "{timed_out}");
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_a_retry_knows_no_error() {
    #[asyncbackoff(1s, 3s, 100ms)]
    async fn hangs() -> Result<(), Error> {
        std::future::pending().await
    }
    assert_eq!(timed_out(hangs().await).last_error(), None);
}

/// Counts how often its text is asked for.
#[derive(Clone, Copy)]
struct Told<'a>(&'a Cell<u32>, bool);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        write!(f, "told {}", self.0.get())
    }
}

impl fmt::Debug for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[test]
fn no_text_is_written_of_what_ends_a_poll() {
    #[poll(until = |told| told.1, ignore = |_| false)]
    fn ends<'a>(outcome: &Result<Told<'a>, Told<'a>>) -> Result<Told<'a>, Held<'a>> {
        outcome.map_err(|error| Held(Some(error)))
    }
    #[derive(Debug)]
    struct Held<'a>(#[expect(dead_code)] Option<Told<'a>>);
    impl From<TimedOut> for Held<'_> {
        fn from(_: TimedOut) -> Self {
            Self(None)
        }
    }
    let asked = Cell::new(0);
    assert!(ends(&Ok(Told(&asked, true))).is_ok());
    assert!(ends(&Err(Told(&asked, true))).is_err());
    assert_eq!(asked.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_ignores_errors_that_are_not_send_may_be_spawned() {
    #[poll(until(9), ignore(Error::Refused), times = 2)]
    async fn refused() -> Result<u32, Error> {
        Err(Error::Refused)
    }
    let told = tokio::spawn(async { refused().await.map_err(|error| error.to_string()) });
    let told = told.await.expect("it does not panic").unwrap_err();
    assert!(told.ends_with("; last error: connection refused)"), "{told}");
}
