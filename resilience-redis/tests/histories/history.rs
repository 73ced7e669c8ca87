//! Random histories: nodes that act on the replies they get, over a network that delays, reorders, repeats and loses, and
//! a store that forgets and whose clock is set.

use std::collections::BTreeSet;
use std::mem;

use fastrand::Rng;

use crate::command::{Command, Micros, Outcome, Reply, Report, Rule, Script, Trial, View, Window};
use crate::model::{Circuit, Key, Lease, Model, State};

const MILLI: Micros = 1_000;
const SECOND: Micros = 1_000_000;
const HOLD: Micros = 2 * SECOND;
const GRACE: Micros = SECOND / 2;
const OPEN: Micros = SECOND;
const PROBE_TIMEOUT: Micros = 3 * SECOND;
const FRESH: Micros = 20 * SECOND;
/// The successes that close a circuit.
const NEEDS: [u64; 5] = [1, 1, 2, 3, 5];
/// As large as the times of a server.
const START: Micros = 1_790_000_000_000_000;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A command reaches the server at this time of its clock.
    Ask(Command, Micros),
    /// The server loses one key.
    Lose(Key),
    /// The server loses everything.
    FlushAll,
    /// The server forgets its scripts.
    ScriptFlush,
}

/// The steps, with the reply of the model to each command; and what happened on the way.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) steps: Vec<(Step, Option<Reply>)>,
    pub(crate) end: Model,
    pub(crate) counts: Counts,
}

/// How often what a history is made for happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) commands: u64,
    pub(crate) opened_by_report: u64,
    pub(crate) opened_by_trial: u64,
    pub(crate) opened_by_silence: u64,
    pub(crate) half_opened: u64,
    pub(crate) leases_lost: u64,
    pub(crate) closed: u64,
    pub(crate) repeated: u64,
    pub(crate) lost: u64,
    pub(crate) crashes: u64,
    pub(crate) flushes: u64,
    pub(crate) evictions: u64,
    pub(crate) clock_steps: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.commands += other.commands;
        self.opened_by_report += other.opened_by_report;
        self.opened_by_trial += other.opened_by_trial;
        self.opened_by_silence += other.opened_by_silence;
        self.half_opened += other.half_opened;
        self.leases_lost += other.leases_lost;
        self.closed += other.closed;
        self.repeated += other.repeated;
        self.lost += other.lost;
        self.crashes += other.crashes;
        self.flushes += other.flushes;
        self.evictions += other.evictions;
        self.clock_steps += other.clock_steps;
    }

    pub(crate) fn least(&self) -> u64 {
        let transitions =
            [self.opened_by_report, self.opened_by_trial, self.opened_by_silence, self.half_opened];
        let faults = [self.repeated, self.lost, self.crashes, self.flushes, self.evictions, self.clock_steps];
        transitions.into_iter().chain(faults).chain([self.closed, self.leases_lost]).min().unwrap_or(0)
    }
}

/// A process, as far as the store knows it.
#[derive(Clone, Debug)]
struct Node {
    name: String,
    seq: u64,
    epoch: String,
    generation: u64,
    window: Window,
    in_a_row: u64,
    rule: Rule,
    threshold: u64,
    reserved: Vec<Trial>,
    running: Vec<Trial>,
}

impl Node {
    fn new(name: String, rule: Rule, threshold: u64) -> Self {
        Self {
            name,
            seq: 0,
            epoch: String::new(),
            generation: 0,
            window: Window::default(),
            in_a_row: 0,
            rule,
            threshold,
            reserved: Vec::new(),
            running: Vec::new(),
        }
    }

    /// Follows a reply.
    fn adopt(&mut self, command: &Command, view: &View) {
        if (&self.epoch, self.generation) != (&view.epoch, view.generation) {
            // Windows outlive an epoch that was lost.
            if self.epoch == view.epoch || view.state != "c" {
                (self.window, self.in_a_row) = (Window::default(), 0);
            }
            self.epoch.clone_from(&view.epoch);
            self.generation = view.generation;
        }
        let trial = Trial { epoch: view.epoch.clone(), generation: view.generation, token: view.token };
        let is_grant = matches!(command.script, Script::Acquire { .. }) && view.extra > 0;
        if is_grant && !self.reserved.contains(&trial) {
            self.reserved.push(trial);
        }
    }
}

/// A circuit before a command.
struct Before {
    generation: u64,
    state: State,
    had_trial: bool,
    lost_leases: bool,
}

