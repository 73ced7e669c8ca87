//! The circuit's decisions as a state machine. It takes the time as an argument and uses no clock, lock or thread.
//!
//! ```text
//!                  the rule trips
//!      ┌────────┐ ──────────────────────► ┌────────┐
//!      │ Closed │                         │  Open  │ ◄──────────────┐
//!      └────────┘                         └────────┘                │
//!           ▲                                  │ recovery timeout,  │ a probe fails,
//!           │ enough probes                    │ and a call         │ or does not report
//!           │ succeed                          ▼                    │
//!           │                             ┌──────────┐              │
//!           └──────────────────────────── │ HalfOpen │ ─────────────┘
//!                                         └──────────┘
//! ```
//!
//! [`enter`](Machine::enter) admits or rejects a call, [`exit`](Machine::exit) records its outcome,
//! [`settle`](Machine::settle) applies changes that are due at the current time, and [`operate`](Machine::operate)
//! executes an operator's command. Each makes at most one transition. Each transition starts a new generation: an
//! outcome of an older generation is late and changes nothing.

use super::CircuitState;
use super::config::CircuitConfig;
use super::eviction::EvictionCandidate;
use super::rules::{Rules, Trip};
use super::shared::{Sharing, StoreControl, StoreVerdict, Trial, TrialProgress, Wake};
use super::state_word::StateWord;
use super::window::{Seen, Slot, Tally, Window};
use crate::text::LastFailure;
use crate::time::Nanos;

/// The state machine of one circuit, a plain value.
#[derive(Debug)]
pub(super) struct Machine {
    config: CircuitConfig,
    rules: Rules,
    state: State,
    /// The part of the state that calls read.
    word: StateWord,
    last_failure: LastFailure,
    /// The number of outcomes that were late.
    late: u64,
    /// The number of calls that this machine rejected.
    refused: u64,
    /// The number of the next probe.
    next_probe: u64,
    /// What a store says. Most circuits have none.
    shared: Option<Box<StoreControl>>,
}

#[derive(Debug)]
enum State {
    Closed { window: Window },
    Open { until: Nanos, outage: Outage },
    HalfOpen { probes: Vec<Probe>, successes: u32, outage: Outage },
    ForcedOpen { outage: Outage },
    Disabled,
    MetricsOnly { window: Window },
}

/// The failures since the circuit was last closed.
#[derive(Clone, Copy, Debug, Default)]
struct Outage {
    /// The failures that opened the circuit, plus one for each failed recovery.
    failures: u32,
    failed_recoveries: u32,
}

#[derive(Clone, Copy, Debug)]
struct Probe {
    number: u64,
    began: Nanos,
}

/// The decision on a new call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Call,
    /// Admitted as the probe with this number.
    Probe(u64),
    /// Admitted as the trial with this number, whose outcome a store is told.
    Trial(u64),
    Rejected,
}

/// The outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// `slow`: the call took at least `slow_call`. The caller knows this for all calls except probes.
    Success { slow: bool },
    /// A failure with its text, if it has one.
    Failure { text: Option<&'a str>, slow: bool },
    /// Neither success nor failure: ignored or cancelled.
    Nothing,
}

/// Whether an outcome was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Recorded,
    /// The call began in an older generation. Nothing has changed.
    Late,
    /// The call carried a trial. A store is told.
    Trial,
}

/// The commands of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OperatorCommand {
    Reset,
    ForceOpen,
    Disable,
    MetricsOnly,
}

impl Machine {
    /// The configuration must be valid.
    pub(super) const fn new(config: CircuitConfig) -> Self {
        let rules = Rules::of(&config);
        let state = State::Closed { window: Window::new(&rules.trip) };
        Self {
            config,
            word: state.word(0, &rules),
            state,
            rules,
            last_failure: LastFailure::new(),
            late: 0,
            refused: 0,
            next_probe: 0,
            shared: None,
        }
    }

    /// Applies changes that are due: the end of a store's opinion, and [probe timeouts](Self::settle_probes).
    pub(super) fn settle(&mut self, now: Nanos) {
        if self.shared.is_some() {
            self.change_shared(|shared| shared.settle(now));
        }
        self.settle_probes(now);
    }

