//! The circuits of one name in this process, such as two with one default name. To the store they are one circuit of one
//! node: its vote is the highest of theirs, its calls are the sum, and it has one place for a trial at a time.

use std::sync::Arc;
use std::time::Duration;

use resilience::CircuitState;
use resilience::breaker::CircuitRef;
use resilience::circuit_store::{
    LocalCircuit, Opinion, SharedRules, Sharing, StoreEventKind, StoreHandle, TrialReport,
};

#[derive(Debug)]
pub(crate) struct Namesakes {
    first: Namesake,
    rest: Vec<Namesake>,
    /// Keeps the sum of generations when a circuit joins or leaves.
    generations: u64,
    /// Counts the places that were offered.
    turn: usize,
}

/// A circuit of this process that the fleet is attached to.
#[derive(Debug)]
pub(crate) struct Namesake {
    shared: Arc<StoreHandle>,
    sharing: Sharing,
    /// Whether user code gave it to the fleet, which keeps it. Others leave when the program does not list them any more.
    stays: bool,
    /// Its rejected calls when a place was offered last.
    rejected: u64,
}

impl Namesake {
    pub(crate) const fn new(shared: Arc<StoreHandle>, sharing: Sharing, stays: bool) -> Self {
        Self { shared, sharing, stays, rejected: 0 }
    }

    pub(crate) fn name(&self) -> &str {
        self.shared.circuit().name()
    }

    /// Whether a call can be a trial of the fleet. A state that an operator of this process has set takes precedence, and
    /// an advised circuit that has opened by itself has its own probes.
    fn takes_trials(&self) -> bool {
        let state = self.shared.local().state;
        match self.sharing {
            Sharing::Enforce => {
                matches!(state, CircuitState::Closed | CircuitState::Open | CircuitState::HalfOpen)
            }
            Sharing::Advise => state == CircuitState::Closed,
        }
    }
}

impl Namesakes {
    pub(crate) const fn new(first: Namesake) -> Self {
        Self { first, rest: Vec::new(), generations: 0, turn: 0 }
    }

    pub(crate) fn add(&mut self, one: Namesake) {
        self.generations = self.generations.wrapping_sub(one.shared.local().generation);
        self.rest.push(one);
    }

    /// Removes the circuits that the program does not list any more. Returns whether one is left.
    pub(crate) fn keep(&mut self, is_listed: impl Fn(&CircuitRef) -> bool) -> bool {
        let keeps = |one: &Namesake| one.stays || is_listed(one.shared.circuit());
        let mut left = 0_u64;
        self.rest.retain(|one| {
            let keeps = keeps(one);
            left = left.wrapping_add(if keeps { 0 } else { one.shared.local().generation });
            keeps
        });
        if !keeps(&self.first) {
            let Some(next) = self.rest.pop() else { return false };
            let gone = std::mem::replace(&mut self.first, next);
            left = left.wrapping_add(gone.shared.local().generation);
        }
        self.generations = self.generations.wrapping_add(left);
        true
    }

    fn all(&self) -> impl Iterator<Item = &Namesake> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    pub(crate) fn name(&self) -> &str {
        self.first.name()
    }

    /// Whether calls of one of them go on while the fleet is open.
    pub(crate) fn is_advised(&self) -> bool {
        self.all().any(|one| one.sharing == Sharing::Advise)
    }

    /// The rules of the first one.
    pub(crate) fn rules(&self) -> SharedRules {
        self.first.shared.rules()
    }

    /// What they have seen together.
    pub(crate) fn local(&self) -> LocalCircuit {
        let mut sum = self.first.shared.local();
        for one in &self.rest {
            let local = one.shared.local();
            sum.calls = sum.calls.saturating_add(local.calls);
            sum.failures = sum.failures.saturating_add(local.failures);
            sum.slow = sum.slow.saturating_add(local.slow);
            sum.vote = sum.vote.max(local.vote);
            sum.rejected = sum.rejected.saturating_add(local.rejected);
            sum.recorded = sum.recorded.saturating_add(local.recorded);
            sum.generation = sum.generation.wrapping_add(local.generation);
            if severity(local.state) > severity(sum.state) {
                sum.state = local.state;
            }
        }
        sum.generation = sum.generation.wrapping_add(self.generations);
        sum
    }

    /// Whether one of them had a call since the last time.
    pub(crate) fn arm(&self) -> bool {
        // All of them are armed.
        self.all().fold(false, |had_call, one| one.shared.arm() | had_call)
    }

    pub(crate) fn reports(&self) -> Vec<TrialReport> {
        self.all().flat_map(|one| one.shared.reports()).collect()
    }

    pub(crate) fn adopt(&self, opinion: Opinion, valid_for: Duration) {
        self.all().for_each(|one| one.shared.adopt(opinion, valid_for));
    }

    pub(crate) fn withdraw(&self) {
        self.all().for_each(|one| one.shared.withdraw());
    }

    /// Whether a call of one of them can be a trial.
    pub(crate) fn takes_trials(&self) -> bool {
        self.all().any(Namesake::takes_trials)
    }

