use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::CircuitState;
use super::name::Name;
use crate::time::Instant;

/// Immutable snapshot of a circuit that rejects calls, shared by all rejections of one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) name: Name,
    pub(super) state: CircuitState,
    pub(super) generation: u64,
    /// Calls are rejected until this time. `None`: until an operator changes that, or for ever.
    pub(super) until: Option<Instant>,
    /// The end of the open time. The same, unless a store's opinion may end before.
    pub(super) open_until: Option<Instant>,
    pub(super) failures: u32,
    pub(super) last_failure: Option<Arc<str>>,
}

impl Rejection {
    /// Whether it still rejects calls of its generation.
    #[inline]
    pub(super) fn holds(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// The error of a rejected call: the circuit is open, and the function was not called.
///
/// A function under `#[circuit]` returns it converted to its error type, by [`From`]. `std::io::Error`,
/// `Box<dyn Error + Send + Sync>` and the usual report types need no further code. Your own enum needs
/// `impl From<CircuitOpen>` (with `thiserror`: `#[from]`).
///
/// ```
/// use resilience::{CallError, CircuitBreaker, CircuitConfig, CircuitState};
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::new("payments", CircuitConfig::new().failure_threshold(1));
/// let _ = breaker.call(|| Err::<(), _>("card reader on fire"));
///
/// let Err(CallError::Open(open)) = breaker.call(|| Ok::<_, &str>(())) else { panic!() };
/// assert_eq!((open.name(), open.state(), open.failures()), ("payments", CircuitState::Open, 1));
/// assert!(open.retry_after().unwrap() <= Duration::from_secs(30));
/// assert_eq!(
///     open.to_string(),
///     "Circuit \"payments\" OPEN (1 failure, 30 sec remaining) (last_failure: card reader on fire)",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CircuitOpen {
    rejection: Arc<Rejection>,
    /// When the call was rejected.
    at: Instant,
}

impl CircuitOpen {
    #[inline]
    pub(super) const fn new(rejection: Arc<Rejection>, at: Instant) -> Self {
        Self { rejection, at }
    }

    /// The circuit's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.rejection.name.as_str()
    }

    /// The state at the rejection: open, half-open without a free place for a probe, or forced open.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.rejection.state
    }

    /// The failures that opened it, plus one for each failed recovery.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.rejection.failures
    }

    /// The remaining open time at the rejection. `None` if it is unknown: the circuit is forced open, its recovery
    /// timeout never ends, or it waits for its probes to report.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let until = self.rejection.open_until.filter(|_| self.state() == CircuitState::Open)?;
        Some(until.saturating_duration_since(self.at))
    }

    /// The text of the last failure before the circuit opened. `None` if there was no failure, or if it had no text.
    #[must_use]
    pub fn last_failure(&self) -> Option<&str> {
        self.rejection.last_failure.as_deref()
    }
}

impl fmt::Debug for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitOpen")
            .field("name", &self.name())
            .field("state", &self.state())
            .field("failures", &self.failures())
            .field("retry_after", &self.retry_after())
            .field("last_failure", &self.last_failure())
            .finish()
    }
}

impl fmt::Display for CircuitOpen {
    /// The format of the reference library for Python, except for the time of day: only monotonic time is known here.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failures = self.failures();
        write!(f, "Circuit {:?} {} ({failures} failure", self.name(), self.state())?;
        if failures != 1 {
            f.write_str("s")?;
        }
        match self.state() {
            CircuitState::HalfOpen => f.write_str(", every trial is taken)"),
            _ => match self.retry_after() {
                Some(left) => write!(f, ", {} sec remaining)", seconds(left)),
                None => f.write_str(")"),
            },
        }?;
        match self.last_failure() {
            Some(text) => write!(f, " (last_failure: {text})"),
            None => Ok(()),
        }
    }
}

/// Rounded up, so that an open circuit always has time left.
fn seconds(left: Duration) -> u128 {
    left.as_nanos().div_ceil(1_000_000_000)
}