    /// Fails a probe that has not reported within the probe timeout, as of the time when its timeout ended.
    fn settle_probes(&mut self, now: Nanos) {
        let State::HalfOpen { outage, .. } = self.state else { return };
        let Some(due) = self.first_probe_due() else { return };
        if due.is_over(now) {
            let timeout = self.rules.probe_timeout.to_duration();
            self.last_failure.write(format_args!("a probe did not report within {timeout:?}"));
            self.reopen(outage, due);
        }
    }

    /// Admits or rejects a call. [`settle`](Self::settle) must have been called.
    pub(super) fn enter(&mut self, now: Nanos) -> Entry {
        match self.verdict(now) {
            StoreVerdict::Own => {}
            StoreVerdict::Trial => return self.admit_trial(now),
            StoreVerdict::Rejected => {
                self.refused += 1;
                return Entry::Rejected;
            }
        }
        match &mut self.state {
            State::Closed { .. } | State::Disabled | State::MetricsOnly { .. } => Entry::Call,
            State::Open { until, outage } if until.is_over(now) => {
                let outage = *outage;
                self.turn(State::HalfOpen { probes: Vec::new(), successes: 0, outage });
                self.admit_probe(now)
            }
            State::HalfOpen { probes, .. } if probes.len() < self.rules.half_open_calls as usize => {
                self.admit_probe(now)
            }
            State::Open { .. } | State::HalfOpen { .. } | State::ForcedOpen { .. } => {
                self.refused += 1;
                Entry::Rejected
            }
        }
    }

    fn admit_probe(&mut self, now: Nanos) -> Entry {
        let number = self.next_probe;
        if let State::HalfOpen { probes, .. } = &mut self.state {
            probes.push(Probe { number, began: now });
            self.next_probe += 1;
        }
        Entry::Probe(number)
    }

    /// Ends a call that was admitted in `generation`, as `probe` if it was a probe. [`settle`](Self::settle) must
    /// have been called.
    ///
    /// `now` is only called if the time is needed: counting consecutive failures needs none.
    #[inline]
    pub(super) fn exit(
        &mut self,
        generation: u64,
        probe: Option<u64>,
        outcome: Outcome<'_>,
        now: impl Fn() -> Nanos,
    ) -> Exit {
        if generation != self.generation() {
            return self.exit_of_another_generation(probe, outcome, now());
        }
        match (&self.state, probe) {
            (State::HalfOpen { .. }, Some(number)) => self.exit_probe(number, outcome, now()),
            (State::Closed { .. } | State::MetricsOnly { .. }, _) => self.exit_call(outcome, now),
            _ => {}
        }
        Exit::Recorded
    }

    /// Ends a call that began in an older generation, or that carried a trial.
    #[cold]
    #[inline(never)]
    fn exit_of_another_generation(&mut self, probe: Option<u64>, outcome: Outcome<'_>, now: Nanos) -> Exit {
        let trial = self.shared.as_mut().zip(probe).and_then(|(shared, number)| shared.end(number));
        if let Some(trial) = trial {
            self.exit_trial(trial, outcome, now);
            return Exit::Trial;
        }
        if matches!(outcome, Outcome::Nothing) {
            return Exit::Recorded;
        }
        self.late += 1;
        Exit::Late
    }

    /// Ends a call in a state that counts calls.
    #[inline]
    fn exit_call(&mut self, outcome: Outcome<'_>, now: impl Fn() -> Nanos) {
        let Some(seen) = self.rules.judge(outcome) else { return };
        let (State::Closed { window } | State::MetricsOnly { window }) = &mut self.state else { return };
        let recorded = window.record(seen, &self.rules.trip, &now);
        if seen.failed {
            self.note(outcome);
        } else if matches!(window, Window::InARow(_)) {
            self.last_failure.clear();
        }
        self.word = self.word.with_dirty(recorded.counts_successes);
        if recorded.trips || seen.failed && self.shared.is_some() && self.is_alarmed(now()) {
            self.open(seen, now());
        }
    }

    /// One failed or slow probe opens the circuit again. The last required success closes it.
    #[cold]
    #[inline(never)]
    fn exit_probe(&mut self, number: u64, outcome: Outcome<'_>, now: Nanos) {
        let State::HalfOpen { probes, successes, outage } = &mut self.state else { return };
        let Some(index) = probes.iter().position(|probe| probe.number == number) else { return };
        let slow = self.rules.is_slow(now.minus(probes[index].began));
        let Some(seen) = self.rules.judge(outcome.timed(slow)) else {
            probes.remove(index);
            return;
        };
        // A slow probe always fails, even if a closed circuit tolerates a rate of slow calls.
        if seen.failed || seen.slow {
            let outage = *outage;
            self.note(outcome);
            self.reopen(outage, now);
            return;
        }
        probes.remove(index);
        *successes = successes.saturating_add(1);
        if *successes >= self.rules.success_threshold {
            self.close();
        }
    }

