//! The part of a circuit that a store controls: its opinion, and its places for trials.
//!
//! A plain value inside the [`Machine`](super::machine::Machine). The circuit works without it, and continues without
//! it as soon as the opinion ends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::CircuitState;
use super::state_word::StateWord;
use crate::time::Nanos;

/// What an opinion of a store may do to a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sharing {
    /// The circuit follows the store: it rejects calls while the store's circuit is open or half-open, and closes when
    /// the store's circuit closes.
    Enforce,
    /// The store's circuit only makes it more sensitive: while that one is open or half-open, one failure opens this
    /// one. A call may carry a trial, and is never rejected for lack of one. Only
    /// [`Opinion::ForcedOpen`] rejects calls.
    Advise,
}

/// The state of a store's circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opinion {
    /// It is closed. After `Open` or `HalfOpen`, this also closes the circuit.
    Closed,
    /// It is open for this time. Then it is half-open.
    Open(Duration),
    /// It is half-open: calls need a place for a trial.
    HalfOpen,
    /// An operator has forced it open.
    ForcedOpen,
}

/// A call that took a place for a trial, and its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialReport {
    /// The token of the place.
    pub token: u64,
    /// What happened.
    pub progress: TrialProgress,
}

/// What happened to a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrialProgress {
    /// A call has taken the place.
    Started,
    /// The call succeeded.
    Succeeded,
    /// The call failed, panicked or was slow.
    Failed,
    /// The call was ignored or dropped: the place is free again.
    Cancelled,
}

/// The number of reports that are kept for a store that does not fetch them.
const REPORTS: usize = 1024;

/// What a store has told the circuit, and what it will be told.
#[derive(Debug)]
pub(super) struct StoreControl {
    sharing: Sharing,
    opinion: Option<HeldOpinion>,
    place: Option<TrialPlace>,
    trials: Vec<Trial>,
    reports: Vec<TrialReport>,
    /// Whether a call was admitted since the store armed the circuit.
    was_asked: bool,
    /// Whether the next call is noted.
    is_armed: bool,
    /// Whether the store has something to fetch.
    has_news: bool,
    wake: Wake,
}

/// Tells a store that there is something to fetch.
#[derive(Clone)]
pub(super) struct Wake(pub(super) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}

#[derive(Clone, Copy, Debug)]
struct HeldOpinion {
    opinion: Opinion,
    /// The end of an open time.
    until: Nanos,
    /// The end of the opinion.
    ends: Nanos,
}

#[derive(Clone, Copy, Debug)]
struct TrialPlace {
    token: u64,
    ends: Nanos,
}

/// A running call that carries a trial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    number: u64,
    token: u64,
    pub(super) began: Nanos,
    /// The generation of the circuit at that time.
    pub(super) generation: u64,
}

/// How the circuit treats a call because of its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StoreVerdict {
    /// The circuit decides.
    Own,
    /// It is a trial.
    Trial,
    Rejected,
}

impl StoreControl {
    pub(super) const fn new(sharing: Sharing, wake: Wake) -> Self {
        Self {
            sharing,
            opinion: None,
            place: None,
            trials: Vec::new(),
            reports: Vec::new(),
            was_asked: false,
            is_armed: false,
            has_news: false,
            wake,
        }
    }

    /// Whether it belongs to the store of this `wake`.
    pub(super) fn has_wake(&self, wake: &Wake) -> bool {
        Arc::ptr_eq(&self.wake.0, &wake.0)
    }

    pub(super) fn adopt(&mut self, opinion: Opinion, valid_for: Nanos, now: Nanos) {
        let until = match opinion {
            Opinion::Open(left) => now.plus(Nanos::of(left)),
            _ => Nanos::NEVER,
        };
        if opinion != Opinion::HalfOpen {
            self.place = None;
        }
        self.opinion = Some(HeldOpinion { opinion, until, ends: now.plus(valid_for) });
    }

    pub(super) fn forget(&mut self) {
        self.opinion = None;
        self.place = None;
    }

    /// Asks for a note of the next call. Returns whether there was one since the last time.
    pub(super) const fn arm(&mut self) -> bool {
        self.is_armed = true;
        std::mem::replace(&mut self.was_asked, false)
    }

    /// Notes a call.
    pub(super) const fn note_call(&mut self) {
        self.was_asked = true;
        self.is_armed = false;
    }

    /// Drops an opinion and a place whose time has ended.
    pub(super) fn settle(&mut self, now: Nanos) {
        if self.is_over(now) {
            self.forget();
        }
        if self.place.is_some_and(|place| place.ends.is_over(now)) {
            self.place = None;
        }
    }

    /// Offers a place for a trial to the next call. Returns whether the store's circuit is half-open.
    pub(super) fn offer(&mut self, token: u64, valid_for: Nanos, now: Nanos) -> bool {
        let is_half_open = self.opinion.is_some_and(|held| held.opinion == Opinion::HalfOpen);
        if is_half_open {
            self.place = Some(TrialPlace { token, ends: now.plus(valid_for) });
        }
        is_half_open
    }

