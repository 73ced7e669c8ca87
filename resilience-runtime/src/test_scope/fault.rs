use std::any::{Any, type_name};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::chance;

/// A fault for [`Scope::inject`](crate::testing::Scope::inject): an error, a delay or a panic.
///
/// Without further methods, every call meets it.
///
/// ```
/// use resilience::testing::Fault;
/// use std::time::Duration;
///
/// let down = Fault::error(|| "down").times(3);
/// let slow = Fault::latency(Duration::from_secs(2)).every(10);
/// let bug = Fault::panic("index out of bounds").probability(0.01);
/// # assert_eq!(format!("{down:?} {slow:?} {bug:?}").matches("Fault").count(), 3);
/// ```
#[derive(Clone)]
#[must_use = "a fault does nothing until it is injected"]
pub struct Fault {
    effect: Effect,
    times: u32,
    every: u32,
    probability: f64,
}

#[derive(Clone)]
enum Effect {
    Latency(Duration),
    End(FaultEnd),
}

/// The result in place of the function's.
#[derive(Clone)]
pub(crate) enum FaultEnd {
    /// The name of the error's type, and the function that creates it.
    Error(&'static str, Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>),
    Panic(Cow<'static, str>),
}

impl Fault {
    /// The body does not run, and returns this error. Its type must be exactly the error type of the function: write
    /// `Fault::error(|| io::Error::from(..))` where `.into()` would be ambiguous.
    pub fn error<E: 'static>(error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        let make = Arc::new(move || Box::new(error()) as Box<dyn Any>);
        Self::new(Effect::End(FaultEnd::Error(type_name::<E>(), make)))
    }

    /// The body begins later. [`Duration::MAX`] never ends in async code.
    ///
    /// The delay is inside of the attempt: it counts for `attempt_timeout`, `slow_call` and deadlines. It follows the
    /// clock of the other delays, and [`no_waits`](crate::testing::Scope::no_waits) skips it like these, up to the limit of
    /// an async attempt.
    pub const fn latency(latency: Duration) -> Self {
        Self::new(Effect::Latency(latency))
    }

    /// The body does not run, and panics with this message.
    pub fn panic(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Effect::End(FaultEnd::Panic(message.into())))
    }

    const fn new(effect: Effect) -> Self {
        Self { effect, times: u32::MAX, every: 1, probability: 1.0 }
    }

    /// Only this number of times. `times(0)` is never.
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Only at every n-th attempt: `every(3)` at the third, the sixth, and so on. 0 counts as 1.
    pub const fn every(mut self, every: u32) -> Self {
        self.every = if every == 0 { 1 } else { every };
        self
    }

    /// Only with this probability, from 0 to 1. [`seed`](crate::testing::Scope::seed) makes it repeatable. A value
    /// outside of this range counts as the nearest one in it, and NaN as 0.
    pub const fn probability(mut self, probability: f64) -> Self {
        self.probability = if probability >= 0.0 { probability } else { 0.0 };
        self
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fault = f.debug_struct("Fault");
        match &self.effect {
            Effect::Latency(latency) => fault.field("latency", latency),
            Effect::End(FaultEnd::Error(type_name, _)) => fault.field("error", type_name),
            Effect::End(FaultEnd::Panic(message)) => fault.field("panic", message),
        };
        fault.field("times", &self.times).field("every", &self.every);
        fault.field("probability", &self.probability).finish()
    }
}

/// A fault in a scope.
pub(super) struct ArmedFault {
    name: String,
    fault: Fault,
    /// The attempts that it could have met.
    attempts: u32,
    met: u32,
}

impl ArmedFault {
    pub(super) const fn new(name: String, fault: Fault) -> Self {
        Self { name, fault, attempts: 0, met: 0 }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Adds the fault to those that an attempt has met, if it is due. Delays add up. Of errors and panics, the first
    /// one counts, and the others wait for the next attempt.
    pub(super) fn meet(&mut self, met: &mut MetFault) {
        match &self.fault.effect {
            Effect::Latency(latency) => {
                let latency = *latency;
                if self.is_due() {
                    met.latency = met.latency.saturating_add(latency);
                }
            }
            Effect::End(end) => {
                if met.end.is_none() {
                    let end = end.clone();
                    met.end = self.is_due().then_some(end);
                }
            }
        }
    }

    fn is_due(&mut self) -> bool {
        let Fault { times, every, probability, .. } = self.fault;
        if self.met >= times {
            return false;
        }
        self.attempts = self.attempts.wrapping_add(1);
        let is_due = self.attempts % every == 0 && (probability >= 1.0 || chance() < probability);
        self.met += u32::from(is_due);
        is_due
    }
}

/// The faults that one attempt meets.
#[derive(Default)]
pub(crate) struct MetFault {
    pub(crate) latency: Duration,
    pub(crate) end: Option<FaultEnd>,
}

impl MetFault {
    pub(super) fn is_any(&self) -> bool {
        !self.latency.is_zero() || self.end.is_some()
    }
}
