use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::config::CircuitConfig;
use super::core::{self, Cause, Effect, Pass, Report};
use super::ledger::{Ledger, Note};
use super::listeners::{EVERYWHERE, ListenerId, Listeners};
use super::memory::{Mail, Memory};
use super::name::Name;
use super::permit::{AsyncPermit, Permit, Ticket};
use super::standing::Standing;
use super::word::Word;
use super::{CircuitOpen, CircuitState};
use crate::clock;
use crate::error::{ConfigError, or_panic};
use crate::event::{CircuitEvent, CircuitEventKind, Listener};
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
    name: Name,
    config: CircuitConfig,
    memory: Memory,
    listeners: Listeners,
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
        Self::of(Name::Written(name), config)
    }

    /// As [`new`](Self::new), for a configuration known only at run time.
    ///
    /// # Errors
    /// Where `new` panics.
    pub fn try_new(name: &'static str, config: CircuitConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::of(Name::Written(name), config))
    }

    /// The configuration is one that has been validated.
    pub(super) const fn of(name: Name, config: CircuitConfig) -> Self {
        Self { name, memory: Memory::new(&config), config, listeners: Listeners::new() }
    }

    /// One of a set, whose listeners are told of its events too.
    pub(super) const fn of_set(name: Name, config: CircuitConfig, set: Arc<Listeners>) -> Self {
        Self { name, memory: Memory::new(&config), config, listeners: Listeners::below(set) }
    }

    /// Asks to be let in: a guard that is told how the call ended.
    ///
    /// ```
    /// # use resilience::{CircuitBreaker, CircuitConfig};
    /// let breaker = CircuitBreaker::new("queue", CircuitConfig::new().failure_threshold(1));
    /// let permit = breaker.try_acquire()?;
    /// permit.failure();
    /// assert!(breaker.opened());
    /// # Ok::<(), resilience::CircuitOpen>(())
    /// ```
    ///
    /// # Errors
    /// The refusal, if the circuit is open or has no place for another trial.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, CircuitOpen> {
        self.admit().map(Permit::new)
    }

    /// As [`try_acquire`](Self::try_acquire), for a call that lives in a future.
    #[doc(hidden)]
    #[inline]
    pub fn acquire_async(&self) -> Result<AsyncPermit<'_>, CircuitOpen> {
        self.admit().map(AsyncPermit::new)
    }

    /// One load and one comparison for a healthy circuit.
    ///
    /// What comes out of the slow way is taken apart and put together again, so that a healthy call's ticket stays in
    /// registers.
    #[inline]
    pub(super) fn admit(&self) -> Result<Ticket<'_>, CircuitOpen> {
        let seen = self.memory.word();
        let pass = if seen.is_calm() {
            Pass::calm(seen)
        } else if seen.is_closed() && !self.config.times_calls() && !self.memory.has_tripped(seen) {
            Pass::watched(seen, 0)
        } else {
            self.admit_watched(seen)?
        };
        Ok(Ticket::new(self, pass))
    }

    #[inline(never)]
    fn admit_watched(&self, seen: Word) -> Result<Pass, CircuitOpen> {
        if !seen.lets_in() || seen.is_closed() && self.memory.has_tripped(seen) {
            return self.try_or_refuse(seen);
        }
        let note = if self.config.times_calls() { clock::moment().get() } else { 0 };
        Ok(Pass::watched(seen, note))
    }

    /// Each way has a function of its own, so that a shorter one need not make room for a longer one.
    #[inline(never)]
    fn try_or_refuse(&self, seen: Word) -> Result<Pass, CircuitOpen> {
        // The clock is read before any lock is taken.
        let now = clock::moment();
        // Whoever listens is told of every refusal, which is the ledger's part.
        if !self.listened() {
            if let Some(open) = self.memory.refusal(seen, now) {
                return Err(open);
            }
        }
        self.enter(now)
    }

    #[cold]
    #[inline(never)]
    fn enter(&self, now: Nanos) -> Result<Pass, CircuitOpen> {
        let (pass, mail) = self.memory.enter(now, &self.config, &self.name, self.listened());
        self.read_out(mail);
        pass
    }

    /// Whether a calm circuit has stayed as it was, so that a success is not worth a word.
    #[inline]
    pub(super) fn stayed_calm(&self, pass: Pass) -> bool {
        self.memory.word() == pass.seen
    }

    /// A success of which nothing comes. `false`: it is still to be told.
    #[inline]
    pub(super) fn succeeds_quietly(&self, pass: Pass) -> bool {
        let now = if self.config.times_results() { clock::moment() } else { Nanos::ZERO };
        let slow = self.config.times_calls() && self.config.is_slow(now.minus(Nanos::new(pass.note)));
        !slow && self.memory.counts_quietly(pass, now, &self.config)
    }

    /// A result, for the first time.
    #[inline]
    pub(super) fn result(&self, pass: Pass, failed: bool) -> Effect {
        if let Some(effect) = self.memory.count_in_a_row(pass, failed) {
            return effect;
        }
        self.exit(pass, if failed { Report::Failure } else { Report::Success }, None)
    }

    /// A report, with the cause if it is known already.
    #[inline(never)]
    pub(super) fn exit(&self, pass: Pass, report: Report, cause: Option<&Cause>) -> Effect {
        let (effect, mail) = self.memory.exit(
            pass,
            report,
            (&self.config, &self.name),
            clock::moment,
            || self.listened(),
            cause,
        );
        self.read_out(mail);
        effect
    }

    /// A report with its cause, to which there is no further question.
    #[cold]
    pub(super) fn settle(&self, pass: Pass, report: Report, cause: &Cause) {
        let _ = self.exit(pass, report, Some(cause));
    }

    /// Why a slow call is a failure.
    pub(super) fn slow_cause(&self) -> Cause {
        self.config.slow_text().map(Into::into)
    }

    /// The circuit's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The configuration it was made with.
    pub const fn config(&self) -> CircuitConfig {
        self.config
    }

    /// What it is doing: half-open as soon as the recovery timeout has elapsed.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.read(core::state)
    }

    /// Whether it refuses calls: open or forced open. Not while half-open.
    #[must_use]
    pub fn opened(&self) -> bool {
        matches!(self.state(), CircuitState::Open | CircuitState::ForcedOpen)
    }

    /// Whether it is closed.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.state() == CircuitState::Closed
    }

    /// While closed, the failures it counts: in a row, or in its window. While open, those that opened it, and one for
    /// every recovery that failed since.
    #[must_use]
    pub fn failure_count(&self) -> u32 {
        self.read(|word, ledger, now| core::failures(word, ledger, now, &self.config))
    }

    /// How long it stays open: `None` if it is not open, [`Duration::MAX`] if its recovery timeout never ends.
    #[must_use]
    pub fn open_remaining(&self) -> Option<Duration> {
        self.read(|word, ledger, now| {
            let open = core::state(word, ledger, now) == CircuitState::Open;
            open.then(|| ledger.until.minus(now).to_duration())
        })
    }

    /// The moment at which it will try to recover: `None` if it is not open, or if that moment never comes.
    #[must_use]
    pub fn open_until(&self) -> Option<std::time::Instant> {
        clock::std_now().checked_add(self.open_remaining()?)
    }

    /// What the failure said that opened it; `None` once it is closed.
    ///
    /// Under `#[circuit]` that is the error's `Display`; without one, its `Debug`; without either, the name of its type.
    /// With [`call`](Self::call) and [`call_async`](Self::call_async), it is always its `Debug`. A string stands without
    /// its quotes. Of every text, the first line is kept, up to 512 bytes.
    #[must_use]
    pub fn last_failure(&self) -> Option<String> {
        self.read(|_, ledger, _| ledger.last_failure.as_deref().map(str::to_owned))
    }

    /// How many results came from calls that began before the last transition. They changed nothing.
    #[must_use]
    pub fn late_results(&self) -> u64 {
        self.read(|_, ledger, _| ledger.late)
    }

    /// Whether every call is admitted at this moment.
    #[inline]
    pub(super) fn lets_in(&self) -> bool {
        self.memory.word().lets_in()
    }

    /// For eviction. It changes nothing and delivers no event, because the caller holds a lock.
    pub(super) fn standing(&self, now: Nanos) -> Standing {
        let ledger = self.memory.ledger();
        let word = self.memory.word();
        let failures = core::failures(word, &ledger, now, &self.config);
        let counting = failures != 0 || !ledger.window.is_clean(now);
        Standing { state: word.state(), counting, open_until: ledger.until }
    }

    /// Refuses every call until [`force_close`](Self::force_close) or [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.force(CircuitState::ForcedOpen);
    }

    /// Closes it, whatever it was doing, and forgets what it has counted.
    pub fn force_close(&self) {
        self.force(CircuitState::Closed);
    }

    /// Lets every call through and counts nothing, until [`reset`](Self::reset).
    pub fn disable(&self) {
        self.force(CircuitState::Disabled);
    }

    /// Lets every call through and counts, but never opens, until [`reset`](Self::reset).
    pub fn metrics_only(&self) {
        self.force(CircuitState::MetricsOnly);
    }

    /// Back to a new circuit: closed, nothing counted, no last failure. Calls under way report to a generation that is
    /// over.
    pub fn reset(&self) {
        self.force(CircuitState::Closed);
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
        self.listeners.add(Listener::new(listener))
    }

    /// Removes a listener. A thread that is telling of an event at this moment may call it once more.
    ///
    /// Returns whether it was one of this circuit's: `false` for one that has gone already, or that was given to
    /// another circuit, to a set or to all.
    pub fn unlisten(&self, id: ListenerId) -> bool {
        self.listeners.remove(id)
    }

    /// Tells of a conflict over its name, in these words. It is no transition.
    pub(super) fn tell_of_conflict(&self, text: &Arc<str>) {
        self.locked(|word, ledger, _| {
            ledger.tell_why(CircuitEventKind::Conflict, word, Nanos::ZERO, Some(text));
            (word, ())
        });
    }

    fn force(&self, state: CircuitState) {
        self.locked(|word, ledger, _| (core::force(word, ledger, state, &self.config), ()));
    }

    fn read<T>(&self, read: impl FnOnce(Word, &Ledger, Nanos) -> T) -> T {
        self.locked(|word, ledger, now| (word, read(word, ledger, now)))
    }

    /// A step under the lock, with everything settled that has become due.
    fn locked<T>(&self, step: impl FnOnce(Word, &mut Ledger, Nanos) -> (Word, T)) -> T {
        let now = clock::moment();
        let (answer, mail) = self.memory.locked(&self.name, self.listened(), |word, ledger| {
            let word = core::settle(word, ledger, now, &self.config);
            step(word, ledger, now)
        });
        self.read_out(mail);
        answer
    }

    #[inline]
    fn listened(&self) -> bool {
        self.listeners.any() || EVERYWHERE.any()
    }

    #[inline]
    fn read_out(&self, mail: Mail) {
        if mail == Mail::Waiting {
            self.tell_all();
        }
    }

    /// Tells of everything that happened. One thread at a time: the others leave their events to it, and so does a
    /// listener that causes new ones.
    #[cold]
    #[inline(never)]
    fn tell_all(&self) {
        if !self.memory.ledger().outbox.queue.begin_delivery() {
            return;
        }
        while let Some((note, dropped)) = self.next_note() {
            let Note { kind, generation, failures, time_left, last_failure } = note;
            let name = self.name.clone();
            let event = CircuitEvent { name, kind, generation, failures, time_left, last_failure, dropped };
            self.listeners.tell(&event);
            EVERYWHERE.tell(&event);
        }
    }

    /// Out of line, so that the lock is free while listeners run.
    fn next_note(&self) -> Option<(Note, u64)> {
        self.memory.ledger().outbox.queue.next()
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

/// For the tests, which look inside.
#[cfg(all(test, feature = "testing"))]
impl CircuitBreaker {
    pub(super) fn inspect<T>(&self, look: impl FnOnce(Word, &Ledger) -> T) -> T {
        self.read(|word, ledger, _| look(word, ledger))
    }
}
