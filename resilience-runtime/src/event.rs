//! Events of circuits.

use std::sync::Arc;
use std::time::Duration;

use crate::circuit::{CircuitState, Name};
use crate::time::Nanos;

/// The kind of a [`CircuitEvent`].
///
/// ```
/// use resilience::CircuitEventKind;
///
/// resilience::circuits().listen(|event| match event.kind() {
///     CircuitEventKind::Opened => eprintln!("{} opened: {:?}", event.name(), event.last_failure()),
///     CircuitEventKind::Closed => eprintln!("{} is back", event.name()),
///     _ => {}
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitEventKind {
    /// The circuit opened: calls are rejected.
    Opened,
    /// The recovery timeout has elapsed, and a probe was admitted.
    HalfOpened,
    /// The circuit closed: a recovery succeeded, or an operator reset it.
    Closed,
    /// An operator forced it open.
    ForcedOpen,
    /// An operator disabled it.
    Disabled,
    /// An operator set it to count only.
    MetricsOnly,
    /// A call was rejected.
    Refused,
    /// The result of a call that began before the last transition. It changes nothing.
    LateResult,
    /// Sites of one name have different configurations for their circuit. [`CircuitEvent::last_failure`] contains the
    /// message; see [`Circuits::verify`](crate::breaker::Circuits::verify).
    Conflict,
    /// A set of [keyed circuits](crate::KeyedCircuits) is full, and no circuit may be evicted for a new key. The
    /// key's call runs without a circuit.
    ///
    /// The event has the set's name. [`CircuitEvent::last_failure`] contains the key. There is one event for every
    /// call of such a key, as for a rejection.
    KeyNotRemembered,
}

impl CircuitEventKind {
    /// The state after a transition. `None` for other events.
    pub(crate) const fn state(self) -> Option<CircuitState> {
        match self {
            Self::Opened => Some(CircuitState::Open),
            Self::HalfOpened => Some(CircuitState::HalfOpen),
            Self::Closed => Some(CircuitState::Closed),
            Self::ForcedOpen => Some(CircuitState::ForcedOpen),
            Self::Disabled => Some(CircuitState::Disabled),
            Self::MetricsOnly => Some(CircuitState::MetricsOnly),
            Self::Refused | Self::LateResult | Self::Conflict | Self::KeyNotRemembered => None,
        }
    }

    /// Whether it happens per call, not per transition. Such events are dropped first if too many wait.
    pub(crate) const fn is_minor(self) -> bool {
        matches!(self, Self::Refused | Self::LateResult | Self::KeyNotRemembered)
    }
}

/// An event of a circuit, delivered after the change.
///
/// ```
/// use resilience::{CircuitBreaker, CircuitConfig, CircuitEventKind};
/// use std::sync::{Arc, Mutex};
///
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let breaker = CircuitBreaker::new("search", CircuitConfig::new().failure_threshold(1));
/// breaker.listen({
///     let log = log.clone();
///     move |event| log.lock().unwrap().push((event.kind(), event.last_failure().map(str::to_owned)))
/// });
///
/// let _ = breaker.call(|| Err::<(), _>("no route"));
/// breaker.reset();
/// assert_eq!(
///     *log.lock().unwrap(),
///     [(CircuitEventKind::Opened, Some("no route".into())), (CircuitEventKind::Closed, None)],
/// );
/// ```
#[derive(Clone, Debug)]
pub struct CircuitEvent {
    pub(crate) name: Name,
    pub(crate) kind: CircuitEventKind,
    pub(crate) set: Option<&'static str>,
    pub(crate) from: Option<CircuitState>,
    pub(crate) generation: u64,
    pub(crate) failures: u32,
    pub(crate) time_left: Nanos,
    pub(crate) last_failure: Option<Arc<str>>,
    pub(crate) dropped: u64,
}

impl CircuitEvent {
    /// The circuit's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The name of the set for a keyed circuit: the part of [`name`](Self::name) before the key, for labels that must
    /// not grow with the number of keys.
    ///
    /// ```
    /// use resilience::{CircuitConfig, KeyedCircuits};
    ///
    /// static HOSTS: KeyedCircuits = KeyedCircuits::new("hosts", CircuitConfig::new().failure_threshold(1), 1024);
    ///
    /// HOSTS.listen(|event| assert_eq!((event.name(), event.set()), ("hosts[a.example]", Some("hosts"))));
    /// let _ = HOSTS.circuit("a.example").call(|| Err::<(), _>("down"));
    /// ```
    #[must_use]
    pub const fn set(&self) -> Option<&'static str> {
        self.set
    }

    /// The state before a transition. `None` for other events.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
    /// use std::sync::Mutex;
    ///
    /// static LOG: Mutex<Vec<Option<CircuitState>>> = Mutex::new(Vec::new());
    /// let breaker = CircuitBreaker::new("search", CircuitConfig::new());
    /// breaker.listen(|event| LOG.lock().unwrap().push(event.from()));
    /// breaker.force_open();
    /// breaker.reset();
    /// assert_eq!(*LOG.lock().unwrap(), [Some(CircuitState::Closed), Some(CircuitState::ForcedOpen)]);
    /// ```
    #[must_use]
    pub const fn from(&self) -> Option<CircuitState> {
        self.from
    }

    /// The kind of the event.
    #[must_use]
    pub const fn kind(&self) -> CircuitEventKind {
        self.kind
    }

    /// The number of transitions of the circuit, including this one.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The failures that opened the circuit, plus one for every failed recovery since.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// How long the circuit stays open, if known. For openings and rejections.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let told = matches!(self.kind, CircuitEventKind::Opened | CircuitEventKind::Refused);
        (told && !self.time_left.is_never()).then(|| self.time_left.to_duration())
    }

    /// The text of the failure that opened the circuit. For a conflict, the message with both places. For a key
    /// without a circuit, the key.
    #[must_use]
    pub fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }

    /// The number of events of this circuit, or of this set of circuits, that were dropped since the last delivered
    /// one.
    ///
    /// Events wait while a listener is busy, up to 256 per circuit. Rejections and late results are dropped first:
    /// new ones if 64 events wait, and the oldest ones if the queue is full. Transitions are only dropped if the
    /// queue contains nothing else, the oldest first, so that the last delivered event has the present state.
    /// Transitions caused by listeners are dropped after 256 events in a row, so that listeners that answer each
    /// transition with another one terminate.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// static LOST: AtomicU64 = AtomicU64::new(0);
    /// resilience::circuits().listen(|event| _ = LOST.fetch_add(event.dropped(), Ordering::Relaxed));
    /// ```
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}
