//! One circuit, shared by threads: a word that every call reads, and a machine under a lock that only trouble takes.
//!
//! A success of a calm circuit reads the word twice and writes nothing. In a window, a success that can trip nothing adds to
//! a counter ([`successes`](super::successes)). A rejection reads a snapshot ([`rejections`](super::rejections)).
//! Everything else takes the lock and steps the [`Machine`].
//!
//! # Synchronization
//! The word publishes nothing but itself: nothing else is read on the strength of it, so its loads and stores are `Relaxed`,
//! and there is no release for them to be the partner of. A thread that has seen another's change of the circuit, in whatever
//! way, also sees its word: that is what coherence of a single atomic promises. It is written under the lock only.
//!
//! The machine is only touched under the lock, whose acquire and release order everything in it. No user code runs there: a
//! failure's text is written before, events are delivered after.
//!
//! # What attaches here
//! - **Another configuration**: [`Store::reconfigure`] takes it under the lock. State, generation and listeners stay; a window
//!   begins anew only if its kind or its size changes. A call under way keeps the `slow_call` that it was admitted with.
//! - **Counting**: a success, a failure and a rejection pass through [`Store::success`], [`Store::failure`] and
//!   [`Store::enter`] once each, with the permit or the thread's own copy of the rejection in hand, so that a count can be
//!   kept without a write that threads share.
//! - **Reading**: [`Store::read`] gives one consistent look at the machine, its tallies included.
//! - **A verdict from outside**, as that of a fleet: an [`OperatorCommand`] under the lock, which begins a generation as any
//!   transition does.

use std::fmt;
use std::sync::{Arc, PoisonError};

use super::config::CircuitConfig;
use super::events::Events;
use super::listeners::{calls_are_heard, tell_call};
use super::machine::{Entry, Exit, Machine, OperatorCommand, Outcome};
use super::name::Name;
use super::rejection::Rejection;
use super::rejections::Rejections;
use super::rules::Rules;
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
    /// A call that takes this long is slow. [`Nanos::NEVER`]: none is.
    slow_call: AtomicU64,
    successes: Successes,
    rejections: Rejections,
    machine: Mutex<Machine>,
    name: Name,
    pub(super) events: Events,
}

/// What an admitted call has to bring back. Two words, so that a healthy call keeps them in registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// The word as the call saw it: an outcome counts in this generation only.
    seen: StateWord,
    /// Of a probe, its number; of a call that is timed, when it becomes slow.
    note: u64,
}

impl Pass {
    const fn probe(self) -> Option<u64> {
        if matches!(self.seen.state(), CircuitState::HalfOpen) { Some(self.note) } else { None }
    }

    /// Whether the call was slow, and the time if it had to be read. The machine times probes itself.
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
    /// The configuration must have been validated.
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

    #[inline]
    fn word(&self) -> StateWord {
        // Relaxed: see the module's text.
        StateWord::from_bits(self.word.load(Ordering::Relaxed))
    }

    /// Whether every call is admitted at this moment.
    #[inline]
    pub(super) fn admits_all(&self) -> bool {
        self.word().admits_all()
    }

    /// Admits a call or rejects it. One load and one comparison for a calm circuit.
    #[inline]
    pub(super) fn enter(&self) -> Result<Pass, CircuitOpen> {
        let seen = self.word();
        if seen.is_calm() { Ok(Pass { seen, note: 0 }) } else { self.enter_watched(seen) }
    }

    #[inline(never)]
    fn enter_watched(&self, seen: StateWord) -> Result<Pass, CircuitOpen> {
        if !seen.admits_all() {
            return self.probe_or_reject(seen);
        }
        let mut note = 0;
        if seen.is_timed() {
            // Relaxed: a call that begins while the circuit is reconfigured is judged by either configuration.
            let slow = Nanos::new(self.slow_call.load(Ordering::Relaxed));
            note = clock::moment().plus(slow).get();
        }
        Ok(Pass { seen: seen.watched(), note })
    }