    /// Takes back a place that no call has used.
    pub(super) const fn take_back(&mut self) -> Option<u64> {
        match self.place.take() {
            Some(place) => Some(place.token),
            None => None,
        }
    }

    /// How a call is treated in this state of the circuit. [`settle`](Self::settle) must have been called.
    pub(super) fn verdict(&self, own: CircuitState) -> StoreVerdict {
        if !follows_a_store(own) {
            return StoreVerdict::Own;
        }
        match (self.imposed(), self.place) {
            (Some(CircuitState::HalfOpen), Some(_)) => StoreVerdict::Trial,
            (Some(_), _) => StoreVerdict::Rejected,
            (None, Some(_)) if own == CircuitState::Closed => StoreVerdict::Trial,
            (None, _) => StoreVerdict::Own,
        }
    }

    /// The state that the opinion puts in place of the circuit's.
    pub(super) fn imposed(&self) -> Option<CircuitState> {
        match (self.opinion?.opinion, self.sharing) {
            (Opinion::ForcedOpen, _) => Some(CircuitState::ForcedOpen),
            (Opinion::Open(_), Sharing::Enforce) => Some(CircuitState::Open),
            (Opinion::HalfOpen, Sharing::Enforce) => Some(CircuitState::HalfOpen),
            _ => None,
        }
    }

    /// The word of the circuit under the opinion, from its own.
    pub(super) fn word(&self, own: StateWord) -> StateWord {
        let state = self.imposed().filter(|_| follows_a_store(own.state()));
        let word = state.map_or(own, |state| {
            // Every trial has to report, as every probe has.
            StateWord::new(state, own.generation(), state == CircuitState::HalfOpen, own.is_timed())
        });
        word.with_armed(self.is_armed || state.is_none() && self.place.is_some())
    }

    /// Whether one failure opens the circuit.
    pub(super) fn is_alarmed(&self, now: Nanos) -> bool {
        self.sharing == Sharing::Advise && self.is_in_outage() && !self.is_over(now)
    }

    /// Whether the store's circuit is open or half-open.
    pub(super) fn is_in_outage(&self) -> bool {
        self.opinion.is_some_and(|held| matches!(held.opinion, Opinion::Open(_) | Opinion::HalfOpen))
    }

    /// Whether the store's circuit is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.opinion.is_some_and(|held| held.opinion == Opinion::Closed)
    }

    fn is_over(&self, now: Nanos) -> bool {
        self.opinion.is_some_and(|held| held.ends.is_over(now))
    }

    /// The end of the open time.
    pub(super) fn open_until(&self) -> Nanos {
        self.opinion.map_or(Nanos::NEVER, |held| held.until)
    }

    /// The time until which every call is rejected, if there is one.
    pub(super) fn rejects_until(&self) -> Option<Nanos> {
        let held = self.opinion?;
        if self.place.is_some() { None } else { Some(held.until.min(held.ends)) }
    }

    /// Starts the trial of a call.
    pub(super) fn start(&mut self, number: u64, generation: u64, now: Nanos, most: usize) {
        let Some(place) = self.place.take() else { return };
        if self.trials.len() >= most {
            // The oldest one has not reported in time, and its place was given to another call.
            self.trials.remove(0);
        }
        self.trials.push(Trial { number, token: place.token, began: now, generation });
        self.report(place.token, TrialProgress::Started);
    }

    /// Removes the trial of this number.
    pub(super) fn end(&mut self, number: u64) -> Option<Trial> {
        let index = self.trials.iter().position(|trial| trial.number == number)?;
        Some(self.trials.remove(index))
    }

    pub(super) fn ended(&mut self, trial: Trial, progress: TrialProgress) {
        self.report(trial.token, progress);
    }

    fn report(&mut self, token: u64, progress: TrialProgress) {
        if self.reports.len() < REPORTS {
            self.reports.push(TrialReport { token, progress });
        }
        self.has_news = true;
    }

    /// Notes a transition, which a store may want to know at once.
    pub(super) const fn note_transition(&mut self) {
        self.has_news = true;
    }

    pub(super) const fn has_news(&self) -> bool {
        self.has_news
    }

    /// What to call after the lock is released, if there is news.
    pub(super) fn take_news(&mut self) -> Option<Wake> {
        std::mem::replace(&mut self.has_news, false).then(|| self.wake.clone())
    }

    pub(super) fn take_reports(&mut self) -> Vec<TrialReport> {
        std::mem::take(&mut self.reports)
    }
}

/// Whether a circuit in this state follows a store. What an operator of this process has set stays.
const fn follows_a_store(own: CircuitState) -> bool {
    matches!(own, CircuitState::Closed | CircuitState::Open | CircuitState::HalfOpen)
}
