//! What the scripts promise, written as plainly as possible: plain structures, and sums that are computed anew.

use std::collections::BTreeMap;

use crate::command::{Command, ForcedFor, Micros, Outcome, Reply, Report, Script, Trial, View, Window};

const STEP: Micros = 1_000_000;
const YOUNG: Micros = 5_000_000;
const LEAVING: usize = 10;
const YEAR: Micros = 365 * 86_400_000_000;

/// The keys of one circuit and its bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) circuit: Option<Circuit>,
    forced: Option<(&'static str, u64)>,
    change: String,
    nodes: BTreeMap<String, Micros>,
}

#[derive(Clone, Debug)]
pub(crate) struct Circuit {
    pub(crate) epoch: String,
    pub(crate) generation: u64,
    pub(crate) state: State,
    /// The end of the last open time.
    ends: Micros,
    failed_recoveries: u32,
    pub(crate) passed: u64,
    tokens: u64,
    last_failed: Option<String>,
    /// From when the active nodes are known.
    known: Micros,
    last_write: Micros,
    config: String,
    pub(crate) windows: BTreeMap<String, (u64, Window)>,
    active: BTreeMap<String, Micros>,
    pub(crate) leases: Vec<Lease>,
    /// Keys that were evicted or became invalid.
    pub(crate) lost: Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed,
    Open,
    HalfOpen,
}

#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) node: String,
    pub(crate) token: u64,
    pub(crate) started: bool,
    pub(crate) ends: Micros,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    pub(crate) windows: bool,
    pub(crate) active: bool,
    pub(crate) leases: bool,
}

/// The keys that a server may evict one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Circuit,
    Windows,
    Active,
    Votes,
    Failures,
    Slow,
    Leases,
    Override,
    Change,
}

impl Key {
    pub(crate) const ALL: [Self; 9] = [
        Self::Circuit,
        Self::Windows,
        Self::Active,
        Self::Votes,
        Self::Failures,
        Self::Slow,
        Self::Leases,
        Self::Override,
        Self::Change,
    ];
}

impl Model {
    pub(crate) fn run(&mut self, command: &Command, now: Micros) -> Reply {
        match command.script {
            Script::Beat { live } => return self.beat(command, live, now),
            Script::Leave => return Reply::Left(u64::from(self.nodes.remove(&command.node).is_some())),
            _ => {}
        }
        if let Some(circuit) = &mut self.circuit {
            circuit.follow_clock(now);
        }
        let generation = |model: &Self| model.circuit.as_ref().map(|it| (it.epoch.clone(), it.generation));
        let before = generation(self);
        let (extra, token) = self.decide(command, now);
        if generation(self) != before || matches!(command.script, Script::Override { .. }) {
            self.change = format!("{}.{now}", command.nonce);
        }
        Reply::Circuit(self.view(now, extra, token))
    }

    fn decide(&mut self, command: &Command, now: Micros) -> (u64, u64) {
        match &command.script {
            Script::Report(report) => {
                let knows = report.epoch.is_empty() && self.circuit.is_none();
                let circuit = self.circuit.get_or_insert_with(|| Circuit::new(&command.nonce, now));
                (u64::from(circuit.report(command, report, knows, &self.nodes, now)), 0)
            }
            Script::Override { state, millis } => {
                self.forced = Some((*state, *millis)).filter(|(state, _)| !state.is_empty());
                (0, 0)
            }
            Script::Acquire { .. } => self.circuit.as_mut().map_or((0, 0), |it| it.acquire(command, now)),
            Script::Start { trial, lease } => {
                (u64::from(self.circuit.as_mut().is_some_and(|it| it.start(command, trial, *lease, now))), 0)
            }
            Script::Settle { trial, outcome, need } => {
                let circuit = self.circuit.as_mut();
                (u64::from(circuit.is_some_and(|it| it.settle(command, trial, *outcome, *need, now))), 0)
            }
            Script::View | Script::Beat { .. } | Script::Leave => (0, 0),
        }
    }