    /// Sets the text of the last failure from a failed or slow call. A success only gets here if it was slow.
    #[inline]
    fn note(&mut self, outcome: Outcome<'_>) {
        match outcome {
            Outcome::Failure { text: Some(text), .. } => self.last_failure.set(text),
            Outcome::Failure { text: None, .. } => self.last_failure.clear(),
            Outcome::Success { .. } => self.note_slow(),
            Outcome::Nothing => {}
        }
    }

    #[cold]
    #[inline(never)]
    fn note_slow(&mut self) {
        let time = self.rules.slow_call.map(Nanos::to_duration).unwrap_or_default();
        self.last_failure.write(format_args!("a call took {time:?} or longer"));
    }

    #[cold]
    #[inline(never)]
    fn open(&mut self, seen: Seen, now: Nanos) {
        // `MetricsOnly` counts calls and never opens.
        let State::Closed { window } = &self.state else { return };
        let outage = Outage { failures: window.failures(now), failed_recoveries: 0 };
        if let (false, Trip::Rate(rates), Some(tally)) = (seen.failed, self.rules.trip, window.tally(now)) {
            // The text describes the rate that tripped: the last call itself did not fail.
            if tally.is_failing(&rates) {
                let Tally { failed, calls, .. } = tally;
                self.last_failure.write(format_args!("{failed} of {calls} calls failed"));
            } else {
                self.note_slow();
            }
        }
        let until = now.plus(self.rules.open_time(0));
        self.turn(State::Open { until, outage });
    }

    #[cold]
    #[inline(never)]
    fn reopen(&mut self, outage: Outage, at: Nanos) {
        let outage = Outage {
            failures: outage.failures.saturating_add(1),
            failed_recoveries: outage.failed_recoveries.saturating_add(1),
        };
        let until = at.plus(self.rules.open_time(outage.failed_recoveries));
        self.turn(State::Open { until, outage });
    }

    #[cold]
    #[inline(never)]
    fn close(&mut self) {
        self.last_failure.clear();
        self.turn(State::Closed { window: Window::new(&self.rules.trip) });
    }

    pub(super) fn operate(&mut self, operation: OperatorCommand) {
        match operation {
            OperatorCommand::Reset => self.close(),
            // Keeps the outage, so that rejections still report the earlier failures.
            OperatorCommand::ForceOpen => {
                let outage = self.outage();
                self.turn(State::ForcedOpen { outage });
            }
            OperatorCommand::Disable => {
                self.last_failure.clear();
                self.turn(State::Disabled);
            }
            OperatorCommand::MetricsOnly => {
                self.last_failure.clear();
                self.turn(State::MetricsOnly { window: Window::new(&self.rules.trip) });
            }
        }
    }

    /// Sets the state of a circuit without calls, as of `now`.
    #[cfg(feature = "testing")]
    pub(super) fn preset(&mut self, state: CircuitState, now: Nanos) {
        let outage = Outage::default();
        match state {
            CircuitState::Closed => self.close(),
            CircuitState::Open => {
                let until = now.plus(self.rules.open_time(0));
                self.turn(State::Open { until, outage });
            }
            CircuitState::HalfOpen => {
                self.turn(State::HalfOpen { probes: Vec::new(), successes: 0, outage });
            }
            CircuitState::ForcedOpen => self.operate(OperatorCommand::ForceOpen),
            CircuitState::Disabled => self.operate(OperatorCommand::Disable),
            CircuitState::MetricsOnly => self.operate(OperatorCommand::MetricsOnly),
        }
    }

    /// Applies another configuration, which must be valid. The state and the generation stay. The window is only
    /// replaced if its kind or its size changes.
    pub(super) fn reconfigure(&mut self, config: CircuitConfig) {
        let rules = Rules::of(&config);
        if !rules.same_window(&self.rules) {
            if let State::Closed { window } | State::MetricsOnly { window } = &mut self.state {
                *window = Window::new(&rules.trip);
                self.last_failure.clear();
            }
        }
        (self.config, self.rules) = (config, rules);
        self.word = self.word_in(self.generation());
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.next_generation();
    }