impl Before {
    fn new(circuit: &Circuit) -> Self {
        Self {
            generation: circuit.generation,
            state: circuit.state,
            had_trial: circuit.leases.iter().any(|lease| lease.started),
            lost_leases: circuit.lost.leases,
        }
    }
}

struct World {
    rng: Rng,
    model: Model,
    now: Micros,
    nodes: Vec<Node>,
    /// Commands on their way.
    network: Vec<Command>,
    commands: u64,
    max_open: Micros,
    permits: u64,
    need: u64,
    /// The largest number of successes that a configuration of the history has needed.
    most_need: u64,
    /// How long a node lives after a heartbeat.
    live: Micros,
    /// The share of calls that fail.
    sick: f64,
    settled: BTreeSet<Trial>,
    steps: Vec<(Step, Option<Reply>)>,
    counts: Counts,
}

/// The history of this seed.
pub(crate) fn history(seed: u64) -> History {
    let mut rng = Rng::with_seed(seed);
    let chance = rng.f64();
    let lag = pick(&mut rng, &[0.4, 0.55, 0.75]);
    let need = pick(&mut rng, &NEEDS);
    let mut world = World {
        model: Model::default(),
        now: START + rng.u64(..SECOND),
        nodes: Vec::new(),
        network: Vec::new(),
        commands: 0,
        max_open: pick(&mut rng, &[OPEN, 5 * SECOND, 20 * SECOND, u64::MAX >> 11]),
        permits: pick(&mut rng, &[1, 1, 2, 3]),
        need,
        most_need: need,
        live: pick(&mut rng, &[5 * SECOND, 30 * SECOND, 30 * SECOND]),
        sick: chance,
        settled: BTreeSet::new(),
        steps: Vec::new(),
        counts: Counts::default(),
        rng,
    };
    world.populate();
    let length = if world.rng.u8(..20) == 0 { 400 } else { world.rng.usize(20..70) };
    for step in 0..length {
        world.pass_time();
        world.suffer(step);
        world.act();
        world.deliver(lag);
    }
    world.recover();
    History { steps: world.steps, end: world.model, counts: world.counts }
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.usize(..from.len())]
}

impl World {
    fn once_in(&mut self, times: u32) -> bool {
        self.rng.u32(..times) == 0
    }

    /// Count rules or rates, and sometimes both in one fleet, as while a new version is rolled out.
    fn populate(&mut self) {
        let count = pick(&mut self.rng, &[1, 2, 3, 4, 4, 8, 16]);
        let is_rate = self.rng.bool();
        let is_mixed = self.once_in(8);
        let threshold = pick(&mut self.rng, &[1, 2, 3, 5]);
        let slow_rate = pick(&mut self.rng, &[0.0, 0.2]);
        let min_calls = pick(&mut self.rng, &[2, 5, 10]);
        for number in 0..count {
            let mut rule = Rule { failure_rate: 0.0, slow_rate: 0.0, min_calls: 0 };
            if is_rate != (is_mixed && number % 2 == 0) {
                rule = Rule { failure_rate: 0.5, slow_rate, min_calls };
            }
            self.nodes.push(Node::new(format!("n{number}"), rule, threshold));
        }
    }

    fn pass_time(&mut self) {
        self.now += pick(&mut self.rng, &[MILLI, 50 * MILLI, 200 * MILLI, 500 * MILLI, 1_500 * MILLI]);
        self.now += self.rng.u64(..MILLI);
        if self.once_in(150) {
            self.counts.clock_steps += 1;
            let back = [SECOND / 2, 2 * SECOND, 3600 * SECOND, 3600 * SECOND];
            self.now -= pick(&mut self.rng, &back);
        }
        if self.once_in(300) {
            self.now += 3600 * SECOND;
        }
    }

    /// What befalls the store and its nodes.
    fn suffer(&mut self, step: usize) {
        if self.once_in(250) {
            self.counts.flushes += 1;
            self.model.flush();
            self.steps.push((Step::FlushAll, None));
        }
        if self.once_in(4_000) {
            self.steps.push((Step::ScriptFlush, None));
        }
        if self.once_in(80) {
            self.counts.evictions += 1;
            let is_half_open = self.model.circuit.as_ref().is_some_and(|it| it.state == State::HalfOpen);
            let key =
                if is_half_open && self.once_in(2) { Key::Leases } else { pick(&mut self.rng, &Key::ALL) };
            self.model.lose(key);
            self.steps.push((Step::Lose(key), None));
        }
        if self.once_in(60) {
            // Killed, and a new process in its place.
            self.counts.crashes += 1;
            let at = self.rng.usize(..self.nodes.len());
            let (rule, threshold) = (self.nodes[at].rule, self.nodes[at].threshold);
            self.nodes[at] = Node::new(format!("n{at}x{step}"), rule, threshold);
        }
        if self.once_in(40) {
            self.sick = self.rng.f64();
        }
        if self.once_in(60) {
            // A new configuration, also during a recovery.
            self.need = pick(&mut self.rng, &NEEDS);
            self.most_need = self.most_need.max(self.need);
        }
    }