    /// All keys are lost.
    pub(crate) fn flush(&mut self) {
        *self = Self::default();
    }

    /// One key is lost.
    pub(crate) fn lose(&mut self, key: Key) {
        if key == Key::Override {
            self.forced = None;
        }
        if key == Key::Change {
            self.change.clear();
        }
        if key == Key::Circuit {
            self.circuit = None;
        }
        let Some(it) = &mut self.circuit else { return };
        let had = |part: fn(&Window) -> u64| it.windows.values().any(|(_, window)| part(window) > 0);
        match key {
            Key::Windows => it.lost.windows |= !it.windows.is_empty(),
            Key::Votes => it.lost.windows |= had(|window| window.vote),
            Key::Failures => it.lost.windows |= had(|window| window.failures),
            Key::Slow => it.lost.windows |= had(|window| window.slow),
            Key::Active => it.lost.active |= !it.active.is_empty(),
            Key::Leases => {
                it.lost.leases |= !it.leases.is_empty();
            }
            Key::Circuit | Key::Override | Key::Change => {}
        }
    }

    fn beat(&mut self, command: &Command, live: Micros, now: Micros) -> Reply {
        self.nodes.insert(command.node.clone(), now);
        self.nodes.retain(|_, at| now.saturating_sub(live) < *at && *at < now + STEP);
        if self.change.is_empty() {
            self.change.clone_from(&command.nonce);
        }
        Reply::Beat { live: self.nodes.len() as u64, change: self.change.clone() }
    }

    fn view(&self, now: Micros, extra: u64, token: u64) -> View {
        let mut view = View { state: "-".to_owned(), extra, token, ..View::default() };
        if let Some(it) = &self.circuit {
            view.epoch.clone_from(&it.epoch);
            view.generation = it.generation;
            (view.state, view.open_for) = match it.state {
                State::Closed => ("c".to_owned(), 0),
                State::Open => ("o".to_owned(), it.ends.saturating_sub(now)),
                State::HalfOpen => ("h".to_owned(), 0),
            };
        }
        if let Some((state, millis)) = self.forced {
            state.clone_into(&mut view.forced);
            view.forced_for = ForcedFor(if millis == 0 { -1 } else { millis.cast_signed() });
            (view.reason, view.by) = ("why".to_owned(), "operator".to_owned());
        }
        view
    }
}

impl Circuit {
    fn new(epoch: &str, now: Micros) -> Self {
        Self {
            epoch: epoch.to_owned(),
            generation: 1,
            state: State::Closed,
            ends: 0,
            failed_recoveries: 0,
            passed: 0,
            tokens: 0,
            last_failed: None,
            known: now + YOUNG,
            last_write: now,
            config: String::new(),
            windows: BTreeMap::new(),
            active: BTreeMap::new(),
            leases: Vec::new(),
            lost: Lost::default(),
        }
    }

    /// Times to come move with a clock that was set back.
    fn follow_clock(&mut self, now: Micros) {
        if now + STEP >= self.last_write {
            return;
        }
        let by = self.last_write - now;
        self.ends = self.ends.saturating_sub(by);
        for lease in &mut self.leases {
            lease.ends -= by;
        }
        self.lost.active = true;
        self.last_write = now;
    }

    fn turn(&mut self, state: State, now: Micros) {
        self.generation += 1;
        self.state = state;
        self.passed = 0;
        self.windows.clear();
        self.leases.clear();
        self.lost.windows = false;
        self.lost.leases = false;
        self.last_write = now;
    }

    fn open(&mut self, command: &Command, now: Micros) {
        let doubled = command.open.min(YEAR).saturating_mul(1 << self.failed_recoveries.min(40));
        self.ends = now + doubled.min(command.max_open.max(command.open)).min(YEAR);
        self.turn(State::Open, now);
    }

    fn fail(&mut self, node: &str, command: &Command, now: Micros) {
        self.failed_recoveries += 1;
        self.last_failed = Some(node.to_owned());
        self.open(command, now);
    }

