//! A circuit that threads share: an atomic word that every call reads, and a [`Machine`] under a lock.
//!
//! A success of a calm circuit reads the word twice and writes nothing. In a window, a success that cannot trip the
//! rule adds to a counter ([`successes`](super::successes)). A rejection reads a snapshot
//! ([`rejections`](super::rejections)). Everything else takes the lock and steps the [`Machine`].
//!
//! # Synchronization
//! The word publishes only itself: no other memory is read because of its value. Its loads and stores are therefore
//! `Relaxed`, without acquire and release pairs. A thread that has observed a change of the circuit also observes the
//! new word, by the coherence of a single atomic. The word is only written under the lock.
//!
//! The machine is only accessed under the lock, whose acquire and release order all accesses. No user code runs under
//! the lock: the text of a failure is written before it is taken, and events are delivered after it is released.
//!
//! # Extension points
//! - **Reconfiguration**: [`Store::reconfigure`] replaces the configuration under the lock. State, generation and
//!   listeners stay. The window is only replaced if its kind or its size changes. A running call keeps the
//!   `slow_call` that it was admitted with.
//! - **Counting**: each success, failure and rejection passes through [`Store::success`], [`Store::failure`] or
//!   [`Store::enter`] exactly once, with the permit or the thread's copy of the rejection at hand. A count needs no
//!   write to shared memory.
//! - **Reading**: [`Store::read`] gives a consistent view of the machine, including its tallies.
//! - **External decisions**: a store for several machines changes the machine's [`StoreControl`] part under the lock with
//!   [`Store::change_shared`]. A transition that follows starts a new generation as any other does.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::config::CircuitConfig;
use super::events::Events;
use super::listeners::{calls_are_heard, tell_call};
use super::machine::{Entry, Exit, Machine, OperatorCommand, Outcome};
use super::name::Name;
use super::overriding::CircuitOverride;
use super::rejection::Rejection;
use super::rejections::Rejections;
use super::rules::Rules;
use super::shared::{Sharing, StoreControl, Wake};
use super::snapshot::CircuitSnapshot;
use super::state_word::StateWord;
use super::successes::Successes;
use super::{CircuitOpen, CircuitState};
use crate::clock;
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use crate::telemetry::CircuitCallOutcome;
use crate::time::{Instant, Nanos};

/// The shared state of one circuit.
pub(super) struct Store {
    word: AtomicU64,
    /// A call that takes this long is slow. [`Nanos::NEVER`]: no call is slow.
    slow_call: AtomicU64,
    successes: Successes,
    rejections: Rejections,
    machine: Mutex<Machine>,
    name: Name,
    pub(super) events: Events,
}

/// The token of an admitted call. It has two words, so that a healthy call keeps it in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// The word as the call read it. The outcome only counts in this generation.
    seen: StateWord,
    /// The number of a probe. For a timed call, the time at which it becomes slow.
    note: u64,
}

impl Pass {
    const fn probe(self) -> Option<u64> {
        if matches!(self.seen.state(), CircuitState::HalfOpen) { Some(self.note) } else { None }
    }

    /// Whether the call was slow, and the time if it was read. The machine times probes.
    #[inline]
    fn is_slow(self) -> (bool, Option<Nanos>) {
        if !self.seen.is_timed() || self.probe().is_some() {
            return (false, None);
        }
        let now = clock::moment();
        (Nanos::new(self.note).is_over(now), Some(now))
    }
}

impl Store {
    /// The configuration must be valid.
    pub(super) const fn new(name: Name, config: CircuitConfig, events: Events) -> Self {
        let machine = Machine::new(config);
        let slow_call = slow_call(machine.rules());
        Self {
            word: AtomicU64::new(machine.word().bits()),
            slow_call: AtomicU64::new(slow_call.get()),
            successes: Successes::new(),
            rejections: Rejections::new(),
            machine: Mutex::new(machine),
            name,
            events,
        }
    }

    pub(super) const fn name(&self) -> &Name {
        &self.name
    }

    /// Its name, and that of its set.
    #[cfg(feature = "testing")]
    pub(super) fn names(&self) -> Vec<&str> {
        let set = self.events.listeners.origin.set().map(|set| set.name);
        std::iter::once(self.name.as_str()).chain(set).collect()
    }

    #[inline]
    fn word(&self) -> StateWord {
        // Relaxed: see the module's documentation.
        StateWord::from_bits(self.word.load(Ordering::Relaxed))
    }