    fn next_generation(&mut self) {
        self.word = self.word_in(self.word.next_generation());
        if let Some(shared) = &mut self.shared {
            shared.note_transition();
        }
    }

    /// The part of the state that calls read, in this generation.
    fn word_in(&self, generation: u64) -> StateWord {
        let own = self.state.word(generation, &self.rules);
        self.shared.as_ref().map_or(own, |shared| shared.word(own))
    }

    fn outage(&self) -> Outage {
        match self.state {
            State::Open { outage, .. } | State::HalfOpen { outage, .. } | State::ForcedOpen { outage } => {
                outage
            }
            State::Closed { .. } | State::Disabled | State::MetricsOnly { .. } => Outage::default(),
        }
    }
}

/// Sharing with a store.
impl Machine {
    /// Attaches a store. Returns `false` if there is one.
    pub(super) fn share(&mut self, sharing: Sharing, wake: Wake) -> bool {
        let is_free = self.shared.is_none();
        if is_free {
            self.shared = Some(Box::new(StoreControl::new(sharing, wake)));
        }
        is_free
    }

    pub(super) fn is_shared_by(&self, wake: &Wake) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.has_wake(wake))
    }

    /// Detaches the store of this `wake`, if it is attached. Its opinion ends.
    pub(super) fn unshare(&mut self, wake: &Wake) {
        if !self.is_shared_by(wake) {
            return;
        }
        self.change_shared(StoreControl::forget);
        self.shared = None;
        self.word = self.word_in(self.generation());
    }

    pub(super) fn shared(&mut self) -> Option<&mut StoreControl> {
        self.shared.as_deref_mut()
    }

    /// Changes what the store says, and makes the transition that follows.
    pub(super) fn change_shared<T: Default>(&mut self, change: impl FnOnce(&mut StoreControl) -> T) -> T {
        let Some(shared) = &mut self.shared else { return T::default() };
        let (before, was_in_outage) = (shared.imposed(), shared.is_in_outage());
        let answer = change(shared);
        let (after, closes) = (shared.imposed(), was_in_outage && shared.is_closed());
        match (&self.state, before, after) {
            (State::ForcedOpen { .. } | State::Disabled | State::MetricsOnly { .. }, _, _) => {}
            // The store's circuit has closed, or its opinion has ended and this circuit was never open.
            (_, Some(_), None) if closes => self.close(),
            (State::Closed { .. }, Some(_), None) => self.close(),
            (_, Some(_), None) => self.next_generation(),
            (_, before, Some(after)) if before != Some(after) => {
                // Results of its own probes will be late, so nothing of them may count when the opinion ends.
                if let State::HalfOpen { outage, .. } = self.state {
                    self.state = State::Open { until: Nanos::ZERO, outage };
                }
                self.next_generation();
            }
            _ => {}
        }
        self.word = self.word_in(self.generation());
        answer
    }

    /// Whether a store has something to fetch.
    pub(super) fn has_news(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.has_news())
    }

    /// How the store has this call treated.
    fn verdict(&mut self, now: Nanos) -> StoreVerdict {
        self.change_shared(|shared| shared.settle(now));
        let own = self.own_state();
        let Some(shared) = &mut self.shared else { return StoreVerdict::Own };
        let verdict = shared.verdict(own);
        shared.note_call();
        self.word = self.word_in(self.generation());
        verdict
    }

    fn admit_trial(&mut self, now: Nanos) -> Entry {
        let (number, generation) = (self.next_probe, self.generation());
        self.next_probe += 1;
        if let Some(shared) = &mut self.shared {
            shared.start(number, generation, now, self.rules.half_open_calls as usize);
        }
        self.word = self.word_in(generation);
        Entry::Trial(number)
    }

    /// Tells the store how a trial ended. A closed circuit counts it as well.
    fn exit_trial(&mut self, trial: Trial, outcome: Outcome<'_>, now: Nanos) {
        let slow = self.rules.is_slow(now.minus(trial.began));
        let outcome = outcome.timed(slow);
        let progress = match self.rules.judge(outcome) {
            None => TrialProgress::Cancelled,
            Some(seen) if seen.failed || seen.slow => TrialProgress::Failed,
            Some(_) => TrialProgress::Succeeded,
        };
        if progress == TrialProgress::Failed {
            self.note(outcome);
        }
        if let Some(shared) = &mut self.shared {
            shared.ended(trial, progress);
        }
        if trial.generation == self.generation() && self.state() == CircuitState::Closed {
            self.exit_call(outcome, || now);
        }
    }

    #[cold]
    #[inline(never)]
    fn is_alarmed(&self, now: Nanos) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.is_alarmed(now))
    }

    /// What a store imposes on this circuit.
    fn imposed(&self) -> Option<&StoreControl> {
        let shared = self.shared.as_deref()?;
        let follows =
            matches!(self.state, State::Closed { .. } | State::Open { .. } | State::HalfOpen { .. });
        (follows && shared.imposed().is_some()).then_some(shared)
    }

    /// The state without the opinion of a store.
    pub(super) const fn own_state(&self) -> CircuitState {
        match self.state {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { .. } => CircuitState::Open,
            State::HalfOpen { .. } => CircuitState::HalfOpen,
            State::ForcedOpen { .. } => CircuitState::ForcedOpen,
            State::Disabled => CircuitState::Disabled,
            State::MetricsOnly { .. } => CircuitState::MetricsOnly,
        }
    }
}