impl std::error::Error for CircuitOpen {}

impl From<CircuitOpen> for io::Error {
    /// The kind is [`io::ErrorKind::Other`]: there is no kind for "not now".
    fn from(open: CircuitOpen) -> Self {
        Self::other(open)
    }
}

/// An error type that can hold a [`CircuitOpen`]: any type with `From<CircuitOpen>`.
#[diagnostic::on_unimplemented(
    message = "the error type `{Self}` cannot hold a `CircuitOpen`",
    label = "while the circuit is open, the function has to return a `{Self}`",
    note = "if `{Self}` is a type of yours, write `impl From<resilience::CircuitOpen> for {Self}` (with thiserror: a \
            variant with `#[from]`)",
    note = "if it is not, return an error enum of yours that has one, or say what to return instead: `fallback = ..` or `on_open = |open| ..`"
)]
pub trait HoldCircuitOpen: Sized {
    /// Converts the rejection to this type.
    fn hold(open: CircuitOpen) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<CircuitOpen>> HoldCircuitOpen for E {
    // Not inlined: otherwise it would occupy registers of the function on every call.
    #[cold]
    #[inline(never)]
    fn hold(open: CircuitOpen) -> Self {
        open.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(
        state: CircuitState,
        failures: u32,
        time_left: Option<Duration>,
        last_failure: Option<&str>,
    ) -> CircuitOpen {
        let at = Instant::now();
        let rejection = Rejection {
            name: Name::Written("db"),
            state,
            generation: 1,
            until: time_left.map(|left| at + left),
            open_until: time_left.map(|left| at + left),
            failures,
            last_failure: last_failure.map(Into::into),
        };
        CircuitOpen::new(Arc::new(rejection), at)
    }

    #[test]
    fn a_rejection_holds_until_its_time_is_up() {
        let open = open(CircuitState::Open, 1, Some(Duration::from_nanos(2)), None);
        let holds = [0, 1, 2, 3].map(|nanos| open.rejection.holds(open.at + Duration::from_nanos(nanos)));
        assert_eq!(holds, [true, true, false, false]);
        let forced = super::tests::open(CircuitState::ForcedOpen, 0, None, None);
        assert!(forced.rejection.holds(forced.at + Duration::from_secs(1 << 30)));
    }

    #[test]
    fn a_refusal_says_which_circuit_why_and_until_when() {
        let cases = [
            (
                open(CircuitState::Open, 3, Some(Duration::from_nanos(1_000_000_001)), Some("boom")),
                "Circuit \"db\" OPEN (3 failures, 2 sec remaining) (last_failure: boom)",
            ),
            (open(CircuitState::Open, 1, None, None), "Circuit \"db\" OPEN (1 failure)"),
            (
                open(CircuitState::HalfOpen, 1, None, Some("boom")),
                "Circuit \"db\" HALF-OPEN (1 failure, every trial is taken) (last_failure: boom)",
            ),
            (open(CircuitState::ForcedOpen, 0, None, None), "Circuit \"db\" FORCED OPEN (0 failures)"),
        ];
        for (open, text) in cases {
            assert_eq!(open.to_string(), text);
        }
        assert_eq!(
            format!("{:?}", open(CircuitState::Open, 1, Some(Duration::from_secs(2)), Some("boom"))),
            "CircuitOpen { name: \"db\", state: Open, failures: 1, retry_after: Some(2s), last_failure: Some(\"boom\") }",
        );
    }

    #[test]
    fn io_errors_and_boxed_errors_hold_a_refusal() {
        let refusal = open(CircuitState::Open, 3, Some(Duration::ZERO), Some("boom"));
        let io: io::Error = HoldCircuitOpen::hold(refusal.clone());
        assert!(io.get_ref().unwrap().is::<CircuitOpen>());
        let boxed: Box<dyn std::error::Error + Send + Sync> = HoldCircuitOpen::hold(refusal.clone());
        assert_eq!(boxed.downcast_ref::<CircuitOpen>(), Some(&refusal));
    }
}
