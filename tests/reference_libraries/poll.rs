//! `poll` 1.0: `poll`, `poll_`, `retry` and `retry_`.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Attempt, PollError, PollPolicy, RetryPolicy, TimedOut, poll, retry};

use crate::{Error, ms, secs};

/// A server whose status changes with the number of requests, and the times at which it was asked.
struct Server<'a> {
    clock: &'a ManualClock,
    statuses: &'a [Result<u16, &'static str>],
    asked: RefCell<Vec<Duration>>,
}

impl<'a> Server<'a> {
    fn new(clock: &'a ManualClock, statuses: &'a [Result<u16, &'static str>]) -> Self {
        Self { clock, statuses, asked: RefCell::default() }
    }

    fn get(&self) -> Result<u16, Error> {
        let mut asked = self.asked.borrow_mut();
        let status = self.statuses[asked.len().min(self.statuses.len() - 1)];
        asked.push(self.clock.elapsed());
        status.map_err(Error::Value)
    }

    fn asked(&self) -> Vec<Duration> {
        self.asked.borrow().clone()
    }
}

#[poll(until = |status| *status != 404)]
fn wait_until_exists(server: &Server) -> Result<u16, Error> {
    server.get()
}

#[test]
fn poll_returns_the_value_as_soon_as_the_condition_is_true() {
    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404), Ok(404), Ok(200)]);
    assert_eq!(wait_until_exists(&server), Ok(200));
    assert_eq!(server.asked(), [secs(0), secs(1), secs(2)]);
    // No wait after the good value.
    assert_eq!(clock.elapsed(), secs(2));
}

#[test]
fn poll_asks_every_second_for_fifteen_seconds_by_default() {
    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404)]);
    assert!(wait_until_exists(&server).is_err());
    assert_eq!(server.asked(), (0..=15).map(secs).collect::<Vec<_>>());
}

#[test]
fn poll_lets_an_error_through_at_once() {
    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404), Err("no route"), Ok(200)]);
    assert_eq!(wait_until_exists(&server), Err(Error::Value("no route")));
    assert_eq!(clock.elapsed(), secs(1));
}

#[test]
fn poll_that_times_out_names_the_function_the_timeout_and_the_number_of_attempts() {
    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404)]);
    let Err(Error::TimedOut(timed_out)) = wait_until_exists(&server) else { panic!("it does not exist") };
    assert_eq!(timed_out.attempts(), 16);
    assert_eq!(timed_out.elapsed(), secs(15));
    assert_eq!(
        timed_out.to_string(),
        concat!(
            "`",
            module_path!(),
            "::wait_until_exists` timed out after 15s: the condition was not met (16 attempts in 15s)"
        )
    );
}

#[poll(until = |status| *status != 404, timeout = 2.5s, interval = 1s)]
fn wait_two_and_a_half_seconds(server: &Server) -> Result<u16, Error> {
    server.get()
}

#[test]
fn poll_clips_the_last_wait_and_tries_once_at_the_deadline() {
    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404)]);
    assert!(wait_two_and_a_half_seconds(&server).is_err());
    assert_eq!(server.asked(), [ms(0), ms(1000), ms(2000), ms(2500)]);

    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404), Ok(404), Ok(404), Ok(200)]);
    assert_eq!(wait_two_and_a_half_seconds(&server), Ok(200));
    assert_eq!(clock.elapsed(), ms(2500));
}

#[test]
fn poll_never_overshoots_and_makes_no_last_wait_for_nothing() {
    for timeout in (0..40).map(|n| ms(n * 137)) {
        let clock = ManualClock::install();
        let polled = poll(|| Ok::<_, Error>(404)).until(|n| *n == 200).timeout(timeout).call();
        assert!(polled.is_err());
        assert_eq!(clock.elapsed(), timeout);
    }
}

#[test]
fn poll_as_a_function_does_the_same() {
    let clock = ManualClock::install();
    let server = Server::new(&clock, &[Ok(404), Ok(404), Ok(200)]);
    assert_eq!(poll(|| server.get()).until(|status| *status != 404).call(), Ok(200));
    assert_eq!(clock.elapsed(), secs(2));

    let server = Server::new(&clock, &[Err("no route")]);
    let failed = poll(|| server.get()).until(|_| true).call();
    assert_eq!(failed, Err(PollError::Failed(Error::Value("no route"))));

    let server = Server::new(&clock, &[Ok(404)]);
    let timed_out = poll(|| server.get()).until(|n| *n == 200).timeout(ms(2500)).interval(secs(1)).call();
    let (last, last_error) = (Some(404), None);
    assert_eq!(timed_out, Err(PollError::TimedOut { last, last_error, attempts: 4, elapsed: ms(2500) }));
}

