//! A function with scripted results, on a manual clock, and the record of its calls.

use std::cell::RefCell;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Attempt, PollError};
use tokio::time::Instant;

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Busy errors carry the number of their attempt, so that a test sees *which* error came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    Busy(usize),
    Fatal,
    /// The other side says when to come back.
    Later(Duration),
    TimedOut {
        attempts: u32,
        elapsed: u64,
    },
    Alarm(u8),
    Cancelled {
        attempts: u32,
        elapsed: u64,
    },
}

pub(crate) use Error::{Alarm, Busy, Cancelled, Fatal, Later, TimedOut};

impl From<resilience::TimedOut> for Error {
    fn from(timed_out: resilience::TimedOut) -> Self {
        Self::TimedOut { attempts: timed_out.attempts(), elapsed: millis(timed_out.elapsed()) }
    }
}

impl From<resilience::Cancelled> for Error {
    fn from(cancelled: resilience::Cancelled) -> Self {
        Self::Cancelled { attempts: cancelled.attempts(), elapsed: millis(cancelled.elapsed()) }
    }
}

impl From<resilience::Alarm<u8>> for Error {
    fn from(alarm: resilience::Alarm<u8>) -> Self {
        Self::Alarm(alarm.into_value())
    }
}

/// The poll function's own error, as the attribute's functions would have returned it.
impl From<PollError<u8, Self>> for Error {
    fn from(error: PollError<u8, Self>) -> Self {
        match error {
            PollError::TimedOut { attempts, elapsed, .. } => {
                Self::TimedOut { attempts, elapsed: millis(elapsed) }
            }
            PollError::Cancelled { attempts, elapsed, .. } => {
                Self::Cancelled { attempts, elapsed: millis(elapsed) }
            }
            PollError::Alarm(value) => Self::Alarm(value),
            PollError::Failed(error) => error,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

// What the cases ask about errors and values.

pub(crate) fn every(_: &Error) -> bool {
    true
}

pub(crate) fn none(_: &Error) -> bool {
    false
}

pub(crate) fn is_busy(error: &Error) -> bool {
    matches!(error, Busy(_))
}

pub(crate) fn is_fatal(error: &Error) -> bool {
    *error == Fatal
}

pub(crate) fn later(error: &Error) -> Option<Duration> {
    match error {
        Later(wait) => Some(*wait),
        _ => None,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "a condition is asked by reference")]
pub(crate) fn nine(value: &u8) -> bool {
    *value == 9
}

/// One attempt of a script: how long it takes, and what it comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    takes: u64,
    comes_to: ComesTo,
}

#[derive(Clone, Copy, Debug)]
enum ComesTo {
    Value(u8),
    Busy,
    Fatal,
    Later(Duration),
}

pub(crate) const fn value(value: u8) -> Step {
    Step { takes: 0, comes_to: ComesTo::Value(value) }
}

pub(crate) const fn busy() -> Step {
    Step { takes: 0, comes_to: ComesTo::Busy }
}

pub(crate) const fn fatal() -> Step {
    Step { takes: 0, comes_to: ComesTo::Fatal }
}

pub(crate) const fn come_back(wait: Duration) -> Step {
    Step { takes: 0, comes_to: ComesTo::Later(wait) }
}

impl Step {
    pub(crate) const fn after(mut self, takes: u64) -> Self {
        self.takes = takes;
        self
    }
}

/// An attempt, as the function saw it. All times are milliseconds since the call.
#[derive(Clone, Debug, PartialEq)]
struct Made {
    began: u64,
    ended: u64,
    /// `None`: it was dropped before it came to anything.
    outcome: Option<Result<u8, Error>>,
}

/// A failure, as `on_error` was told of it.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    error: Error,
    number: u32,
    elapsed: u64,
    wait: Option<u64>,
    /// How many attempts had ended by then.
    ended: usize,
}

enum Clock {
    Hand(ManualClock),
    Tokio(Instant),
}

/// The last step is repeated without end.
pub(crate) struct Script {
    clock: Clock,
    steps: Vec<Step>,
    made: RefCell<Vec<Made>>,
    told: RefCell<Vec<Told>>,
}

/// What a case expects of every form.
pub(crate) struct Expected {
    pub(crate) starts: &'static [u64],
    /// What `on_error` hears for each failure, in order.
    pub(crate) waits: &'static [Option<u64>],
    pub(crate) result: Result<u8, Error>,
    pub(crate) end: u64,
}

impl Script {
    pub(crate) fn by_hand(steps: &[Step]) -> Self {
        Self::new(Clock::Hand(ManualClock::install()), steps)
    }