/// Queries.
impl Machine {
    pub(super) const fn config(&self) -> CircuitConfig {
        self.config
    }

    pub(super) const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The part of the state that calls read.
    pub(super) const fn word(&self) -> StateWord {
        self.word
    }

    pub(super) const fn generation(&self) -> u64 {
        self.word.generation()
    }

    /// The stored state: an open circuit stays open until a call makes it half-open.
    pub(super) const fn state(&self) -> CircuitState {
        self.word.state()
    }

    /// The state that users see: half-open as soon as a probe would be admitted.
    pub(super) fn state_at(&self, now: Nanos) -> CircuitState {
        if self.state() == CircuitState::Open && self.open_until().is_over(now) {
            return CircuitState::HalfOpen;
        }
        self.state()
    }

    /// In a state that counts calls, the failures in the window. While open, the failures that opened the circuit
    /// plus one for each failed recovery.
    pub(super) fn failures(&self, now: Nanos) -> u32 {
        match &self.state {
            State::Closed { window } | State::MetricsOnly { window } => window.failures(now),
            _ => self.outage().failures,
        }
    }

    /// The failures that opened the circuit, plus one for each failed recovery. Zero unless open, half-open or forced
    /// open.
    pub(super) fn outage_failures(&self) -> u32 {
        self.outage().failures
    }

    pub(super) fn last_failure(&self) -> Option<&str> {
        self.last_failure.get()
    }

    pub(super) const fn late(&self) -> u64 {
        self.late
    }

    pub(super) const fn refused(&self) -> u64 {
        self.refused
    }

    /// The calls in the window of a rate, in a state that counts calls.
    pub(super) fn tally(&self, now: Nanos) -> Option<Tally> {
        match &self.state {
            State::Closed { window } | State::MetricsOnly { window } => window.tally(now),
            _ => None,
        }
    }

    /// The number of calls that a window of calls has recorded.
    pub(super) fn recorded(&self) -> u64 {
        match &self.state {
            State::Closed { window } | State::MetricsOnly { window } => window.recorded(),
            _ => 0,
        }
    }

    /// The remaining open time. [`Nanos::NEVER`] if it is unknown.
    pub(super) fn time_left(&self, now: Nanos) -> Nanos {
        if self.open_until().is_never() { Nanos::NEVER } else { self.open_until().minus(now) }
    }

    /// The end of the open time. [`Nanos::NEVER`] if it is unknown.
    pub(super) fn open_until(&self) -> Nanos {
        match (self.imposed(), &self.state) {
            (Some(shared), _) => shared.open_until(),
            (None, State::Open { until, .. }) => *until,
            _ => Nanos::NEVER,
        }
    }

    /// The time until which every call is rejected, if there is one.
    pub(super) fn rejects_until(&self) -> Option<Nanos> {
        if let Some(shared) = self.imposed() {
            return shared.rejects_until();
        }
        match &self.state {
            State::Open { until, .. } => Some(*until),
            State::ForcedOpen { .. } => Some(Nanos::NEVER),
            State::HalfOpen { probes, .. } if probes.len() >= self.rules.half_open_calls as usize => {
                self.first_probe_due()
            }
            _ => None,
        }
    }

