use std::fmt;
use std::time::Duration;

use super::config::CircuitConfig;
use super::events::Events;
use super::eviction::EvictionCandidate;
use super::listeners::CircuitListeners;
use super::machine::{Machine, OperatorCommand};
use super::name::Name;
use super::origin::CircuitOrigin;
use super::permit::{AsyncPermit, Permit};
use super::snapshot::CircuitSnapshot;
use super::store::Store;
use super::{CircuitOpen, CircuitState};
use crate::clock;
use crate::error::{ConfigError, or_panic};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::ListenerId;
use crate::time::Nanos;

/// One circuit: lets calls through while they succeed, and refuses them for a while when they do not.
///
/// `const`-constructible: a plain `static`, a field, or behind an [`Arc`](std::sync::Arc). All methods take `&self`.
///
/// ```
/// use resilience::{CallError, CircuitBreaker, CircuitConfig, CircuitState};
/// use std::time::Duration;
///
/// static PAYMENTS: CircuitBreaker = CircuitBreaker::new(
///     "payments",
///     CircuitConfig::new().failure_threshold(3).recovery_timeout(Duration::from_secs(60)),
/// );
///
/// fn charge() -> Result<u32, &'static str> { Err("card declined by the weather") }
///
/// for _ in 0..3 {
///     assert_eq!(PAYMENTS.call(charge), Err(CallError::Failed("card declined by the weather")));
/// }
/// assert_eq!(PAYMENTS.state(), CircuitState::Open);
/// assert!(matches!(PAYMENTS.call(charge), Err(CallError::Open(_))));
/// ```
///
/// | | closed | open | half-open | forced open | counting only, disabled |
/// |---|---|---|---|---|---|
/// | a call | runs | is refused; once the recovery timeout has elapsed, it is a trial | is a trial if there is a place, else refused | is refused | runs |
/// | success, failure, slow call | counted | – | counted; the first failure opens it, enough successes close it | – | counted, or not |
/// | ignored, dropped, cancelled | nothing | – | the place is free again | – | nothing |
/// | panic | failure | – | failure | – | failure, or nothing |
/// | a trial past `probe_timeout` | – | – | failure, and its place is free | – | – |
///
/// A result of a call that began before the last transition is late: it changes nothing, in any state.
pub struct CircuitBreaker {
    store: Store,
}

