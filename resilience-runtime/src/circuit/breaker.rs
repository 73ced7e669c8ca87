use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::config::CircuitConfig;
use super::events::Events;
use super::eviction::EvictionCandidate;
use super::listeners::CircuitListeners;
use super::machine::{Machine, OperatorCommand};
use super::name::Name;
use super::origin::CircuitOrigin;
use super::overriding::CircuitOverride;
use super::permit::{AsyncPermit, Permit};
use super::snapshot::CircuitSnapshot;
use super::store::Store;
use super::{CircuitOpen, CircuitState};
use crate::clock;
use crate::error::{ConfigError, or_panic};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::ListenerId;
use crate::time::Nanos;

/// A circuit breaker: admits calls while they succeed, and rejects them for a time after they fail.
///
/// The constructor is `const`: a circuit can be a `static`, a field, or shared in an [`Arc`](std::sync::Arc). All
/// methods take `&self`.
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
/// | a call | runs | is rejected; after the recovery timeout, it is a probe | is a probe if a place is free, otherwise rejected | is rejected | runs |
/// | success, failure, slow call | counted | – | counted; the first failure opens it, enough successes close it | – | counted, or not |
/// | ignored, dropped, cancelled | nothing | – | the place is released | – | nothing |
/// | panic | failure | – | failure | – | failure, or nothing |
/// | a probe past `probe_timeout` | – | – | failure, and the place is released | – | – |
///
/// The result of a call that began before the last transition is late: it changes nothing, in any state.
pub struct CircuitBreaker {
    pub(super) store: Store,
}