    /// Returns whether the report before came from another configuration.
    fn report(
        &mut self,
        command: &Command,
        report: &Report,
        began: bool,
        nodes: &BTreeMap<String, Micros>,
        now: Micros,
    ) -> bool {
        let node = &command.node;
        let used = now - report.idle.min(report.fresh).min(YEAR);
        let is_of_now = began || report.epoch == self.epoch && report.generation == self.generation;
        if !is_of_now || self.state != State::Closed {
            self.active.insert(node.clone(), used);
            self.last_write = now;
            return false;
        }
        if self.lost.active || self.lost.windows {
            self.windows.clear();
            self.active.clear();
            self.lost.active = false;
            self.lost.windows = false;
            self.known = now + report.fresh / 2;
        }
        if self.windows.get(node).is_some_and(|(seq, _)| *seq >= report.seq) {
            return false;
        }
        let is_idle = report.idle >= report.fresh;
        let window = if is_idle { Window::default() } else { report.window };
        self.windows.insert(node.clone(), (report.seq, window));
        self.active.insert(node.clone(), used);
        self.last_write = now;
        let mut idle: Vec<_> = self.active.iter().map(|(node, at)| (*at, node.clone())).collect();
        idle.retain(|(at, _)| at + report.fresh <= now);
        idle.sort();
        for (_, gone) in idle.into_iter().take(LEAVING) {
            self.active.remove(&gone);
            self.windows.remove(&gone);
        }
        let config = report.rule.digest();
        let differs = !self.config.is_empty() && self.config != config;
        self.config = config;
        let peers = report.peers.max((nodes.len() as u64).saturating_sub(1));
        let report = &Report { window, ..report.clone() };
        if self.opens(report, peers, now) && nodes.len() as u64 > report.peers {
            // Nodes that have crashed do not vote.
            let is_live = |other: &String| other == node || nodes.contains_key(other);
            self.active.retain(|other, _| is_live(other));
            self.windows.retain(|other, _| is_live(other));
        }
        if self.opens(report, peers, now) {
            self.open(command, now);
        }
        differs
    }

    fn opens(&self, report: &Report, peers: u64, now: Micros) -> bool {
        let Window { failures, slow, vote, .. } = report.window;
        if failures == 0 && slow == 0 && vote == 0 {
            return false;
        }
        let alone = peers == 0;
        let (active, live) = (self.active.len() as u64, peers + 1);
        let active = if now < self.known { active.max(live) } else { active.min(live) };
        let quorum = if alone { 1 } else { (3 * active).div_ceil(10).max(2) };
        let all: Vec<Window> = self.windows.values().map(|(_, window)| *window).collect();
        // The windows without the loudest in this part, if enough nodes have one.
        let rest = |part: fn(&Window) -> u64| {
            let loud = self.windows.iter().filter(|(_, (_, window))| part(window) > 0);
            if (loud.clone().count() as u64) < quorum {
                return None;
            }
            let (loudest, _) = loud.max_by_key(|(node, (_, window))| (part(window), *node))?;
            Some(others(&self.windows, loudest))
        };
        let rate_holds = |rate: f64, part: fn(&Window) -> u64| {
            let Some(rest) = rest(part).filter(|_| rate > 0.0) else { return false };
            let reaches = |windows: &[Window], min: f64| {
                let (calls, bad) = (sum(windows, |window| window.calls), sum(windows, part));
                calls >= min && bad >= rate * calls
            };
            let min = float(report.rule.min_calls);
            reaches(&all, min) && (alone || reaches(&rest, (min / 2.0).max(1.0)))
        };
        let votes_hold = rest(|window| window.vote).is_some_and(|rest| {
            let (votes, rest) = (sum(&all, |window| window.vote), sum(&rest, |window| window.vote));
            let need = (500.0 * float(active)).max(1000.0);
            if alone { votes >= 1000.0 } else { votes > need && rest >= need / 2.0 }
        });
        votes_hold
            || rate_holds(report.rule.failure_rate, |window| window.failures)
            || rate_holds(report.rule.slow_rate, |window| window.slow)
    }

