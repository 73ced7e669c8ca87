//! A function with scripted results, and the record of the events of its calls.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::CircuitOpen;
use resilience::breaker::ListenerId;
use resilience::telemetry::{self, Event};

/// What an attempt comes to. Each takes no time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Value(u8),
    Busy,
    Fatal,
    /// An error that asks for a wait.
    Later(Duration),
    /// An attempt that never ends.
    Hangs,
    Panics,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Error {
    Busy,
    Fatal,
    Later(Duration),
    TimedOut,
    Alarm,
    Open,
    Cancelled(resilience::Cancelled),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cancelled(cancelled) => return cancelled.fmt(f),
            Self::Busy => "busy",
            Self::Fatal => "fatal",
            Self::Later(_) => "later",
            Self::TimedOut => "timed out",
            Self::Alarm => "alarm",
            Self::Open => "open",
        })
    }
}

impl From<resilience::TimedOut> for Error {
    fn from(_: resilience::TimedOut) -> Self {
        Self::TimedOut
    }
}

impl From<resilience::Alarm<u8>> for Error {
    fn from(_: resilience::Alarm<u8>) -> Self {
        Self::Alarm
    }
}

impl From<resilience::Cancelled> for Error {
    fn from(cancelled: resilience::Cancelled) -> Self {
        Self::Cancelled(cancelled)
    }
}

impl From<CircuitOpen> for Error {
    fn from(_: CircuitOpen) -> Self {
        Self::Open
    }
}

pub(crate) fn busy(error: &Error) -> bool {
    matches!(error, Error::Busy | Error::Later(_))
}

pub(crate) fn fatal(error: &Error) -> bool {
    matches!(error, Error::Fatal)
}

pub(crate) fn any(_: &Error) -> bool {
    true
}

pub(crate) fn later(error: &Error) -> Option<Duration> {
    match error {
        Error::Later(wait) => Some(*wait),
        _ => None,
    }
}

/// The attempts of one call.
pub(crate) struct Script(RefCell<Vec<Step>>);

impl Script {
    pub(crate) fn new(steps: &[Step]) -> Self {
        Self(RefCell::new(steps.iter().rev().copied().collect()))
    }

    fn next(&self) -> Step {
        self.0.borrow_mut().pop().expect("the script is long enough")
    }

    pub(crate) fn attempt(&self) -> Result<u8, Error> {
        match self.next() {
            Step::Value(value) => Ok(value),
            Step::Busy => Err(Error::Busy),
            Step::Fatal => Err(Error::Fatal),
            Step::Later(wait) => Err(Error::Later(wait)),
            Step::Panics => std::panic::panic_any("by script"),
            Step::Hangs => unreachable!("nothing ends a synchronous attempt"),
        }
    }

    pub(crate) async fn attempt_async(&self) -> Result<u8, Error> {
        let hangs = matches!(self.0.borrow().last(), Some(Step::Hangs));
        if hangs {
            self.next();
            std::future::pending::<()>().await;
        }
        self.attempt()
    }
}

/// What is told of the calls of one site.
pub(crate) struct Record {
    id: ListenerId,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Record {
    /// Of the site with this name. Other tests run beside this one.
    pub(crate) fn of(name: &'static str) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let id = telemetry::listen(move |event| {
            let line = match event {
                Event::Attempt(attempt) if attempt.site().name() == name => {
                    let wait = attempt.wait().map_or("no wait".into(), |wait| format!("wait {wait:?}"));
                    let error = text(name, attempt.error());
                    format!("attempt {} at {:?}: {error}, {wait}", attempt.number(), attempt.elapsed())
                }
                Event::Call(call) if call.site().name() == name => {
                    let error = text(name, call.error());
                    format!("{:?} after {} in {:?}: {error}", call.outcome(), call.attempts(), call.elapsed())
                }
                _ => return,
            };
            kept.lock().expect("a test pushes").push(line);
        });
        Self { id, lines }
    }

    /// What was told, in order. A function form knows its error's type alone.
    pub(crate) fn check(&self, expected: &[&str], knows_texts: bool) {
        let lines = self.lines.lock().expect("a test pushes");
        if knows_texts {
            assert_eq!(*lines, expected);
            return;
        }
        let hidden = |line: &str| {
            let (head, tail) = line.split_once(": ").unwrap_or((line, ""));
            let (_, wait) = tail.split_once(", ").unwrap_or((tail, ""));
            format!("{head}, {wait}")
        };
        let lines: Vec<_> = lines.iter().map(|line| hidden(line)).collect();
        let expected: Vec<_> = expected.iter().map(|line| hidden(line)).collect();
        assert_eq!(lines, expected);
    }
}

/// An error, in which every function is called `f`.
fn text(name: &str, error: Option<&dyn fmt::Display>) -> String {
    error.map_or("-".into(), |error| error.to_string().replace(name, "f"))
}

impl Drop for Record {
    fn drop(&mut self) {
        telemetry::unlisten(self.id);
    }
}