    fn command(&mut self, node: &str, script: Script) -> Command {
        self.commands += 1;
        let nonce = format!("e{}", self.commands);
        Command { node: node.to_owned(), nonce, open: OPEN, max_open: self.max_open, script }
    }

    fn send(&mut self, node: &str, script: Script) {
        let command = self.command(node, script);
        self.network.push(command);
    }

    /// One node does something.
    fn act(&mut self) {
        let mut at = self.rng.usize(..self.nodes.len());
        let mut action = self.rng.u8(..100);
        let has_trial = |node: &Node| !node.reserved.is_empty() || !node.running.is_empty();
        if let Some(busy) = self.nodes.iter().position(has_trial).filter(|_| self.rng.bool()) {
            // Trials end soon: their node is next, with a start or an outcome.
            at = busy;
            action = self.rng.u8(60..93);
        }
        let name = self.nodes[at].name.clone();
        let others = self.nodes.len() as u64 - 1;
        let peers = if self.once_in(30) { 0 } else { others };
        match action {
            0..34 => {
                let report = self.call(at, peers);
                self.send(&name, Script::Report(report));
            }
            34..52 => {
                let (permits, need) = (self.permits, self.need);
                self.send(&name, Script::Acquire { peers, permits, need, hold: HOLD, grace: GRACE });
            }
            60..75 => {
                let Some(trial) = self.nodes[at].reserved.pop() else { return };
                self.nodes[at].running.push(trial.clone());
                self.send(&name, Script::Start { trial, lease: PROBE_TIMEOUT });
            }
            75..93 => self.end_trial(at, &name),
            93 => {
                let state = pick(&mut self.rng, &["forced_open", "disabled", "", ""]);
                let millis = pick(&mut self.rng, &[0, 3_600_000, u64::MAX >> 11]);
                self.send(&name, Script::Override { state, millis: millis.min(365 * 86_400_000) });
            }
            52..60 | 94..98 => self.send(&name, Script::Beat { live: self.live }),
            98 => self.send(&name, Script::View),
            _ => self.send(&name, Script::Leave),
        }
    }

    /// A few calls, and their report.
    fn call(&mut self, at: usize, peers: u64) -> Report {
        for _ in 0..self.rng.u8(1..4) {
            let failed = self.rng.f64() < self.sick;
            let slow = self.rng.u8(..8) == 0;
            let node = &mut self.nodes[at];
            node.window.calls += 1;
            node.window.failures += u64::from(failed);
            node.window.slow += u64::from(slow);
            node.in_a_row = if failed { node.in_a_row + 1 } else { 0 };
        }
        let node = &mut self.nodes[at];
        let is_rate = node.rule.min_calls > 0;
        node.window.vote = if is_rate {
            // One while its own circuit is open.
            1000 * u64::from(node.in_a_row > 3 * node.threshold)
        } else {
            (1000 * node.in_a_row).div_ceil(node.threshold).min(1000)
        };
        node.seq += 1;
        // Most were called just now. A few only report that their failures have become old.
        let idle = pick(&mut self.rng, &[0, 0, 0, 0, 50 * MILLI, FRESH - 2 * SECOND, FRESH, u64::MAX >> 11]);
        Report {
            seq: node.seq,
            epoch: node.epoch.clone(),
            generation: node.generation,
            window: node.window,
            rule: node.rule,
            peers,
            fresh: FRESH,
            idle,
        }
    }

    fn end_trial(&mut self, at: usize, name: &str) {
        let need = self.need;
        let is_ok = self.rng.f64() >= self.sick;
        let cancels = self.once_in(4);
        let node = &mut self.nodes[at];
        let (trial, outcome) = if !node.running.is_empty() {
            let outcome = if !is_ok {
                Outcome::Fail
            } else if cancels {
                Outcome::Cancel
            } else {
                Outcome::Ok
            };
            (node.running.remove(0), outcome)
        } else if let Some(trial) = node.reserved.pop() {
            // Not used; or used, and the start is lost.
            (trial, if cancels { Outcome::Ok } else { Outcome::Cancel })
        } else {
            return;
        };
        self.send(name, Script::Settle { trial, outcome, need });
    }