    /// The slot in which successes of a closed circuit can be counted outside of the machine.
    pub(super) fn open_slot(&self) -> Option<Slot> {
        match &self.state {
            State::Closed { window } => window.open_slot(&self.rules.trip),
            _ => None,
        }
    }

    /// Records successes that were counted outside of the machine.
    pub(super) fn add_successes(&mut self, successes: u32) {
        if let State::Closed { window } = &mut self.state {
            window.add_successes(successes);
            self.word = self.word.with_dirty(window.counts_successes());
        }
    }

    /// When the next probe times out. That is the oldest probe, unless the clock was set back.
    fn first_probe_due(&self) -> Option<Nanos> {
        let State::HalfOpen { probes, .. } = &self.state else { return None };
        probes.iter().map(|probe| probe.began.plus(self.rules.probe_timeout)).min()
    }

    /// The number of running probes.
    #[cfg(test)]
    pub(super) fn probes(&self) -> usize {
        if let State::HalfOpen { probes, .. } = &self.state { probes.len() } else { 0 }
    }

    /// The facts that eviction needs.
    pub(super) fn candidate(&self, now: Nanos) -> EvictionCandidate {
        let counting = match &self.state {
            State::Closed { window } | State::MetricsOnly { window } => !window.is_good(now),
            State::Open { .. } | State::HalfOpen { .. } | State::ForcedOpen { .. } | State::Disabled => false,
        };
        EvictionCandidate { state: self.state(), counting, open_until: self.open_until() }
    }
}

impl State {
    /// The part of the state that calls read.
    const fn word(&self, generation: u64, rules: &Rules) -> StateWord {
        let (state, dirty) = match self {
            Self::Closed { window } => (CircuitState::Closed, window.counts_successes()),
            Self::Open { .. } => (CircuitState::Open, false),
            // Every probe has to report.
            Self::HalfOpen { .. } => (CircuitState::HalfOpen, true),
            Self::ForcedOpen { .. } => (CircuitState::ForcedOpen, false),
            Self::Disabled => (CircuitState::Disabled, false),
            Self::MetricsOnly { window } => (CircuitState::MetricsOnly, window.counts_successes()),
        };
        StateWord::new(state, generation, dirty, rules.slow_call.is_some())
    }
}

impl Outcome<'_> {
    /// The same outcome, with `slow` set to this value.
    fn timed(self, is_slow: bool) -> Self {
        match self {
            Outcome::Success { .. } => Outcome::Success { slow: is_slow },
            Outcome::Failure { text, .. } => Outcome::Failure { text, slow: is_slow },
            Outcome::Nothing => Outcome::Nothing,
        }
    }
}

impl Rules {
    fn is_slow(&self, took: Nanos) -> bool {
        self.slow_call.is_some_and(|slow| took >= slow)
    }