#[test]
fn poll_as_a_function_has_the_defaults_of_the_attribute() {
    let _clock = ManualClock::install();
    let timed_out = poll(|| Ok::<_, Error>(404)).until(|n| *n == 200).call();
    let (last, last_error) = (Some(404), None);
    assert_eq!(timed_out, Err(PollError::TimedOut { last, last_error, attempts: 16, elapsed: secs(15) }));
    assert_eq!(PollPolicy::default(), PollPolicy::new().interval(secs(1)));
    assert_eq!(PollPolicy::DEFAULT_TIMEOUT, secs(15));
}

#[poll(until = |status| *status != 404, timeout = 2.5s)]
async fn wait_asynchronously(asked: &Cell<u32>) -> Result<u16, Error> {
    asked.set(asked.get() + 1);
    Ok(404)
}

#[tokio::test(start_paused = true)]
async fn poll_of_an_async_function_does_the_same() {
    let (start, asked) = (tokio::time::Instant::now(), Cell::new(0));
    assert!(wait_asynchronously(&asked).await.is_err());
    assert_eq!((start.elapsed(), asked.get()), (ms(2500), 4));
}

#[retry(on(Error::Connect))]
fn retry_one_kind(server: &dyn Fn() -> Result<u16, Error>) -> Result<u16, Error> {
    server()
}

#[retry(on(Error::Connect | Error::Status(500..)), times = 5, interval = 2s)]
fn retry_several_kinds(server: &dyn Fn() -> Result<u16, Error>) -> Result<u16, Error> {
    server()
}

/// Fails with each of the errors in turn, then brings a value.
fn failing(errors: Vec<Error>) -> impl Fn() -> Result<u16, Error> {
    let errors = RefCell::new(errors.into_iter());
    move || errors.borrow_mut().next().map_or(Ok(200), Err)
}

#[test]
fn retry_tries_again_on_one_kind_of_error() {
    let clock = ManualClock::install();
    assert_eq!(retry_one_kind(&failing(vec![Error::Connect, Error::Connect])), Ok(200));
    assert_eq!(clock.elapsed(), secs(2));
}

#[test]
fn retry_tries_again_on_several_kinds_of_error() {
    let clock = ManualClock::install();
    let errors = vec![Error::Connect, Error::Status(503), Error::Connect];
    assert_eq!(retry_several_kinds(&failing(errors)), Ok(200));
    assert_eq!(clock.elapsed(), secs(6));
}

#[test]
fn retry_lets_any_other_error_through_at_once() {
    let clock = ManualClock::install();
    assert_eq!(
        retry_several_kinds(&failing(vec![Error::Connect, Error::Status(404)])),
        Err(Error::Status(404))
    );
    assert_eq!(clock.elapsed(), secs(2));
    assert_eq!(retry_one_kind(&failing(vec![Error::Value("wrong")])), Err(Error::Value("wrong")));
    assert_eq!(clock.elapsed(), secs(2));
}

#[test]
fn retry_counts_calls_in_total_three_of_them_a_second_apart_by_default() {
    #[retry]
    fn by_default(calls: &Cell<u16>) -> Result<(), Error> {
        calls.set(calls.get() + 1);
        Err(Error::Status(calls.get()))
    }
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    // When attempts run out, the last error itself comes back.
    assert_eq!(by_default(&calls), Err(Error::Status(3)));
    assert_eq!((calls.get(), clock.elapsed()), (3, secs(2)));
    assert_eq!(RetryPolicy::default(), RetryPolicy::new().times(3).interval(secs(1)));
}

#[test]
fn retry_with_one_time_calls_once() {
    #[retry(times = 1)]
    fn once(calls: &Cell<u16>) -> Result<(), Error> {
        calls.set(calls.get() + 1);
        Err(Error::Connect)
    }
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    assert_eq!(once(&calls), Err(Error::Connect));
    assert_eq!((calls.get(), clock.elapsed()), (1, secs(0)));
}

#[retry(on(Error::Connect), times = 3, on_error = |error, attempt| told.borrow_mut().push((format!("{error}"), *attempt)))]
fn retry_and_tell(
    told: &RefCell<Vec<(String, Attempt)>>,
    server: &dyn Fn() -> Result<u16, Error>,
) -> Result<u16, Error> {
    server()
}