    /// Whether every call is currently admitted.
    #[inline]
    pub(super) fn admits_all(&self) -> bool {
        self.word().admits_all()
    }

    /// Admits or rejects a call: one load and one comparison if the circuit is calm.
    #[inline]
    pub(super) fn enter(&self) -> Result<Pass, CircuitOpen> {
        let seen = self.word();
        if seen.is_calm() { Ok(Pass { seen, note: 0 }) } else { self.enter_watched(seen) }
    }

    #[inline(never)]
    fn enter_watched(&self, seen: StateWord) -> Result<Pass, CircuitOpen> {
        if !seen.admits_at_once() {
            return self.probe_or_reject(seen);
        }
        let mut note = 0;
        if seen.is_timed() {
            // Relaxed: a call that begins during a reconfiguration may use either configuration.
            let slow = Nanos::new(self.slow_call.load(Ordering::Relaxed));
            note = clock::moment().plus(slow).get();
        }
        Ok(Pass { seen: seen.watched(), note })
    }

    #[inline(never)]
    fn probe_or_reject(&self, seen: StateWord) -> Result<Pass, CircuitOpen> {
        // Listeners get each rejection in order with the transitions, so with a listener each rejection takes the lock.
        if !self.events.are_heard() {
            let rejected = self.rejections.reject(|rejection| {
                // Read after the snapshot, so that the remaining time is never longer than the published one.
                let now = clock::now();
                let rejects = rejection.generation == seen.generation() && rejection.holds(now);
                rejects.then(|| CircuitOpen::new(Arc::clone(rejection), now))
            });
            if let Some(open) = rejected {
                return Err(open);
            }
        }
        self.enter_machine()
    }

    #[cold]
    #[inline(never)]
    fn enter_machine(&self) -> Result<Pass, CircuitOpen> {
        let entered = self.step(|machine| {
            // Under the lock, so that the rejection is ordered after the transition that causes it.
            let now = clock::now();
            let at = clock::since_start(now);
            let note = match machine.enter(at) {
                Entry::Call => at.plus(slow_call(machine.rules())).get(),
                Entry::Probe(number) => number,
                Entry::Trial(number) => {
                    self.events.pending.mark();
                    return Ok(Pass { seen: StateWord::of_trial().watched(), note: number });
                }
                Entry::Rejected => {
                    self.push(machine, CircuitEventKind::Refused, None, at);
                    return Err(CircuitOpen::new(self.rejection(machine, now).into(), now));
                }
            };
            Ok(Pass { seen: machine.word().watched(), note })
        });
        if entered.is_err() {
            self.tell(CircuitCallOutcome::Refused);
        }
        entered
    }

    /// Whether a calm circuit has not changed and there is no listener for calls. A success then has nothing to do.
    #[inline]
    pub(super) fn stayed_calm(&self, pass: Pass) -> bool {
        self.word() == pass.seen && !calls_are_heard()
    }

    /// A success of a circuit that was not calm, or has changed since.
    #[inline(never)]
    pub(super) fn success(&self, pass: Pass) {
        // A separate path, because it needs neither a clock nor the registers for one.
        let is_counted = !pass.seen.is_timed() && self.successes.count_untimed(pass.seen.generation());
        if !is_counted || calls_are_heard() {
            self.success_in_time(pass, is_counted);
        }
    }

    #[inline(never)]
    fn success_in_time(&self, pass: Pass, is_counted: bool) {
        let (generation, word) = (pass.seen.generation(), self.word());
        let (slow, now) = pass.is_slow();
        let count = || self.successes.count(generation, || now.unwrap_or_else(clock::moment));
        let is_done = is_counted || !slow && word.generation() == generation && (!word.is_dirty() || count());
        let is_late = !is_done && self.exit(pass, Outcome::Success { slow }) == Exit::Late;
        self.tell(if is_late { CircuitCallOutcome::Late } else { CircuitCallOutcome::Success });
    }

    /// Records a failure with its text. Returns whether it was in time.
    #[inline]
    pub(super) fn failure(&self, pass: Pass, text: Option<&str>) -> bool {
        let (slow, _) = pass.is_slow();
        let is_late = self.exit(pass, Outcome::Failure { text, slow }) == Exit::Late;
        self.tell(if is_late { CircuitCallOutcome::Late } else { CircuitCallOutcome::Failure });
        !is_late
    }

