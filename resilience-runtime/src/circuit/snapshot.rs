//! A consistent snapshot of a circuit.

use std::fmt;
use std::time::Duration;

use super::CircuitState;
use super::machine::Machine;
use super::name::Name;
use super::rules::{Rates, Trip};
use crate::ratio::Ratio;
use crate::time::Nanos;

/// A snapshot of a circuit: created by [`CircuitBreaker::snapshot`](crate::CircuitBreaker::snapshot) and
/// [`telemetry::snapshot`](crate::telemetry::snapshot()).
///
/// A value that does not apply to the circuit or to its state is `None`.
///
/// With the feature `serde` it implements `Serialize`, as a map with the names of the methods. A state is a string as
/// in [`CircuitState::as_str`], a time is a number of seconds, a rate is a number from 0 to 1, and a place is the
/// string `FILE:LINE`.
///
/// ```
/// use resilience::{CircuitBreaker, CircuitConfig};
///
/// let config = CircuitConfig::new().failure_rate(0.5).window_calls(10);
/// let breaker = CircuitBreaker::new("search", config);
/// for result in [Ok(1), Err("busy"), Ok(1), Ok(1)] {
///     let _ = breaker.call(|| result);
/// }
///
/// let search = breaker.snapshot();
/// assert_eq!((search.window_calls(), search.window_failures()), (Some(4), Some(1)));
/// assert_eq!((search.failure_rate(), search.failure_rate_threshold()), (Some(0.25), Some(0.5)));
/// assert_eq!((search.slow_rate(), search.time_left(), search.place()), (None, None, None));
/// ```
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct CircuitSnapshot {
    name: Name,
    state: CircuitState,
    failures: u32,
    window_calls: Option<u32>,
    window_failures: Option<u32>,
    window_slow_calls: Option<u32>,
    failure_rate: Option<f64>,
    failure_rate_threshold: Option<f64>,
    slow_rate: Option<f64>,
    slow_rate_threshold: Option<f64>,
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds"))]
    time_left: Option<Duration>,
    last_failure: Option<String>,
    generation: u64,
    refused: u64,
    late: u64,
    #[cfg_attr(feature = "serde", serde(serialize_with = "file_and_line"))]
    place: Option<(&'static str, u32)>,
}

impl CircuitSnapshot {
    /// `refused`: the number of calls that were rejected without the machine.
    pub(super) fn of(
        machine: &Machine,
        now: Nanos,
        refused: u64,
        name: &Name,
        place: Option<(&'static str, u32)>,
    ) -> Self {
        let state = machine.state_at(now);
        let (failures, slow) = match machine.rules().trip {
            Trip::Rate(Rates { failures, slow, .. }) => (failures, slow),
            Trip::InARow(_) | Trip::Within { .. } => (None, None),
        };
        let tally = machine.tally(now);
        let slow_tally = tally.filter(|_| machine.rules().slow_call.is_some());
        let is_open = state == CircuitState::Open;
        Self {
            name: name.clone(),
            state,
            failures: machine.failures(now),
            window_calls: tally.map(|tally| tally.calls),
            window_failures: tally.map(|tally| tally.failed),
            window_slow_calls: slow_tally.map(|tally| tally.slow),
            failure_rate: tally.and_then(|tally| rate(tally.failed, tally.calls)),
            failure_rate_threshold: failures.map(Ratio::get),
            slow_rate: slow_tally.and_then(|tally| rate(tally.slow, tally.calls)),
            slow_rate_threshold: slow.map(Ratio::get),
            time_left: if is_open { machine.time_left(now).limit() } else { None },
            last_failure: machine.last_failure().map(str::to_owned),
            generation: machine.generation(),
            refused: refused.saturating_add(machine.refused()),
            late: machine.late(),
            place,
        }
    }

    /// The circuit's name. For a keyed circuit, it includes the key: `hosts[a.example]`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The state: half-open as soon as the recovery timeout has elapsed.
    #[must_use]
    pub const fn state(&self) -> CircuitState {
        self.state
    }

    /// While closed, the counted failures: in a row, or in the window. While open, the failures that opened it, plus
    /// one for each failed recovery.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// The number of calls in the window. `None` without a rate, and while nothing is counted: open, half-open or
    /// disabled.
    #[must_use]
    pub const fn window_calls(&self) -> Option<u32> {
        self.window_calls
    }

    /// The number of failed calls among [`window_calls`](Self::window_calls).
    #[must_use]
    pub const fn window_failures(&self) -> Option<u32> {
        self.window_failures
    }

    /// The number of slow calls among [`window_calls`](Self::window_calls). Also `None` without a `slow_call`.
    #[must_use]
    pub const fn window_slow_calls(&self) -> Option<u32> {
        self.window_slow_calls
    }

    /// [`window_failures`](Self::window_failures) divided by [`window_calls`](Self::window_calls), from 0 to 1. Also
    /// `None` while the window is empty.
    #[must_use]
    pub const fn failure_rate(&self) -> Option<f64> {
        self.failure_rate
    }

    /// The failure rate that opens it, if configured.
    #[must_use]
    pub const fn failure_rate_threshold(&self) -> Option<f64> {
        self.failure_rate_threshold
    }

    /// [`window_slow_calls`](Self::window_slow_calls) divided by [`window_calls`](Self::window_calls), from 0 to 1.
    /// Also `None` while the window is empty.
    #[must_use]
    pub const fn slow_rate(&self) -> Option<f64> {
        self.slow_rate
    }

    /// The rate of slow calls that opens it, if configured.
    #[must_use]
    pub const fn slow_rate_threshold(&self) -> Option<f64> {
        self.slow_rate_threshold
    }

    /// The remaining open time. `None` if it is not open, or if it stays open for ever.
    #[must_use]
    pub const fn time_left(&self) -> Option<Duration> {
        self.time_left
    }

    /// The text of the last failure; see [`CircuitBreaker::last_failure`](crate::CircuitBreaker::last_failure).
    #[must_use]
    pub fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }

    /// The number of its transitions since it was created.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The number of rejected calls since it was created.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// The number of late results since it was created: those of calls that began before the last transition.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// File and line of the attribute that created it. `None` if user code created it.
    #[must_use]
    pub const fn place(&self) -> Option<(&'static str, u32)> {
        self.place
    }
}

fn rate(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

#[cfg(feature = "serde")]
#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn seconds<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&time.map(|time| time.as_secs_f64()), serializer)
}

#[cfg(feature = "serde")]
#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn file_and_line<S: serde::Serializer>(
    place: &Option<(&'static str, u32)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&place.map(|(file, line)| format!("{file}:{line}")), serializer)
}

impl fmt::Debug for CircuitSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitSnapshot")
            .field("name", &self.name)
            .field("state", &self.state)
            .field("failures", &self.failures)
            .field("refused", &self.refused)
            .field("late", &self.late)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