fn told(errors: Vec<Error>) -> Vec<(String, u32, Duration, Option<Duration>)> {
    let (_clock, told) = (ManualClock::install(), RefCell::default());
    // What comes back is another test's.
    let _ = retry_and_tell(&told, &failing(errors));
    told.into_inner().into_iter().map(|(error, told)| (error, told.number, told.elapsed, told.wait)).collect()
}

#[test]
fn retry_calls_on_error_for_every_failure_with_the_error_and_its_number() {
    let connect = || String::from("Connect");
    // Python counts the attempts before from 0; here the attempt has its own number, from 1.
    assert_eq!(
        told(vec![Error::Connect, Error::Connect, Error::Connect]),
        [
            (connect(), 1, secs(0), Some(secs(1))),
            (connect(), 2, secs(1), Some(secs(1))),
            (connect(), 3, secs(2), None),
        ]
    );
    assert_eq!(told(vec![]), []);
}

#[test]
fn retry_calls_on_error_also_for_errors_that_are_not_tried_again() {
    assert_eq!(
        told(vec![Error::Connect, Error::Value("wrong")]),
        [
            (String::from("Connect"), 1, secs(0), Some(secs(1))),
            (String::from(r#"Value("wrong")"#), 2, secs(1), None)
        ]
    );
}

#[test]
fn retry_takes_a_path_to_a_function_as_on_error() {
    thread_local!(static TOLD: Cell<u32> = const { Cell::new(0) });
    fn count(_: &Error, attempt: &Attempt) {
        TOLD.set(TOLD.get() + attempt.number);
    }
    #[retry(on_error = count)]
    fn fails() -> Result<(), Error> {
        Err(Error::Connect)
    }
    let _clock = ManualClock::install();
    assert_eq!(fails(), Err(Error::Connect));
    assert_eq!(TOLD.get(), 1 + 2 + 3);
}

#[test]
fn retry_as_a_function_does_the_same() {
    let (clock, mut told) = (ManualClock::install(), Vec::new());
    let server = failing(vec![Error::Connect, Error::Status(404)]);
    let result = retry(server)
        .on(|error| matches!(error, Error::Connect))
        .times(15)
        .interval(secs(2))
        .on_error(|_, attempt| told.push((attempt.number, attempt.wait)))
        .call();
    assert_eq!(result, Err(Error::Status(404)));
    assert_eq!(clock.elapsed(), secs(2));
    assert_eq!(told, [(1, Some(secs(2))), (2, None)]);

    // Its defaults are the attribute's.
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    assert_eq!(retry(|| Err::<(), _>(calls.replace(calls.get() + 1))).call(), Err(2));
    assert_eq!(clock.elapsed(), secs(2));
}

#[retry(on(Error::Connect), interval = 1s)]
async fn retry_asynchronously(calls: &Cell<u16>) -> Result<u16, Error> {
    calls.set(calls.get() + 1);
    if calls.get() < 3 { Err(Error::Connect) } else { Err(Error::Status(calls.get())) }
}

#[tokio::test(start_paused = true)]
async fn retry_of_an_async_function_does_the_same() {
    let (start, calls) = (tokio::time::Instant::now(), Cell::new(0));
    assert_eq!(retry_asynchronously(&calls).await, Err(Error::Status(3)));
    assert_eq!(start.elapsed(), secs(2));
}

#[test]
fn poll_and_retry_decorate_one_function_as_in_python() {
    // The status is asked for until it is no 404, and a broken connection only repeats the asking.
    #[poll(until = |status| *status != 404, interval = 1s)]
    #[retry(on(Error::Connect), times = 2, interval = 100ms)]
    fn patient(server: &dyn Fn() -> Result<u16, Error>) -> Result<u16, Error> {
        server()
    }
    let (clock, calls) = (ManualClock::install(), Cell::new(0));
    let server = || {
        calls.set(calls.get() + 1);
        match calls.get() {
            1 | 3 => Err(Error::Connect),
            2 => Ok(404),
            _ => Ok(200),
        }
    };
    assert_eq!(patient(&server), Ok(200));
    assert_eq!((calls.get(), clock.elapsed()), (4, ms(1200)));
}

#[test]
fn timeouts_become_the_errors_that_programs_use() {
    #[poll(until = |()| false, timeout = 0s)]
    fn io() -> std::io::Result<()> {
        Ok(())
    }
    #[poll(until = |()| false, timeout = 0s)]
    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }
    let io = io().expect_err("it times out");
    assert_eq!(io.kind(), std::io::ErrorKind::TimedOut);
    let boxed = boxed().expect_err("it times out");
    assert_eq!(boxed.downcast_ref::<TimedOut>().map(TimedOut::attempts), Some(1));
}
