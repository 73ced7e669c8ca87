//! A random history: nodes that send, and a network that loses, repeats and reorders.

use std::collections::BTreeSet;
use std::fmt::Display;

use fastrand::Rng;
use resilience_redis::__testing::Script;

use crate::model::{Acquire, Answer, Model, Report, State, Times};

/// One step, as the server gets it.
#[derive(Debug)]
pub(crate) enum Step {
    Script {
        script: Script,
        args: Vec<String>,
        now: i64,
        answer: Answer,
    },
    Flush,
    /// The index of the key that `maxmemory` evicts.
    Evict(usize),
    /// The sums that the store must have.
    Sums([i64; 4]),
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) scripts: u64,
    pub(crate) opened: u64,
    pub(crate) half_opened: u64,
    pub(crate) closed: u64,
    pub(crate) duplicates: u64,
}

#[derive(Clone, Debug)]
enum Message {
    Report(Report),
    Acquire(Acquire),
    Start(Granted),
    Settle(Granted, &'static str),
}

#[derive(Clone, Debug)]
struct Granted {
    node: String,
    token: u64,
    epoch: String,
    generation: i64,
}

struct Node {
    id: String,
    sequence: u64,
    epoch: String,
    generation: i64,
    calls: i64,
    failures: i64,
    slow: i64,
    in_a_row: i64,
    token: u64,
    held: Vec<Granted>,
    running: Vec<Granted>,
}

impl Node {
    fn new(id: String) -> Self {
        Self {
            id,
            sequence: 0,
            epoch: String::new(),
            generation: 0,
            calls: 0,
            failures: 0,
            slow: 0,
            in_a_row: 0,
            token: 0,
            held: Vec::new(),
            running: Vec::new(),
        }
    }
}

const HOLD: i64 = 2_000_000;
const PROBE: i64 = 3_000_000;
const TTL: &str = "60000";

fn pick<T: Copy>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())]
}

fn chance(rng: &mut Rng, of: f64) -> bool {
    rng.f64() < of
}

/// The settings of one history.
struct Rules {
    is_rate: bool,
    threshold: i64,
    permits: usize,
    need: u32,
    min_calls: f64,
    slow_rate: f64,
    configurations: u64,
    times: Times,
}

impl Rules {
    fn random(rng: &mut Rng) -> Self {
        Self {
            is_rate: rng.bool(),
            threshold: pick(rng, &[1, 2, 3, 5]),
            permits: pick(rng, &[1, 1, 2, 3]),
            need: pick(rng, &[1, 1, 2, 3]),
            min_calls: pick(rng, &[2.0, 10.0]),
            slow_rate: pick(rng, &[0.0, 0.8]),
            configurations: pick(rng, &[1, 2]),
            times: Times {
                open: 3_000_000,
                max_open: pick(rng, &[3_000_000, 20_000_000]),
                active: 20_000_000,
                grace: 500_000,
            },
        }
    }
}

pub(crate) fn history(rng: &mut Rng, seen: &mut Seen) -> Vec<Step> {
    let rules = Rules::random(rng);
    let count = pick(rng, &[1, 2, 3, 4, 8]);
    let mut model = Model::new(rules.times);
    let mut nodes: Vec<_> = (0..count).map(|node| Node::new(format!("n{node}"))).collect();
    let mut network: Vec<(usize, Message)> = Vec::new();
    let mut steps = Vec::new();
    let mut now = 1_000_000_000_000;
    let mut sick = rng.f64();
    let delivers = pick(rng, &[0.4, 0.55, 0.75]);
    let mut nonce = 0;
    let mut settled = BTreeSet::new();
    let mut was_evicted = false;
    let length = if chance(rng, 0.9) { rng.usize(20..70) } else { 400 };
    for step in 0..length {
        now += pick(rng, &[1000, 50_000, 200_000, 500_000, 1_500_000]);
        if chance(rng, 0.004) {
            now -= pick(rng, &[2_000_000, 3_600_000_000]);
        }
        if chance(rng, 0.004) {
            now += 3_600_000_000;
        }
        if chance(rng, 0.005) {
            model.flush();
            steps.push(Step::Flush);
            continue;
        }
        if chance(rng, 0.01) {
            was_evicted = true;
            if rng.bool() {
                model.evict_nodes();
                steps.push(Step::Evict(1));
            } else {
                model.evict_leases();
                steps.push(Step::Evict(4));
            }
            continue;
        }
        if chance(rng, 0.005) {
            sick = rng.f64();
        }
        let index = rng.usize(..count);
        let act = rng.f64();
        if (0.9..0.92).contains(&act) {
            // A crash, and a new process.
            nodes[index] = Node::new(format!("n{index}x{step}"));
        }
        let sent = send(rng, &mut nodes[index], act, sick, count, &rules, &mut nonce);
        network.extend(sent.map(|message| (index, message)));
        while !network.is_empty() && chance(rng, delivers) {
            let place = rng.usize(..network.len());
            let (to, message) = if chance(rng, 0.15) {
                seen.duplicates += 1;
                network[place].clone()
            } else {
                network.swap_remove(place)
            };
            if chance(rng, 0.05) {
                continue;
            }
            let (generation, state) = (model.generation, model.state);
            let (script, args, answer) = deliver(&mut model, &message, now, &rules);
            seen.scripts += 1;
            let counted = answer[6] == "1";
            if model.generation != generation {
                assert!(model.generation == generation + 1 || generation == 0, "one transition a script");
                match model.state {
                    State::Open => seen.opened += 1,
                    State::HalfOpen => seen.half_opened += 1,
                    State::Closed => seen.closed += 1,
                    State::Unknown => {}
                }
            }
            if let (Message::Settle(trial, outcome), true) = (&message, counted) {
                let is_first = settled.insert((trial.node.clone(), trial.token));
                assert!(is_first || was_evicted, "settled twice");
                assert!(!(state == State::HalfOpen && model.state == State::Closed) || *outcome == "ok");
            }
            assert!(model.live_leases() <= rules.permits);
            // The answer comes back, or is lost.
            if chance(rng, 0.9) {
                receive(&mut nodes[to], &message, &answer, counted);
            }
            steps.push(Step::Script { script, args, now, answer });
        }
    }
    if model.state != State::Unknown && !was_evicted {
        steps.push(Step::Sums(if model.state == State::Closed { model.sums() } else { [0; 4] }));
    }
    steps
}