    #[inline(never)]
    fn probe_or_reject(&self, seen: StateWord) -> Result<Pass, CircuitOpen> {
        // Listeners are told of every rejection, in its order among the transitions: with one, each takes the lock.
        if !self.events.are_heard() {
            let rejected = self.rejections.reject(|rejection| {
                // After the snapshot: it then never has more time left than it was published with.
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
            // Under the lock: whoever is rejected comes after the transition that rejects it.
            let now = clock::now();
            let at = clock::since_start(now);
            let note = match machine.enter(at) {
                Entry::Call => at.plus(slow_call(machine.rules())).get(),
                Entry::Probe(number) => number,
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

    /// Whether a calm circuit has stayed as it was and nobody hears of its calls: then a success has nothing to do.
    #[inline]
    pub(super) fn stayed_calm(&self, pass: Pass) -> bool {
        self.word() == pass.seen && !calls_are_heard()
    }

    /// A success of a circuit that is not calm, or did not stay so.
    #[inline(never)]
    pub(super) fn success(&self, pass: Pass) {
        // Apart, because it needs neither a clock nor the registers that one takes.
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

    /// A failure, with its text. Returns whether it came in time.
    #[inline]
    pub(super) fn failure(&self, pass: Pass, text: Option<&str>) -> bool {
        let (slow, _) = pass.is_slow();
        let is_late = self.exit(pass, Outcome::Failure { text, slow }) == Exit::Late;
        self.tell(if is_late { CircuitCallOutcome::Late } else { CircuitCallOutcome::Failure });
        !is_late
    }

    /// Whether a failure is recorded, so that its text is worth writing. It may have become late by the time it is.
    pub(super) fn records_failures(&self, pass: Pass) -> bool {
        let word = self.word();
        word.generation() == pass.seen.generation() && word.state() != CircuitState::Disabled
    }

    /// The call counts as neither success nor failure.
    #[cold]
    #[inline(never)]
    pub(super) fn ignored(&self, pass: Pass) {
        self.nothing(pass, CircuitCallOutcome::Ignored);
    }

    /// The call was dropped before its end.
    #[cold]
    #[inline(never)]
    pub(super) fn cancelled(&self, pass: Pass) {
        self.nothing(pass, CircuitCallOutcome::Cancelled);
    }

    /// Only a probe has a place to give back.
    fn nothing(&self, pass: Pass, outcome: CircuitCallOutcome) {
        if pass.probe().is_some() {
            self.exit(pass, Outcome::Nothing);
        }
        self.tell(outcome);
    }

    /// A call has ended, and no lock is held.
    #[inline]
    fn tell(&self, outcome: CircuitCallOutcome) {
        if calls_are_heard() {
            self.tell_call(outcome);
        }
    }

    #[cold]
    #[inline(never)]
    fn tell_call(&self, outcome: CircuitCallOutcome) {
        // Nobody may have heard of a circuit that was made by hand before its first call.
        self.measure();
        tell_call(self.told_name(), outcome);
    }

    /// From here on, gauges count the circuit.
    pub(super) fn measure(&self) {
        let measured = &self.events.listeners.measured;
        if measured.is_due() {
            // As events tell it: open until a call makes it half-open.
            measured.begins(self.told_name(), self.peek(|machine| machine.state()));
        }
    }

    /// Calls by key are told under the name of the set: there may be any number of keys.
    fn told_name(&self) -> &str {
        self.events.listeners.origin.set().map_or(self.name.as_str(), |set| set.name)
    }

    #[inline(never)]
    fn exit(&self, pass: Pass, outcome: Outcome<'_>) -> Exit {
        self.step(|machine| {
            let exit = machine.exit(pass.seen.generation(), pass.probe(), outcome, clock::moment);
            if exit == Exit::Late {
                self.push(machine, CircuitEventKind::LateResult, None, Nanos::NEVER);
            }
            // One success is often followed by others, and one failure by failures.
            if matches!(outcome, Outcome::Success { .. }) {
                self.open_successes(machine);
            }
            exit
        })
    }

    /// How long calls are rejected from now on, if they are. [`Nanos::NEVER`]: nobody knows.
    #[cold]
    #[inline(never)]
    pub(super) fn rejects(&self) -> Option<Nanos> {
        if self.admits_all() {
            return None;
        }
        self.read(|machine, now| {
            let until = machine.rejects_until().filter(|until| !until.is_over(now))?;
            let is_known = machine.state() == CircuitState::Open;
            Some(if is_known { until.minus(now) } else { Nanos::NEVER })
        })
    }

    pub(super) fn operate(&self, operation: OperatorCommand) {
        self.step(|machine| machine.operate(operation));
    }

    /// Follows another configuration from here on, which must have been validated.
    pub(super) fn reconfigure(&self, config: CircuitConfig) {
        self.step(|machine| {
            machine.reconfigure(config);
            // Relaxed: see `enter_watched`.
            self.slow_call.store(slow_call(machine.rules()).get(), Ordering::Relaxed);
        });
    }

    /// Looks at the machine, with everything done that is due.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Machine, Nanos) -> T) -> T {
        let now = clock::moment();
        let answer = self.peek(|machine| {
            self.settle(machine);
            read(machine, now)
        });
        self.events.deliver();
        answer
    }

    /// Looks at the machine as it is. Nothing is delivered: the caller may hold a lock.
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
        self.read(|machine, now| CircuitSnapshot::of(machine, now, self.rejections.counted(), name, place))
    }

    /// Something happened to the circuit that is no transition.
    pub(super) fn announce(&self, kind: CircuitEventKind, text: &str) {
        if self.events.are_heard() {
            let event = CircuitEvent {
                last_failure: Some(text.into()),
                ..self.event(&self.lock(), kind, Nanos::NEVER)
            };
            self.events.pending.push(event);
            self.events.deliver();
        }
    }

    /// The one place that changes the circuit: does what is due, takes a step, publishes what came of it.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "20 instructions less for a failure; the other steps are rare")]
    fn step<T>(&self, step: impl FnOnce(&mut Machine) -> T) -> T {
        let answer = {
            let mut machine = self.lock();
            self.take_successes(&mut machine);
            self.settle(&mut machine);
            let before = machine.word();
            let answer = step(&mut machine);
            self.publish(&machine, before);
            answer
        };
        self.events.deliver();
        answer
    }

    /// A probe may have had its time. Nothing else is due by itself.
    #[inline]
    fn settle(&self, machine: &mut Machine) {
        if machine.state() == CircuitState::HalfOpen {
            self.settle_probes(machine);
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_probes(&self, machine: &mut Machine) {
        let before = machine.word();
        machine.settle(clock::moment());
        if machine.word() != before {
            self.publish_change(machine, before);
        }
    }

    /// Lets every thread see the machine's new state.
    #[inline]
    fn publish(&self, machine: &Machine, before: StateWord) {
        // While half-open, every step may take the last place for a probe, or free one.
        if machine.word() != before || before.state() == CircuitState::HalfOpen {
            self.publish_change(machine, before);
        }
    }

    #[cold]
    #[inline(never)]
    fn publish_change(&self, machine: &Machine, before: StateWord) {
        // Relaxed: see the module's text.
        self.word.store(machine.word().bits(), Ordering::Relaxed);
        let turned = machine.generation() != before.generation();
        if !turned && machine.state() != CircuitState::HalfOpen {
            return;
        }
        let now = clock::now();
        match machine.rejects_until() {
            Some(_) => self.rejections.publish(self.rejection(machine, now)),
            None => self.rejections.withdraw(),
        }
        if turned {
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

    /// Records the successes that were counted without the lock. Returns whether they were, until now.
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
        // Relaxed: see the module's text.
        self.word.store(machine.word().bits(), Ordering::Relaxed);
    }

    #[inline]
    fn open_successes(&self, machine: &Machine) {
        if let Some(slot) = machine.open_slot() {
            self.successes.open(machine.generation(), slot);
        }
    }

    /// What rejected calls are told at this time.
    fn rejection(&self, machine: &Machine, now: Instant) -> Rejection {
        let at = clock::since_start(now);
        let until = machine.rejects_until().unwrap_or(Nanos::NEVER);
        let until = match until.limit() {
            // A clock that is set back may come to this time once more.
            Some(_) if until < at => now.checked_sub(at.minus(until).to_duration()),
            Some(_) => now.checked_add(until.minus(at).to_duration()),
            None => None,
        };
        Rejection {
            name: self.name.clone(),
            state: machine.state(),
            generation: machine.generation(),
            until,
            failures: machine.outage_failures(),
            last_failure: machine.last_failure().map(Into::into),
        }
    }

    /// Called under the lock, so that events are in the order of the changes.
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
        // The machine is whole between any two statements that could panic: there are none.
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
