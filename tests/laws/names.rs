//! Records and errors name the function with its path, and a method with its type.

use std::cell::RefCell;
use std::fmt;
use std::future::pending;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Alarm, RetryPolicy, TimedOut, poll, retry};

#[derive(Debug)]
enum Error {
    Declined,
    TimedOut(TimedOut),
    Alarm(Alarm<u8>),
}

impl From<TimedOut> for Error {
    fn from(timed_out: TimedOut) -> Self {
        Self::TimedOut(timed_out)
    }
}

impl From<Alarm<u8>> for Error {
    fn from(alarm: Alarm<u8>) -> Self {
        Self::Alarm(alarm)
    }
}

/// The names that `on_error` was told.
type Log = RefCell<Vec<&'static str>>;

const ONCE: RetryPolicy = RetryPolicy::new().times(1);

mod client {
    use super::*;

    pub(super) struct Gateway(pub(super) u8);
    pub(super) struct Typed<T>(pub(super) T);

    impl Gateway {
        #[retry(times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        pub(super) fn charge(&self, log: &Log) -> Result<u8, Error> {
            self.answer()
        }

        fn answer(&self) -> Result<u8, Error> {
            if self.0 == 0 { Err(Error::Declined) } else { Ok(self.0) }
        }

        #[retry(policy = ONCE, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        pub(super) async fn refund(&self, log: &Log) -> Result<u8, Error> {
            Err(Error::Declined)
        }

        #[poll(until(1), on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        #[retry(times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        pub(super) async fn settle(&self, log: &Log) -> Result<u8, Error> {
            Err(Error::Declined)
        }

        #[retry(times = 1, attempt_timeout = 1s)]
        pub(super) async fn hangs(&self) -> Result<u8, Error> {
            pending().await
        }

        #[poll(until(1), alarm(2))]
        pub(super) fn rings(&self) -> Result<u8, Error> {
            Ok(self.0)
        }

        #[retry(name = "payments", times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        pub(super) fn named(&self, log: &Log) -> Result<u8, Error> {
            self.answer()
        }
    }

    pub(super) trait Charge {
        fn charge_by(&self, log: &Log) -> Result<u8, Error>;

        #[retry(times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        fn provided(&self, log: &Log) -> Result<u8, Error> {
            Err(Error::Declined)
        }
    }

    impl Charge for Gateway {
        #[retry(times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        fn charge_by(&self, log: &Log) -> Result<u8, Error> {
            Err(Error::Declined)
        }
    }

    impl<T: fmt::Debug> Typed<T> {
        #[retry(times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
        pub(super) fn charge(&self, log: &Log) -> Result<u8, Error> {
            assert_ne!(format!("{:?}", self.0), "");
            Err(Error::Declined)
        }
    }

    #[retry(times = 1, on_error = |_, attempt| log.borrow_mut().push(attempt.name()))]
    pub(super) fn charge(log: &Log) -> Result<u8, Error> {
        Err(Error::Declined)
    }

    pub(super) fn by_hand(log: &Log) {
        let _ = retry(|| Err::<(), _>("declined"))
            .times(1)
            .on_error(|_, attempt| log.borrow_mut().push(attempt.name()))
            .call();
    }
}

use client::{Charge, Gateway, Typed};

const GATEWAY: Gateway = Gateway(0);

fn told(result: &Result<u8, Error>, log: &Log) -> Vec<&'static str> {
    assert!(matches!(result, Err(Error::Declined)), "{result:?}");
    log.take()
}

#[test]
fn an_attempt_names_the_type_of_its_method() {
    let log = Log::default();
    assert_eq!(told(&GATEWAY.charge(&log), &log), ["laws::names::client::Gateway::charge"]);
    assert_eq!(told(&client::charge(&log), &log), ["laws::names::client::charge"]);
    assert_eq!(told(&GATEWAY.named(&log), &log), ["payments"]);
    let of_trait = "<laws::names::client::Gateway as laws::names::client::Charge>::charge_by";
    assert_eq!(told(&GATEWAY.charge_by(&log), &log), [of_trait]);
    assert_eq!(told(&GATEWAY.provided(&log), &log), ["laws::names::client::Charge::provided"]);
    // The constant that holds the name is shared by all instantiations.
    assert_eq!(told(&Typed(1).charge(&log), &log), ["laws::names::client::Typed<_>::charge"]);
    client::by_hand(&log);
    assert_eq!(log.take(), ["laws::names::client::by_hand"]);
}

#[tokio::test(start_paused = true)]
async fn async_methods_and_stacks_name_the_type_too() {
    let log = Log::default();
    assert_eq!(told(&GATEWAY.refund(&log).await, &log), ["laws::names::client::Gateway::refund"]);
    assert_eq!(told(&GATEWAY.settle(&log).await, &log), ["laws::names::client::Gateway::settle"; 2]);
}

#[tokio::test(start_paused = true)]
async fn the_errors_of_the_library_name_the_type_of_the_method() {
    let Err(Error::TimedOut(timed_out)) = GATEWAY.hangs().await else { panic!() };
    assert_eq!(timed_out.function(), "laws::names::client::Gateway::hangs");
    assert_eq!(timed_out.elapsed(), Duration::from_secs(1));
    let _clock = ManualClock::install();
    let Err(Error::Alarm(alarm)) = Gateway(2).rings() else { panic!() };
    assert_eq!(alarm.function(), "laws::names::client::Gateway::rings");
}