    /// Commands arrive in any order, never, or twice; and so do replies.
    fn deliver(&mut self, lag: f64) {
        while !self.network.is_empty() && self.rng.f64() < lag {
            let at = self.rng.usize(..self.network.len());
            let command = if self.once_in(7) {
                self.counts.repeated += 1;
                self.network[at].clone()
            } else {
                self.network.swap_remove(at)
            };
            if self.once_in(20) {
                self.counts.lost += 1;
                continue;
            }
            let reply = self.ask(command.clone());
            if self.once_in(10) {
                continue;
            }
            let node = self.nodes.iter_mut().find(|node| node.name == command.node);
            if let (Some(node), Some(view)) = (node, reply.view()) {
                node.adopt(&command, view);
            }
        }
    }

    fn ask(&mut self, command: Command) -> Reply {
        let before = self.model.circuit.as_ref().map(Before::new);
        let reply = self.model.run(&command, self.now);
        self.counts.commands += 1;
        self.observe(before, &command, &reply);
        self.steps.push((Step::Ask(command, self.now), Some(reply.clone())));
        reply
    }

    /// What holds in every history, whatever the model computes.
    fn observe(&mut self, before: Option<Before>, command: &Command, reply: &Reply) {
        let by = &command.script;
        if let (Script::Settle { trial, .. }, Some(View { extra: 1, .. })) = (by, reply.view()) {
            assert!(self.settled.insert(trial.clone()), "settled twice: {trial:?}");
        }
        let Some(after) = &self.model.circuit else { return };
        let running = |lease: &&Lease| lease.started || self.now < lease.ends;
        let trials = after.leases.iter().filter(running).count() as u64;
        assert!(trials <= self.permits, "{trials} trials at once");
        let most = self.permits.max(self.most_need);
        assert!(trials + after.passed <= most, "{trials} trials and {} successes", after.passed);
        let old = before.unwrap_or(Before {
            generation: 1,
            state: State::Closed,
            had_trial: false,
            lost_leases: false,
        });
        if after.generation == old.generation {
            return;
        }
        assert_eq!(after.generation, old.generation + 1, "one transition by {command:?}");
        match (after.state, by) {
            (State::Open, Script::Report(report)) => {
                assert_eq!(old.state, State::Closed);
                assert_ne!((report.window.failures, report.window.slow, report.window.vote), (0, 0, 0));
                self.counts.opened_by_report += 1;
            }
            (State::Open, Script::Settle { outcome: Outcome::Fail, .. })
                if reply.view().is_some_and(|it| it.extra == 1) =>
            {
                self.counts.opened_by_trial += 1;
            }
            (State::Open, _) => {
                assert!(old.had_trial, "opened by {command:?}");
                self.counts.opened_by_silence += 1;
            }
            (State::HalfOpen, _) if old.state == State::HalfOpen => {
                assert!(old.lost_leases);
                self.counts.leases_lost += 1;
            }
            (State::HalfOpen, _) => {
                assert!(matches!(by, Script::Acquire { .. }));
                self.counts.half_opened += 1;
            }
            (State::Closed, _) => {
                assert!(matches!(by, Script::Settle { outcome: Outcome::Ok, .. }));
                self.counts.closed += 1;
            }
        }
    }

    /// Nothing wedges: from every state, a healthy node closes the circuit within a bounded number of questions.
    fn recover(&mut self) {
        self.network.clear();
        let (permits, need, peers) = (self.permits, self.need, self.nodes.len() as u64);
        for _ in 0..40 {
            let command = self.command("healthy", Script::View);
            let view = self.ask(command).view().cloned().unwrap_or_default();
            if view.state == "c" || view.state == "-" {
                return;
            }
            self.now += view.open_for;
            let acquire = Script::Acquire { peers, permits, need, hold: HOLD, grace: GRACE };
            let command = self.command("healthy", acquire);
            let view = self.ask(command).view().cloned().unwrap_or_default();
            if view.extra == 0 {
                // Another node holds the place, or is believed to.
                self.now += SECOND;
                continue;
            }
            let View { epoch, generation, token, .. } = view;
            let trial = Trial { epoch, generation, token };
            for script in [
                Script::Start { trial: trial.clone(), lease: PROBE_TIMEOUT },
                Script::Settle { trial, outcome: Outcome::Ok, need },
            ] {
                self.now += MILLI;
                let command = self.command("healthy", script);
                self.ask(command);
            }
        }
        panic!("the circuit is wedged: {:?}", mem::take(&mut self.model));
    }
}