/// What a node sends next.
fn send(
    rng: &mut Rng,
    node: &mut Node,
    act: f64,
    sick: f64,
    count: usize,
    rules: &Rules,
    nonce: &mut u64,
) -> Option<Message> {
    let mut nonce = || {
        *nonce += 1;
        format!("e{nonce}")
    };
    match act {
        ..0.45 => {
            for _ in 0..rng.u8(1..4) {
                let fails = chance(rng, sick);
                node.calls += 1;
                node.failures += i64::from(fails);
                node.in_a_row = if fails { node.in_a_row + 1 } else { 0 };
                node.slow += i64::from(chance(rng, 0.1));
            }
            node.sequence += 1;
            let votes = if rules.is_rate {
                1000 * i64::from(node.in_a_row > 3 * rules.threshold)
            } else {
                1000.min((1000 * node.in_a_row + rules.threshold - 1) / rules.threshold)
            };
            Some(Message::Report(Report {
                node: node.id.clone(),
                sequence: node.sequence,
                epoch: node.epoch.clone(),
                generation: node.generation,
                calls: node.calls,
                failures: node.failures,
                slow: node.slow,
                votes,
                is_rate: rules.is_rate,
                rate: 0.5,
                min_calls: rules.min_calls,
                slow_rate: rules.slow_rate,
                peers: count - 1,
                nonce: nonce(),
                configuration: format!("k{}", rng.u64(..rules.configurations)),
            }))
        }
        ..0.7 => {
            node.token += 1;
            Some(Message::Acquire(Acquire {
                node: node.id.clone(),
                token: node.token,
                permits: rules.permits,
                hold: HOLD,
                peers: count - 1,
                nonce: nonce(),
            }))
        }
        ..0.8 => {
            let trial = node.held.pop()?;
            node.running.push(trial.clone());
            Some(Message::Start(trial))
        }
        ..0.9 => {
            if !node.running.is_empty() && chance(rng, 0.8) {
                let outcome =
                    if chance(rng, sick) { "fail" } else { pick(rng, &["ok", "ok", "ok", "cancel"]) };
                return Some(Message::Settle(node.running.remove(0), outcome));
            }
            Some(Message::Settle(node.held.pop()?, "cancel"))
        }
        _ => None,
    }
}

/// Delivers a message to the model.
fn deliver(model: &mut Model, message: &Message, now: i64, rules: &Rules) -> (Script, Vec<String>, Answer) {
    let Times { open, max_open, active, grace } = rules.times;
    let texts = |args: &[&dyn Display]| args.iter().map(ToString::to_string).collect::<Vec<_>>();
    let model = model.at(now);
    match message {
        Message::Report(report) => {
            let kind = if report.is_rate { "rate" } else { "count" };
            let args = texts(&[
                &report.node,
                &report.sequence,
                &report.epoch,
                &report.generation,
                &report.calls,
                &report.failures,
                &report.slow,
                &report.votes,
                &kind,
                &report.rate,
                &report.min_calls,
                &report.slow_rate,
                &report.peers,
                &0.3,
                &open,
                &max_open,
                &active,
                &TTL,
                &report.nonce,
                &report.configuration,
            ]);
            (Script::Report, args, model.report(report))
        }
        Message::Acquire(request) => {
            let token = format!("{}/{}", request.node, request.token);
            let Acquire { node, permits, hold, peers, nonce, .. } = request;
            let args = texts(&[node, &token, permits, hold, &open, &max_open, &grace, peers, &TTL, nonce]);
            (Script::Acquire, args, model.acquire(request))
        }
        Message::Start(Granted { node, token, epoch, generation }) => {
            let args = texts(&[&format!("{node}/{token}"), epoch, generation, &PROBE, &TTL]);
            (Script::Start, args, model.start(node, *token, epoch, *generation, PROBE))
        }
        Message::Settle(Granted { node, token, epoch, generation }, outcome) => {
            let name = format!("{node}/{token}");
            let args =
                texts(&[node, &name, epoch, generation, outcome, &rules.need, &open, &max_open, &TTL, &"s"]);
            let answer = model.settle(node, *token, epoch, *generation, outcome, rules.need);
            (Script::Settle, args, answer)
        }
    }
}

fn receive(node: &mut Node, message: &Message, answer: &Answer, counted: bool) {
    let (epoch, generation) = (&answer[0], answer[1].parse().expect("a number"));
    if (epoch, generation) != (&node.epoch, node.generation) {
        (node.calls, node.failures, node.slow, node.in_a_row) = (0, 0, 0, 0);
        (node.epoch, node.generation) = (epoch.clone(), generation);
    }
    if let (Message::Acquire(request), true) = (message, counted)
        && request.node == node.id
    {
        let (node_id, epoch) = (node.id.clone(), epoch.clone());
        node.held.push(Granted { node: node_id, token: request.token, epoch, generation });
    }
}