impl CircuitBreaker {
    /// A closed circuit.
    ///
    /// # Panics
    /// If the configuration contradicts itself; see [`CircuitConfig::validate`]. In a `static`, a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, config: CircuitConfig) -> Self {
        or_panic!(config.validate());
        Self::of(Name::Written(name), config, CircuitOrigin::Hand)
    }

    /// As [`new`](Self::new), for a configuration known only at run time.
    ///
    /// # Errors
    /// Where `new` panics.
    pub fn try_new(name: &'static str, config: CircuitConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::of(Name::Written(name), config, CircuitOrigin::Hand))
    }

    /// The configuration must have been validated.
    pub(super) const fn of(name: Name, config: CircuitConfig, origin: CircuitOrigin) -> Self {
        Self { store: Store::new(name, config, Events::new(CircuitListeners::new(origin))) }
    }

    /// Asks to be let in: a guard that is told how the call ended.
    ///
    /// ```
    /// # use resilience::{CircuitBreaker, CircuitConfig};
    /// let breaker = CircuitBreaker::new("queue", CircuitConfig::new().failure_threshold(1));
    /// let permit = breaker.try_acquire()?;
    /// permit.failure();
    /// assert!(breaker.is_open());
    /// # Ok::<(), resilience::CircuitOpen>(())
    /// ```
    ///
    /// # Errors
    /// The refusal, if the circuit is open or has no place for another trial.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        Ok(Permit::new(&self.store, self.store.enter()?))
    }

    /// As [`try_acquire`](Self::try_acquire), for a call that lives in a future.
    #[doc(hidden)]
    #[inline]
    pub fn acquire_async(&self) -> Result<AsyncPermit<'_>, CircuitOpen> {
        Ok(AsyncPermit::new(&self.store, self.store.enter()?))
    }

    /// The circuit's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.store.name().as_str()
    }

    /// The configuration in force: the one it was made with, or the last one of [`reconfigure`](Self::reconfigure).
    pub fn config(&self) -> CircuitConfig {
        self.store.peek(|machine| machine.config())
    }

    /// Changes the configuration while the circuit is in use.
    ///
    /// The state, the generation and the listeners stay as they are. What was counted stays as well, unless the kind or the
    /// size of its window changes, to which the threshold of failures [`within`](CircuitConfig::within) a time belongs. A
    /// lower threshold takes effect with the next result that is counted. An open circuit stays open as long as it was going
    /// to. A call under way keeps the `slow_call` that it began with, if there is still one.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig};
    ///
    /// let breaker = CircuitBreaker::new("mail", CircuitConfig::new());
    /// let _ = breaker.call(|| Err::<(), _>("down"));
    /// breaker.reconfigure(breaker.config().failure_threshold(2))?;
    /// let _ = breaker.call(|| Err::<(), _>("down"));
    /// assert!(breaker.is_open());
    /// # Ok::<(), resilience::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// If the configuration contradicts itself; then nothing changes.
    pub fn reconfigure(&self, config: CircuitConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.store.reconfigure(config);
        Ok(())
    }

    /// What it is doing: half-open as soon as the recovery timeout has elapsed.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.store.read(Machine::state_at)
    }

    /// Whether it refuses calls: open or forced open. Not while half-open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state(), CircuitState::Open | CircuitState::ForcedOpen)
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state() == CircuitState::Closed
    }

    /// While closed, the failures it counts: in a row, or in its window. While open, those that opened it, and one for
    /// every recovery that failed since.
    #[must_use]
    pub fn failure_count(&self) -> u32 {
        self.store.read(Machine::failures)
    }

    /// How long it stays open: `None` if it is not open, [`Duration::MAX`] if its recovery timeout never ends.
    #[must_use]
    pub fn open_remaining(&self) -> Option<Duration> {
        self.store.read(|machine, now| {
            let open = machine.state_at(now) == CircuitState::Open;
            open.then(|| machine.time_left(now).to_duration())
        })
    }

    /// The moment at which it will try to recover: `None` if it is not open, or if that moment never comes.
    #[must_use]
    pub fn open_until(&self) -> Option<std::time::Instant> {
        clock::std_now().checked_add(self.open_remaining()?)
    }

    /// The text of the last failure, while the circuit is closed too. `None` if there was none since the circuit closed, or if
    /// it had no text; a success clears it together with a count of consecutive failures.
    ///
    /// Under `#[circuit]` that is the error's `Display`; without one, its `Debug`; without either, the name of its type.
    /// With [`call`](Self::call) and [`call_async`](Self::call_async), it is always its `Debug`. A string stands without
    /// its quotes. Of every text, the first line is kept, up to 512 bytes.
    #[must_use]
    pub fn last_failure(&self) -> Option<String> {
        self.store.read(|machine, _| machine.last_failure().map(str::to_owned))
    }

    /// How many results came from calls that began before the last transition. They changed nothing.
    #[must_use]
    pub fn late_results(&self) -> u64 {
        self.store.read(|machine, _| machine.late())
    }

    /// Everything that can be read of it, at one moment.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig, CircuitState};
    ///
    /// let breaker = CircuitBreaker::new("mail", CircuitConfig::new().failure_threshold(1));
    /// let _ = breaker.call(|| Err::<(), _>("down"));
    /// let _ = breaker.call(|| Ok::<_, &str>(()));
    ///
    /// let mail = breaker.snapshot();
    /// assert_eq!((mail.name(), mail.state()), ("mail", CircuitState::Open));
    /// assert_eq!((mail.failures(), mail.refused(), mail.last_failure()), (1, 1, Some("down")));
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> CircuitSnapshot {
        self.store.snapshot()
    }

    /// Whether every call is admitted at this moment.
    #[inline]
    pub(super) fn admits_all(&self) -> bool {
        self.store.admits_all()
    }

    /// From here on, gauges count the circuit.
    pub(crate) fn measure(&self) {
        self.store.measure();
    }

    /// Gauges never count the circuit: its set does not remember it.
    pub(super) fn exclude(&self) {
        self.store.events.listeners.measured.exclude();
    }

    /// For eviction. It changes nothing and delivers no event, because the caller holds a lock.
    pub(super) fn candidate(&self, now: Nanos) -> EvictionCandidate {
        self.store.peek(|machine| machine.candidate(now))
    }

    /// Refuses every call until [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.store.operate(OperatorCommand::ForceOpen);
    }

    /// Lets every call through and counts nothing, until [`reset`](Self::reset).
    pub fn disable(&self) {
        self.store.operate(OperatorCommand::Disable);
    }

    /// Lets every call through and counts, but never opens, until [`reset`](Self::reset).
    pub fn metrics_only(&self) {
        self.store.operate(OperatorCommand::MetricsOnly);
    }

    /// Back to a new circuit: closed, nothing counted, no last failure. Calls under way report to a generation that is
    /// over.
    pub fn reset(&self) {
        self.store.operate(OperatorCommand::Reset);
    }

    /// Calls `listener` after every event of this circuit: in order, one at a time, on the thread of whoever caused it
    /// or one that was busy telling, and with no lock held. A listener that panics harms nobody.
    ///
    /// What a listener's own calls are refused, by any circuit, is not told, nor that they came too late: it may call the
    /// circuit that it listens to. Transitions that it causes are told.
    ///
    /// It listens until [`unlisten`](Self::unlisten) takes its id, or for ever if nobody keeps that.
    ///
    /// ```
    /// # use resilience::{CircuitBreaker, CircuitConfig};
    /// # use std::sync::atomic::{AtomicU32, Ordering};
    /// static EVENTS: AtomicU32 = AtomicU32::new(0);
    /// let breaker = CircuitBreaker::new("mail", CircuitConfig::new());
    ///
    /// let id = breaker.listen(|_| _ = EVENTS.fetch_add(1, Ordering::Relaxed));
    /// breaker.force_open();
    /// assert!(breaker.unlisten(id));
    /// breaker.reset();
    /// assert_eq!(EVENTS.load(Ordering::Relaxed), 1);
    /// ```
    pub fn listen(&self, listener: impl Fn(&CircuitEvent) + Send + Sync + 'static) -> ListenerId {
        self.store.events.listeners.add(listener)
    }

    /// Removes a listener. A thread that is telling of an event at this moment may call it once more.
    ///
    /// Returns whether it was one of this circuit's: `false` for one that has gone already, or that was given to
    /// another circuit, to a set or to all.
    pub fn unlisten(&self, id: ListenerId) -> bool {
        self.store.events.listeners.remove(id)
    }

    /// Tells of a conflict over its name, in these words. It is no transition.
    pub(super) fn tell_of_conflict(&self, text: &str) {
        self.store.announce(CircuitEventKind::Conflict, text);
    }

    /// For tests, which look inside.
    #[cfg(all(test, feature = "testing"))]
    pub(super) const fn store(&self) -> &Store {
        &self.store
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.name())
            .field("state", &self.state())
            .field("failure_count", &self.failure_count())
            .field("last_failure", &self.last_failure())
            .finish_non_exhaustive()
    }
}