    /// Checks the trials of a half-open circuit. Returns whether it is still half-open.
    fn check_trials(&mut self, command: &Command, now: Micros) -> bool {
        if self.state != State::HalfOpen {
            return false;
        }
        if self.lost.leases {
            self.turn(State::HalfOpen, now);
        }
        let mut over: Vec<_> =
            self.leases.iter().filter(|lease| lease.started && lease.ends <= now).collect();
        over.sort_by_key(|lease| (lease.ends, lease.node.clone(), lease.token.to_string()));
        let Some(node) = over.first().map(|lease| lease.node.clone()) else { return true };
        self.fail(&node, command, now);
        false
    }

    /// Returns the time left of the reservation, and its token.
    fn acquire(&mut self, command: &Command, now: Micros) -> (u64, u64) {
        let Script::Acquire { peers, permits, need, hold, grace } = command.script else { return (0, 0) };
        let may_ask = match self.state {
            State::Closed => false,
            State::Open => now >= self.ends,
            State::HalfOpen => self.check_trials(command, now),
        };
        let failed_last = self.last_failed.as_ref() == Some(&command.node);
        if !may_ask || failed_last && peers > 0 && now < self.ends + grace {
            return (0, 0);
        }
        let own = |lease: &&Lease| !lease.started && lease.node == command.node && now < lease.ends;
        if let Some(lease) = self.leases.iter().find(own) {
            return (lease.ends - now, lease.token);
        }
        let held = self.leases.iter().filter(|lease| lease.started || now < lease.ends).count() as u64;
        // At least one: a new configuration may need fewer successes than there have been.
        if held >= permits.min(permits.max(need).saturating_sub(self.passed)).max(1) {
            return (0, 0);
        }
        if self.state == State::Open {
            self.turn(State::HalfOpen, now);
        }
        self.leases.retain(|lease| lease.started || now < lease.ends);
        self.tokens += 1;
        let lease =
            Lease { node: command.node.clone(), token: self.tokens, started: false, ends: now + hold };
        self.leases.push(lease);
        self.last_write = now;
        (hold, self.tokens)
    }

    fn is_of_now(&self, trial: &Trial) -> bool {
        trial.epoch == self.epoch && trial.generation == self.generation
    }

    /// The place of a trial among the leases.
    fn find(&self, node: &str, trial: &Trial) -> Option<usize> {
        self.leases.iter().position(|lease| lease.node == node && lease.token == trial.token)
    }

    /// Returns whether the trial counts.
    fn start(&mut self, command: &Command, trial: &Trial, time: Micros, now: Micros) -> bool {
        if !self.is_of_now(trial) || !self.check_trials(command, now) {
            return false;
        }
        let Some(at) = self.find(&command.node, trial) else { return false };
        let lease = &mut self.leases[at];
        if !lease.started {
            lease.started = true;
            lease.ends = now + time;
            self.last_write = now;
        }
        true
    }

    /// Returns whether the outcome counts.
    fn settle(&mut self, command: &Command, trial: &Trial, outcome: Outcome, need: u64, now: Micros) -> bool {
        if !self.is_of_now(trial) || !self.check_trials(command, now) {
            return false;
        }
        let Some(at) = self.find(&command.node, trial) else { return false };
        self.leases.remove(at);
        self.last_write = now;
        match outcome {
            Outcome::Cancel => {}
            Outcome::Fail => self.fail(&command.node, command, now),
            Outcome::Ok => {
                self.passed += 1;
                if self.passed >= need {
                    self.failed_recoveries = 0;
                    self.last_failed = None;
                    self.turn(State::Closed, now);
                }
            }
        }
        true
    }
}

fn others(windows: &BTreeMap<String, (u64, Window)>, without: &str) -> Vec<Window> {
    windows.iter().filter(|(node, _)| *node != without).map(|(_, (_, window))| *window).collect()
}

fn sum(windows: &[Window], part: fn(&Window) -> u64) -> f64 {
    float(windows.iter().map(part).sum())
}

fn float(count: u64) -> f64 {
    u32::try_from(count).expect("histories have few calls").into()
}