    /// How the window records the outcome. `None` if it is not counted.
    #[inline]
    fn judge(&self, outcome: Outcome<'_>) -> Option<Seen> {
        // The call may have been timed by an older configuration. Ignore that if the current one has no `slow_call`.
        let is_slow = |slow| slow && self.slow_call.is_some();
        match outcome {
            Outcome::Success { slow } => {
                let slow = is_slow(slow);
                Some(Seen { failed: slow && self.slow_is_failure(), slow })
            }
            Outcome::Failure { slow, .. } => Some(Seen { failed: true, slow: is_slow(slow) }),
            Outcome::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const FAILED: Outcome<'_> = Outcome::Failure { text: Some("down"), slow: false };
    const GOOD: Outcome<'_> = Outcome::Success { slow: false };

    fn at(seconds: u32) -> Nanos {
        Nanos::of(seconds * SECOND)
    }

    fn machine(config: CircuitConfig) -> Machine {
        Machine::new(config)
    }

    /// Ends a call of the current generation.
    fn end(machine: &mut Machine, outcome: Outcome<'_>, now: Nanos) {
        assert_eq!(machine.exit(machine.generation(), None, outcome, || now), Exit::Recorded);
    }

    fn open(config: CircuitConfig) -> Machine {
        let mut machine = machine(config.failure_threshold(1).recovery_timeout(10 * SECOND));
        end(&mut machine, FAILED, at(0));
        assert_eq!(machine.state(), CircuitState::Open);
        machine
    }

    #[test]
    fn failures_are_counted_without_a_look_at_the_time_until_the_one_that_opens_it() {
        let mut machine = machine(CircuitConfig::new().failure_threshold(3));
        for failures in 1..3 {
            machine.exit(0, None, FAILED, || unreachable!("the time does not matter yet"));
            assert_eq!((machine.failures(at(0)), machine.last_failure()), (failures, Some("down")));
        }
        machine.exit(0, None, FAILED, || at(7));
        assert_eq!((machine.state(), machine.failures(at(0))), (CircuitState::Open, 3));
        assert_eq!(machine.time_left(at(7)), at(30));
    }

    #[test]
    fn the_last_failure_is_kept_until_a_success_clears_the_count() {
        let mut machine = machine(CircuitConfig::new());
        end(&mut machine, FAILED, at(0));
        end(&mut machine, Outcome::Nothing, at(0));
        assert_eq!((machine.failures(at(0)), machine.last_failure()), (1, Some("down")));
        end(&mut machine, Outcome::Failure { text: None, slow: false }, at(0));
        assert_eq!((machine.failures(at(0)), machine.last_failure()), (2, None));
        end(&mut machine, FAILED, at(0));
        end(&mut machine, GOOD, at(0));
        assert_eq!((machine.failures(at(0)), machine.last_failure()), (0, None));
    }

    #[test]
    fn a_window_keeps_the_last_failure_through_successes() {
        for config in [
            CircuitConfig::new().within(SECOND),
            CircuitConfig::new().failure_rate(0.5).window_calls(9),
            CircuitConfig::new().failure_rate(0.5).window_time(SECOND),
        ] {
            let mut machine = machine(config);
            end(&mut machine, FAILED, at(0));
            end(&mut machine, GOOD, at(0));
            assert_eq!(machine.last_failure(), Some("down"), "{config:?}");
            machine.operate(OperatorCommand::Reset);
            assert_eq!(machine.last_failure(), None, "{config:?}");
        }
    }

    #[test]
    fn an_outcome_of_an_older_generation_is_late_and_changes_nothing() {
        let mut machine = machine(CircuitConfig::new());
        machine.operate(OperatorCommand::Reset);
        end(&mut machine, FAILED, at(0));
        for outcome in [FAILED, GOOD] {
            assert_eq!(machine.exit(0, None, outcome, || at(0)), Exit::Late);
        }
        assert_eq!(machine.exit(0, None, Outcome::Nothing, || at(0)), Exit::Recorded);
        assert_eq!((machine.late(), machine.failures(at(0)), machine.generation()), (2, 1, 1));
    }

    #[test]
    fn an_open_circuit_admits_a_probe_once_its_time_is_up_and_rejects_while_the_places_are_taken() {
        let mut machine =
            open(CircuitConfig::new().half_open_calls(2).probe_timeout(Duration::from_secs(10)));
        assert_eq!(machine.rejects_until(), Some(at(10)));
        assert_eq!(machine.enter(at(9)), Entry::Rejected);
        assert_eq!(machine.state_at(at(9)), CircuitState::Open);
        assert_eq!(machine.state_at(at(10)), CircuitState::HalfOpen);
        assert_eq!(machine.enter(at(10)), Entry::Probe(0));
        assert_eq!(machine.rejects_until(), None);
        assert_eq!(machine.enter(at(11)), Entry::Probe(1));
        assert_eq!(machine.enter(at(11)), Entry::Rejected);
        assert_eq!(machine.rejects_until(), Some(at(20)), "when the older of the two has hung");
    }

    #[test]
    fn a_probe_that_counts_as_nothing_gives_its_place_back_once() {
        let mut machine = open(CircuitConfig::new());
        assert_eq!(machine.enter(at(10)), Entry::Probe(0));
        let generation = machine.generation();
        for _ in 0..2 {
            machine.exit(generation, Some(0), Outcome::Nothing, || at(10));
            assert_eq!(machine.probes(), 0);
        }
        assert_eq!(machine.enter(at(10)), Entry::Probe(1));
        machine.exit(generation, Some(0), FAILED, || at(10));
        assert_eq!((machine.state(), machine.probes()), (CircuitState::HalfOpen, 1), "it has reported");
    }

    #[test]
    fn a_hung_probe_has_failed_at_the_moment_its_time_was_up() {
        let mut machine = open(CircuitConfig::new().probe_timeout(3 * SECOND));
        machine.enter(at(10));
        machine.settle(at(12));
        assert_eq!(machine.state(), CircuitState::HalfOpen);
        machine.settle(at(15));
        assert_eq!((machine.state(), machine.failures(at(15))), (CircuitState::Open, 2));
        assert_eq!(machine.time_left(at(15)), at(8), "since second 13");
        assert_eq!(machine.last_failure(), Some("a probe did not report within 3s"));
    }

    #[test]
    fn a_slow_probe_is_a_bad_one_even_if_slow_calls_have_a_rate() {
        let config = CircuitConfig::new().slow_call(SECOND).slow_rate(0.9).window_calls(1);
        let mut machine = machine(config.recovery_timeout(10 * SECOND));
        end(&mut machine, Outcome::Success { slow: true }, at(0));
        machine.enter(at(10));
        let generation = machine.generation();
        machine.exit(generation, Some(0), GOOD, || at(11));
        assert_eq!(machine.state(), CircuitState::Open);
        assert_eq!(machine.last_failure(), Some("a call took 1s or longer"));
    }

    #[test]
    fn operators_turn_it_and_forget_what_was_counted_unless_it_stays_open() {
        for (operation, state, failures, text) in [
            (OperatorCommand::ForceOpen, CircuitState::ForcedOpen, 1, Some("down")),
            (OperatorCommand::Disable, CircuitState::Disabled, 0, None),
            (OperatorCommand::MetricsOnly, CircuitState::MetricsOnly, 0, None),
            (OperatorCommand::Reset, CircuitState::Closed, 0, None),
        ] {
            let mut machine = open(CircuitConfig::new());
            machine.operate(operation);
            let read = (machine.state(), machine.failures(at(0)), machine.last_failure());
            assert_eq!(read, (state, failures, text));
            assert_eq!(machine.generation(), 2);
        }
    }

    #[test]
    fn eviction_is_told_whether_a_closed_circuit_counts_and_until_when_one_is_open() {
        let mut closed = machine(CircuitConfig::new());
        let candidate =
            |machine: &Machine| (machine.candidate(at(0)).counting, machine.candidate(at(0)).open_until);
        assert_eq!(candidate(&closed), (false, Nanos::NEVER));
        end(&mut closed, FAILED, at(0));
        assert_eq!(candidate(&closed), (true, Nanos::NEVER));
        assert_eq!(candidate(&open(CircuitConfig::new())), (false, at(10)));
    }

    #[test]
    fn a_call_that_was_slow_when_it_began_is_good_for_a_configuration_that_knows_no_slow_calls() {
        let rates = CircuitConfig::new().slow_call(SECOND).slow_rate(1.0).window_calls(9);
        let mut machine = machine(rates);
        machine.reconfigure(CircuitConfig::new().failure_threshold(1));
        end(&mut machine, Outcome::Success { slow: true }, at(0));
        assert_eq!((machine.state(), machine.failures(at(0))), (CircuitState::Closed, 0));
    }

    #[test]
    fn a_window_that_begins_anew_forgets_its_last_failure() {
        let mut machine = machine(CircuitConfig::new());
        end(&mut machine, FAILED, at(0));
        machine.reconfigure(CircuitConfig::new().within(SECOND));
        assert_eq!((machine.failures(at(0)), machine.last_failure()), (0, None));
    }

    #[test]
    fn another_configuration_keeps_the_state_and_a_window_of_the_same_kind() {
        let mut machine = machine(CircuitConfig::new());
        end(&mut machine, FAILED, at(0));
        machine.reconfigure(CircuitConfig::new().failure_threshold(2));
        assert_eq!((machine.failures(at(0)), machine.generation()), (1, 0));
        machine.reconfigure(CircuitConfig::new().failure_rate(0.5).window_calls(4));
        assert_eq!((machine.failures(at(0)), machine.generation()), (0, 0));
        machine.reconfigure(CircuitConfig::new().failure_threshold(1));
        end(&mut machine, FAILED, at(0));
        machine.reconfigure(CircuitConfig::new().recovery_timeout(SECOND));
        assert_eq!((machine.state(), machine.time_left(at(0))), (CircuitState::Open, at(30)));
    }
}