    /// Whether a failure would be recorded, so that its text is needed. The failure may still be late when it is
    /// recorded.
    pub(super) fn records_failures(&self, pass: Pass) -> bool {
        let word = self.word();
        let is_in_time = word.generation() == pass.seen.generation() || pass.seen.is_of_trial();
        is_in_time && word.state() != CircuitState::Disabled
    }

    /// Ends a call that counts as neither success nor failure.
    #[cold]
    #[inline(never)]
    pub(super) fn ignored(&self, pass: Pass) {
        self.nothing(pass, CircuitCallOutcome::Ignored);
    }

    /// Ends a call that was dropped before it finished.
    #[cold]
    #[inline(never)]
    pub(super) fn cancelled(&self, pass: Pass) {
        self.nothing(pass, CircuitCallOutcome::Cancelled);
    }

    /// Only a probe has a place to release.
    fn nothing(&self, pass: Pass, outcome: CircuitCallOutcome) {
        if pass.probe().is_some() {
            self.exit(pass, Outcome::Nothing);
        }
        self.tell(outcome);
    }

    /// Reports the end of a call to listeners. No lock is held.
    #[inline]
    fn tell(&self, outcome: CircuitCallOutcome) {
        if calls_are_heard() {
            self.tell_call(outcome);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_call(&self, outcome: CircuitCallOutcome) {
        // The circuit may be constructed by the user and not measured before its first call.
        self.measure();
        tell_call(self.told_name(), outcome);
    }

    /// Includes the circuit in the gauges.
    pub(super) fn measure(&self) {
        let measured = &self.events.listeners.measured;
        if measured.is_due() {
            // The same state as in events: open until a call makes it half-open.
            measured.begins(self.told_name(), self.peek(|machine| machine.state()));
        }
    }

    /// The name in metrics. Keyed circuits use the name of the set, because the number of keys is not bounded.
    fn told_name(&self) -> &str {
        self.events.listeners.origin.set().map_or(self.name.as_str(), |set| set.name)
    }

    #[inline(never)]
    fn exit(&self, pass: Pass, outcome: Outcome<'_>) -> Exit {
        self.step(|machine| {
            let exit = machine.exit(pass.seen.generation(), pass.probe(), outcome, clock::moment);
            match exit {
                Exit::Recorded => {}
                Exit::Late => self.push(machine, CircuitEventKind::LateResult, None, Nanos::NEVER),
                Exit::Trial => self.events.pending.mark(),
            }
            // A success is often followed by successes and a failure by failures, so only a success opens the counter.
            if matches!(outcome, Outcome::Success { .. }) {
                self.open_successes(machine);
            }
            exit
        })
    }

    /// How long calls will be rejected, if they are. [`Nanos::NEVER`]: unknown.
    #[cold]
    #[inline(never)]
    pub(super) fn rejects(&self) -> Option<Nanos> {
        if self.admits_all() {
            return None;
        }
        self.read(|machine, now| {
            machine.rejects_until().filter(|until| !until.is_over(now))?;
            let is_known = machine.state() == CircuitState::Open;
            Some(if is_known { machine.time_left(now) } else { Nanos::NEVER })
        })
    }

    pub(super) fn operate(&self, operation: OperatorCommand) {
        self.step(|machine| machine.operate(operation));
    }

    /// Sets the state before the first call, without an event.
    #[cfg(feature = "testing")]
    pub(super) fn preset(&self, state: CircuitState) {
        let mut machine = self.lock();
        let now = clock::now();
        machine.preset(state, clock::since_start(now));
        // Relaxed: see the module's documentation.
        self.word.store(machine.word().bits(), Ordering::Relaxed);
        if machine.rejects_until().is_some() {
            self.rejections.publish(self.rejection(&machine, now));
        }
    }

    /// Applies another configuration, which must be valid.
    pub(super) fn reconfigure(&self, config: CircuitConfig) {
        self.step(|machine| {
            machine.reconfigure(config);
            // Relaxed: see `enter_watched`.
            self.slow_call.store(slow_call(machine.rules()).get(), Ordering::Relaxed);
        });
    }

    /// Applies settings from outside in one step, so that no call sees a part of them. Delivers no events, because the
    /// caller may hold a lock.
    pub(super) fn change(&self, settings: CircuitOverride) {
        self.step_quietly(|machine| {
            machine.reconfigure(settings.config);
            // Relaxed: see `enter_watched`.
            self.slow_call.store(slow_call(machine.rules()).get(), Ordering::Relaxed);
            if let Some(command) = settings.command(machine.state()) {
                machine.operate(command);
            }
        });
    }

    /// Reads the machine after all due changes.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Machine, Nanos) -> T) -> T {
        let now = clock::moment();
        let answer = self.peek(|machine| {
            self.settle(machine);
            read(machine, now)
        });
        self.deliver();
        answer
    }

    /// Reads the machine without applying due changes. Delivers no events, because the caller may hold a lock.
    pub(super) fn peek<T>(&self, read: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.lock();
        let was_open = self.take_successes(&mut machine);
        let answer = read(&mut machine);
        if was_open {
            self.open_successes(&machine);
        }
        answer
    }

    pub(super) fn snapshot(&self) -> CircuitSnapshot {
        let (name, place) = (&self.name, self.events.listeners.origin.place());
        self.read_with_rejected(|machine, now, rejected| {
            CircuitSnapshot::of(machine, now, rejected, name, place)
        })
    }

    /// Reads the machine with the number of calls that were rejected without it.
    pub(super) fn read_with_rejected<T>(&self, read: impl FnOnce(&Machine, Nanos, u64) -> T) -> T {
        self.read(|machine, now| read(machine, now, self.rejections.counted()))
    }

    /// Delivers an event that is not a transition.
    pub(super) fn announce(&self, kind: CircuitEventKind, text: &str) {
        if self.events.are_heard() {
            let event = CircuitEvent {
                last_failure: Some(text.into()),
                ..self.event(&self.lock(), kind, Nanos::NEVER)
            };
            self.events.pending.push(event);
            self.deliver();
        }
    }

    /// Steps the machine: applies due changes, executes the step, publishes the result. All changes go through here.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "20 instructions less for a failure; the other steps are rare")]
    fn step<T>(&self, step: impl FnOnce(&mut Machine) -> T) -> T {
        let answer = self.step_quietly(step);
        self.deliver();
        answer
    }

    /// Like [`step`](Self::step), and leaves the events to the next delivery.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as for `step`")]
    fn step_quietly<T>(&self, step: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.lock();
        self.take_successes(&mut machine);
        self.settle(&mut machine);
        let before = machine.word();
        let answer = step(&mut machine);
        self.publish(&machine, before);
        answer
    }

    /// Delivers events, and wakes an attached store. No lock may be held.
    #[inline]
    pub(super) fn deliver(&self) {
        if self.events.are_pending() {
            self.deliver_pending();
        }
    }

    #[cold]
    #[inline(never)]
    fn deliver_pending(&self) {
        self.events.deliver();
        let wake = self.lock().shared().and_then(StoreControl::take_news);
        if let Some(Wake(wake)) = wake {
            wake();
        }
    }

    /// Attaches a store, whose task `wake` wakes. Returns `false` if there is one.
    pub(super) fn share(&self, sharing: Sharing, wake: Wake) -> bool {
        self.step(|machine| machine.share(sharing, wake))
    }

    /// Detaches the store of this `wake`, unless another one has taken its place.
    pub(super) fn unshare(&self, wake: &Wake) {
        self.step(|machine| machine.unshare(wake));
    }

    /// Changes what the store of this `wake` says, if it is attached. Publishes it also if there is no transition,
    /// because calls are rejected until another time.
    pub(super) fn change_shared<T: Default>(
        &self,
        wake: &Wake,
        change: impl FnOnce(&mut StoreControl, Nanos) -> T,
    ) -> T {
        let now = clock::moment();
        self.step(|machine| {
            if !machine.is_shared_by(wake) {
                return T::default();
            }
            let before = machine.word();
            let answer = machine.change_shared(|shared| change(shared, now));
            if machine.generation() == before.generation() && !machine.word().admits_all() {
                self.publish_rejection(machine, clock::now());
            }
            answer
        })
    }

    /// Half-open circuits have probe timeouts, and the opinion of a store ends.
    #[inline]
    fn settle(&self, machine: &mut Machine) {
        if machine.state() != CircuitState::Closed {
            self.settle_due(machine);
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_due(&self, machine: &mut Machine) {
        let before = machine.word();
        machine.settle(clock::moment());
        if machine.word() != before {
            self.publish_change(machine, before);
        }
    }

    /// Publishes the machine's new state to all threads.
    #[inline]
    fn publish(&self, machine: &Machine, before: StateWord) {
        // While half-open, every step may take the last place for a probe or release one.
        if machine.word() != before || before.state() == CircuitState::HalfOpen {
            self.publish_change(machine, before);
        }
    }

    #[cold]
    #[inline(never)]
    fn publish_change(&self, machine: &Machine, before: StateWord) {
        // Relaxed: see the module's documentation.
        self.word.store(machine.word().bits(), Ordering::Relaxed);
        let turned = machine.generation() != before.generation();
        if !turned && machine.state() != CircuitState::HalfOpen {
            return;
        }
        let now = clock::now();
        self.publish_rejection(machine, now);
        if turned {
            if machine.has_news() {
                self.events.pending.mark();
            }
            let kind = match machine.state() {
                CircuitState::Closed => CircuitEventKind::Closed,
                CircuitState::Open => CircuitEventKind::Opened,
                CircuitState::HalfOpen => CircuitEventKind::HalfOpened,
                CircuitState::ForcedOpen => CircuitEventKind::ForcedOpen,
                CircuitState::Disabled => CircuitEventKind::Disabled,
                CircuitState::MetricsOnly => CircuitEventKind::MetricsOnly,
            };
            self.push(machine, kind, Some(before.state()), clock::since_start(now));
        }
    }

    /// Publishes the snapshot for calls that are rejected from now on, if there are.
    fn publish_rejection(&self, machine: &Machine, now: Instant) {
        match machine.rejects_until() {
            Some(_) => self.rejections.publish(self.rejection(machine, now)),
            None => self.rejections.withdraw(),
        }
    }

    /// Records the successes that were counted without the lock. Returns whether that counter was open.
    #[inline]
    fn take_successes(&self, machine: &mut Machine) -> bool {
        let were_counted = !self.successes.is_shut();
        if were_counted {
            self.add_successes(machine);
        }
        were_counted
    }

    #[inline(never)]
    fn add_successes(&self, machine: &mut Machine) {
        machine.add_successes(self.successes.shut());
        // Relaxed: see the module's documentation.
        self.word.store(machine.word().bits(), Ordering::Relaxed);
    }

    #[inline]
    fn open_successes(&self, machine: &Machine) {
        if let Some(slot) = machine.open_slot() {
            self.successes.open(machine.generation(), slot);
        }
    }

    /// The snapshot for calls that are rejected at this time.
    fn rejection(&self, machine: &Machine, now: Instant) -> Rejection {
        let at = clock::since_start(now);
        let instant = |time: Nanos| match time.limit() {
            // A clock that is set back may reach this time again.
            Some(_) if time < at => now.checked_sub(at.minus(time).to_duration()),
            Some(_) => now.checked_add(time.minus(at).to_duration()),
            None => None,
        };
        Rejection {
            name: self.name.clone(),
            state: machine.state(),
            generation: machine.generation(),
            until: instant(machine.rejects_until().unwrap_or(Nanos::NEVER)),
            open_until: instant(machine.open_until()),
            failures: machine.outage_failures(),
            last_failure: machine.last_failure().map(Into::into),
        }
    }

    /// Must be called under the lock, so that events are in the order of the changes.
    #[cold]
    #[inline(never)]
    fn push(&self, machine: &Machine, kind: CircuitEventKind, from: Option<CircuitState>, now: Nanos) {
        if self.events.hear(kind) {
            self.events.pending.push(CircuitEvent { from, ..self.event(machine, kind, now) });
        }
    }

    fn event(&self, machine: &Machine, kind: CircuitEventKind, now: Nanos) -> CircuitEvent {
        CircuitEvent {
            name: self.name.clone(),
            kind,
            set: self.events.listeners.origin.set().map(|set| set.name),
            from: None,
            generation: machine.generation(),
            failures: machine.outage_failures(),
            time_left: machine.time_left(now),
            last_failure: machine.last_failure().map(Into::into),
            dropped: 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        // Poisoning is ignored: no code under the lock panics, so the machine is consistent.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.events.listeners.measured.ends(self.told_name());
    }
}

const fn slow_call(rules: &Rules) -> Nanos {
    match rules.slow_call {
        Some(time) => time,
        None => Nanos::NEVER,
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("word", &self.word()).finish_non_exhaustive()
    }
}