    pub(crate) fn by_tokio(steps: &[Step]) -> Self {
        Self::new(Clock::Tokio(Instant::now()), steps)
    }

    fn new(clock: Clock, steps: &[Step]) -> Self {
        Self { clock, steps: steps.to_vec(), made: RefCell::default(), told: RefCell::default() }
    }

    fn now(&self) -> u64 {
        millis(match &self.clock {
            Clock::Hand(clock) => clock.elapsed(),
            Clock::Tokio(start) => start.elapsed(),
        })
    }

    fn begin(&self) -> (usize, Step) {
        let mut made = self.made.borrow_mut();
        let number = made.len();
        made.push(Made { began: self.now(), ended: 0, outcome: None });
        (number, self.steps[number.min(self.steps.len() - 1)])
    }

    fn outcome(&self, number: usize, step: Step) -> Result<u8, Error> {
        let outcome = match step.comes_to {
            ComesTo::Value(value) => Ok(value),
            ComesTo::Busy => Err(Busy(number + 1)),
            ComesTo::Fatal => Err(Fatal),
            ComesTo::Later(wait) => Err(Later(wait)),
        };
        self.made.borrow_mut()[number].outcome = Some(outcome.clone());
        outcome
    }

    /// An attempt that blocks.
    pub(crate) fn attempt(&self) -> Result<u8, Error> {
        let (number, step) = self.begin();
        if let Clock::Hand(clock) = &self.clock {
            clock.advance(ms(step.takes));
        }
        let _end = End { script: self, number };
        self.outcome(number, step)
    }

    /// An attempt that can be dropped.
    pub(crate) async fn attempt_async(&self) -> Result<u8, Error> {
        let (number, step) = self.begin();
        let _end = End { script: self, number };
        if step.takes > 0 {
            tokio::time::sleep(ms(step.takes)).await;
        }
        self.outcome(number, step)
    }

    pub(crate) fn told(&self, error: &Error, attempt: &Attempt) {
        let ended = self.made.borrow().iter().filter(|made| made.ended > 0).count();
        self.told.borrow_mut().push(Told {
            error: error.clone(),
            number: attempt.number,
            elapsed: millis(attempt.elapsed),
            wait: attempt.wait.map(millis),
            ended,
        });
    }

    /// Checks the timeline and the result.
    pub(crate) fn check(&self, result: &Result<u8, Error>, expected: &Expected) {
        let end = self.now();
        let made = self.made.borrow();
        let starts: Vec<u64> = made.iter().map(|made| made.began).collect();
        assert_eq!(starts, expected.starts, "the attempts' starts; {made:#?}");
        assert_eq!(result, &expected.result);
        assert_eq!(end, expected.end, "the end; {made:#?}");
    }

    /// Checks what `on_error` was told as well. `cuts`: whether it hears of attempts that were dropped.
    pub(crate) fn check_told(&self, result: &Result<u8, Error>, expected: &Expected, cuts: bool) {
        self.check(result, expected);
        let made = self.made.borrow();
        let told = self.told.borrow();
        let waits: Vec<_> = told.iter().map(|told| told.wait).collect();
        assert_eq!(waits, expected.waits, "the waits; {told:#?}");
        // A signal ends the last attempt or the wait after it.
        let is_cancelled = matches!(result, Err(Cancelled { .. }));
        let last = made.len().saturating_sub(1);
        let failures = made.iter().enumerate().filter(|(index, made)| match &made.outcome {
            Some(outcome) => outcome.is_err(),
            None => cuts && !(is_cancelled && *index == last),
        });
        let mut told = told.iter();
        for (index, made_attempt) in failures {
            let told = told.next().expect("every failure is told");
            match &made_attempt.outcome {
                Some(outcome) => assert_eq!(outcome.as_ref().err(), Some(&told.error)),
                None => assert!(matches!(told.error, Error::TimedOut { .. }), "{told:?}"),
            }
            assert_eq!(told.number as usize, index + 1, "the number of {made_attempt:?}");
            assert_eq!(told.elapsed, made_attempt.ended - 1, "the time of {made_attempt:?}");
            assert_eq!(told.ended, index + 1, "an attempt ends before it is told of");
            if let Some(wait) = told.wait.filter(|_| !(is_cancelled && index == last)) {
                assert_eq!(made[index + 1].began, told.elapsed + wait, "the wait after {made_attempt:?}");
            }
        }
        assert_eq!(told.next(), None, "and nothing else");
    }
}

/// Notes the end of an attempt, also of one that is dropped; one more than the time, so that it is never 0.
struct End<'a> {
    script: &'a Script,
    number: usize,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let now = self.script.now();
        self.script.made.borrow_mut()[self.number].ended = now + 1;
    }
}