    /// Offers a place to the one that has rejected most calls since the last place; else to each in turn.
    pub(crate) fn offer(&mut self, token: u64, valid_for: Duration) -> bool {
        self.turn = self.turn.wrapping_add(1) % (self.rest.len() + 1);
        let mut most = None;
        let all = std::iter::once(&mut self.first).chain(&mut self.rest);
        for (index, one) in all.enumerate() {
            let rejected = one.shared.local().rejected;
            let calls = rejected.saturating_sub(std::mem::replace(&mut one.rejected, rejected));
            most = most.max(Some((one.takes_trials(), calls, index == self.turn, index)));
        }
        let chosen = most.and_then(|(_, _, _, index)| self.all().nth(index));
        chosen.is_some_and(|one| one.shared.offer(token, valid_for))
    }

    /// Takes back the place, if no call has used it.
    pub(crate) fn take_back(&self) -> Option<u64> {
        self.all().find_map(|one| one.shared.take_back())
    }

    pub(crate) fn tell(&self, kind: StoreEventKind, text: Option<&str>) {
        self.first.shared.tell(kind, text);
    }
}

const fn severity(state: CircuitState) -> u8 {
    match state {
        CircuitState::Open => 2,
        CircuitState::HalfOpen => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use resilience::{CircuitBreaker, CircuitConfig};

    use super::*;

    const LONG: Duration = Duration::from_secs(1000);

    fn attach(stays: bool) -> (Arc<CircuitBreaker>, Namesake) {
        let breaker = Arc::new(CircuitBreaker::try_new("twin", CircuitConfig::new()).expect("valid"));
        let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).expect("it has none");
        (breaker, Namesake::new(Arc::new(shared), Sharing::Enforce, stays))
    }

    fn fail(breaker: &CircuitBreaker, times: u32) {
        for _ in 0..times {
            breaker.try_acquire().expect("closed").failure_because("down");
        }
    }

    #[test]
    fn the_highest_vote_and_the_most_severe_state_count() {
        let [(one, first), (other, second)] = [attach(true), attach(true)];
        let mut both = Namesakes::new(first);
        both.add(second);
        fail(&one, 2);
        fail(&other, 1);
        let LocalCircuit { failures, vote, state, .. } = both.local();
        assert_eq!((failures, vote, state), (3, 400, CircuitState::Closed));
        fail(&other, 4);
        let LocalCircuit { vote, state, .. } = both.local();
        assert_eq!((vote, state), (1000, CircuitState::Open));
    }

    #[test]
    fn a_circuit_that_joins_or_leaves_is_not_a_transition() {
        let [(one, first), (other, second), (third, last)] = [attach(false), attach(false), attach(true)];
        fail(&one, 5);
        fail(&third, 5);
        let mut all = Namesakes::new(first);
        let generation = all.local().generation;
        all.add(second);
        all.add(last);
        assert_eq!(all.local().generation, generation);
        fail(&other, 5);
        assert_eq!(all.local().generation, generation + 1);
        assert!(all.keep(|_| false), "the one that stays");
        assert_eq!((all.local().generation, all.rest.len()), (generation + 1, 0));
        assert!(!Namesakes::new(attach(false).1).keep(|_| false));
    }

    #[test]
    fn a_place_goes_to_the_one_with_calls_and_else_to_each_in_turn() {
        let [(one, first), (other, second)] = [attach(true), attach(true)];
        let mut both = Namesakes::new(first);
        both.add(second);
        both.adopt(Opinion::HalfOpen, LONG);
        let mut taker = |callers: &[&CircuitBreaker]| {
            for caller in callers {
                assert!(caller.try_acquire().is_err());
            }
            assert!(both.offer(7, LONG));
            let is_first = both.first.shared.take_back() == Some(7);
            assert_ne!(is_first, both.take_back() == Some(7), "one of them");
            is_first
        };
        assert_eq!(
            [taker(&[&one]), taker(&[&one]), taker(&[&other]), taker(&[&other])],
            [true, true, false, false]
        );
        assert_ne!(taker(&[]), taker(&[]));
    }

    #[test]
    fn an_advised_circuit_that_is_open_by_itself_takes_no_trial_and_neither_does_one_of_an_operator() {
        let takes = |sharing, change: fn(&CircuitBreaker)| {
            let breaker = Arc::new(CircuitBreaker::new("taker", CircuitConfig::new()));
            let shared = StoreHandle::attach(breaker.clone(), sharing, || ()).expect("it has none");
            change(&breaker);
            Namesakes::new(Namesake::new(Arc::new(shared), sharing, true)).takes_trials()
        };
        let changes: [fn(&CircuitBreaker); 4] =
            [|_| (), |one| fail(one, 5), CircuitBreaker::force_open, CircuitBreaker::disable];
        assert_eq!(changes.map(|change| takes(Sharing::Enforce, change)), [true, true, false, false]);
        assert_eq!(changes.map(|change| takes(Sharing::Advise, change)), [true, false, false, false]);
    }
}