impl CircuitBreaker {
    /// Creates a closed circuit.
    ///
    /// # Panics
    /// If the configuration contradicts itself; see [`CircuitConfig::validate`]. In a `static`, this is a compile
    /// error.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, config: CircuitConfig) -> Self {
        or_panic!(config.validate());
        Self::of(Name::Written(name), config, CircuitOrigin::Hand)
    }

    /// Like [`new`](Self::new), for a name or a configuration that is only known at run time.
    ///
    /// [`Circuits::register`](super::Circuits::register) adds the circuit to the list of the program.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, CircuitConfig};
    ///
    /// let tenant = "blue";
    /// let breaker = CircuitBreaker::try_new(format!("mail of {tenant}"), CircuitConfig::new())?;
    /// assert_eq!(breaker.name(), "mail of blue");
    /// # Ok::<(), resilience::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// If `new` would panic.
    pub fn try_new(name: impl Into<Cow<'static, str>>, config: CircuitConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::of(name.into().into(), config, CircuitOrigin::Hand))
    }

    /// The configuration must be valid.
    pub(super) const fn of(name: Name, config: CircuitConfig, origin: CircuitOrigin) -> Self {
        Self { store: Store::new(name, config, Events::new(CircuitListeners::new(origin))) }
    }

    /// The state of the circuit: in a test scope, that of the scope.
    #[inline]
    pub(super) fn store(&self) -> &Store {
        #[cfg(feature = "testing")]
        if crate::test_scope::is_any_open() {
            return self.store_in_scope().unwrap_or(&self.store);
        }
        &self.store
    }

    /// Requests a permit: a guard that must report how the call ended.
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
    /// If the circuit rejects the call: it is open, or has no place for another probe.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        let permit = self.acquire()?;
        #[cfg(feature = "testing")]
        permit.meet_fault();
        Ok(permit)
    }

    /// Like [`try_acquire`](Self::try_acquire), for a call that can be replaced by a test's fault.
    #[doc(hidden)]
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        let store = self.store();
        Ok(Permit::new(store, store.enter()?))
    }

    /// Like [`try_acquire`](Self::try_acquire), for a call in a future.
    #[doc(hidden)]
    #[inline]
    pub fn acquire_async(&self) -> Result<AsyncPermit<'_>, CircuitOpen> {
        let store = self.store();
        Ok(AsyncPermit::new(store, store.enter()?))
    }

    /// The circuit's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.store.name().as_str()
    }

    /// The current configuration: the initial one, or that of the last [`reconfigure`](Self::reconfigure).
    pub fn config(&self) -> CircuitConfig {
        self.store().peek(|machine| machine.config())
    }

    /// Changes the configuration while the circuit is in use.
    ///
    /// The state, the generation and the listeners stay. The recorded calls stay as well, unless the kind or the size
    /// of the window changes. The number of failures [`within`](CircuitConfig::within) a time is part of that size. A
    /// lower threshold takes effect with the next counted result. An open circuit keeps its remaining open time. A
    /// running call keeps the `slow_call` that it began with, unless the new configuration has none.
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
    /// If the configuration contradicts itself. Nothing changes in that case.
    pub fn reconfigure(&self, config: CircuitConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.store().reconfigure(config);
        Ok(())
    }

    /// The state: half-open as soon as the recovery timeout has elapsed.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.store().read(Machine::state_at)
    }

    /// Whether it rejects all calls: open or forced open, but not half-open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state(), CircuitState::Open | CircuitState::ForcedOpen)
    }

    /// Whether it is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state() == CircuitState::Closed
    }

    /// While closed, the counted failures: in a row, or in the window. While open, the failures that opened it, plus
    /// one for each failed recovery.
    #[must_use]
    pub fn failure_count(&self) -> u32 {
        self.store().read(Machine::failures)
    }

    /// The remaining open time. `None` if it is not open, [`Duration::MAX`] if its recovery timeout never ends.
    #[must_use]
    pub fn open_remaining(&self) -> Option<Duration> {
        self.store().read(|machine, now| {
            let open = machine.state_at(now) == CircuitState::Open;
            open.then(|| machine.time_left(now).to_duration())
        })
    }

    /// The time at which it admits a probe. `None` if it is not open, or if it never admits one.
    #[must_use]
    pub fn open_until(&self) -> Option<std::time::Instant> {
        clock::std_now().checked_add(self.open_remaining()?)
    }

    /// The text of the last failure. `None` if there was no failure since the circuit closed, or if it had no text. A
    /// success also clears it if the circuit counts consecutive failures.
    ///
    /// Under `#[circuit]`, the text is the error's `Display`, without one its `Debug`, without either the name of its
    /// type. With [`call`](Self::call) and [`call_async`](Self::call_async), it is always its `Debug`. Strings have
    /// no quotes. Only the first line of a text is kept, up to 512 bytes.
    #[must_use]
    pub fn last_failure(&self) -> Option<String> {
        self.store().read(|machine, _| machine.last_failure().map(str::to_owned))
    }

    /// The number of results from calls that began before the last transition. They changed nothing.
    #[must_use]
    pub fn late_results(&self) -> u64 {
        self.store().read(|machine, _| machine.late())
    }

    /// A consistent snapshot of all its properties.
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
        self.store().snapshot()
    }

    /// Whether every call is currently admitted.
    #[inline]
    pub(super) fn admits_all(&self) -> bool {
        self.store().admits_all()
    }

    /// Includes the circuit in the gauges.
    pub(crate) fn measure(&self) {
        self.store().measure();
    }

    /// For the handle of a store.
    pub(super) const fn shared_store(&self) -> &Store {
        &self.store
    }

    /// The name of its set, for a keyed circuit.
    pub(super) fn set_name(&self) -> Option<&'static str> {
        self.store.events.listeners.origin.set().map(|set| set.name)
    }

    /// Excludes the circuit from the gauges, because its set does not keep it.
    pub(super) fn exclude(&self) {
        self.store().events.listeners.measured.exclude();
    }

    /// The facts for eviction. Changes nothing and delivers no event, because the caller holds a lock.
    pub(super) fn candidate(&self, now: Nanos) -> EvictionCandidate {
        self.store().peek(|machine| machine.candidate(now))
    }

    /// Rejects every call until [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.store().operate(OperatorCommand::ForceOpen);
    }

    /// Admits every call and counts nothing, until [`reset`](Self::reset).
    pub fn disable(&self) {
        self.store().operate(OperatorCommand::Disable);
    }

    /// Admits every call and counts it, but never opens, until [`reset`](Self::reset).
    pub fn metrics_only(&self) {
        self.store().operate(OperatorCommand::MetricsOnly);
    }

    /// Resets the circuit to its initial state: closed, nothing counted, no last failure. Results of running calls
    /// will be late.
    pub fn reset(&self) {
        self.store().operate(OperatorCommand::Reset);
    }

    /// Calls `listener` after every event of this circuit: in order, one at a time, and without a lock. It runs on
    /// the thread that caused the event, or on a thread that was already delivering. A panic in a listener is caught
    /// and ignored.
    ///
    /// A listener may call the circuit that it listens to. Rejections and late results of a listener's calls, of any
    /// circuit, are not delivered. Transitions that it causes are delivered.
    ///
    /// The listener stays until [`unlisten`](Self::unlisten) is called with its id.
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
        self.store().events.listeners.add(listener)
    }

    /// Removes a listener. A thread that is delivering an event at this moment may call it once more.
    ///
    /// Returns whether it was a listener of this circuit: `false` if it was already removed, or if it belongs to
    /// another circuit, to a set or to all circuits.
    pub fn unlisten(&self, id: ListenerId) -> bool {
        self.store().events.listeners.remove(id)
    }

    /// Delivers an event about a conflict over its name. This is not a transition.
    pub(super) fn tell_of_conflict(&self, text: &str) {
        self.store().announce(CircuitEventKind::Conflict, text);
    }

    /// The configuration of the program, also in a test scope. Delivers no events, because the caller may hold a lock.
    #[cfg(feature = "serde")]
    pub(super) fn program_config(&self) -> CircuitConfig {
        self.store.peek(|machine| machine.config())
    }

    /// The state of the circuit of the program, also in a test scope.
    #[cfg(feature = "serde")]
    pub(super) fn program_state(&self) -> CircuitState {
        self.store.read(Machine::state_at)
    }

    /// Applies settings from outside. Delivers no events, because the caller holds a lock.
    pub(super) fn change(&self, settings: CircuitOverride) {
        self.store.change(settings);
    }

    /// Delivers the events of changes.
    #[cfg(feature = "serde")]
    pub(super) fn deliver(&self) {
        self.store.deliver();
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
