//! What the scripts do, from first principles: sums are computed anew each time, and nothing is kept beside its parts.

use std::collections::BTreeMap;

/// A report as a node sends it.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) node: String,
    pub(crate) sequence: u64,
    pub(crate) epoch: String,
    pub(crate) generation: i64,
    pub(crate) calls: i64,
    pub(crate) failures: i64,
    pub(crate) slow: i64,
    pub(crate) votes: i64,
    pub(crate) is_rate: bool,
    pub(crate) rate: f64,
    pub(crate) min_calls: f64,
    pub(crate) slow_rate: f64,
    pub(crate) peers: usize,
    pub(crate) nonce: String,
    pub(crate) configuration: String,
}

/// What is the same in all messages of a history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) open: i64,
    pub(crate) max_open: i64,
    pub(crate) active: i64,
    pub(crate) grace: i64,
}

#[derive(Clone, Debug)]
pub(crate) struct Acquire {
    pub(crate) node: String,
    pub(crate) token: u64,
    pub(crate) permits: usize,
    pub(crate) hold: i64,
    pub(crate) peers: usize,
    pub(crate) nonce: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Unknown,
    Closed,
    Open,
    HalfOpen,
}

#[derive(Clone, Copy, Debug)]
struct Tally {
    sequence: u64,
    calls: i64,
    failures: i64,
    slow: i64,
    votes: i64,
}

#[derive(Clone, Debug)]
struct Lease {
    node: String,
    token: u64,
    started: bool,
    ends: i64,
}

#[derive(Debug)]
pub(crate) struct Model {
    times: Times,
    pub(crate) now: i64,
    pub(crate) epoch: String,
    pub(crate) generation: i64,
    pub(crate) state: State,
    until: i64,
    failed_recoveries: u32,
    successes: u32,
    last_failed: String,
    born: i64,
    written: i64,
    configuration: String,
    tallies: BTreeMap<String, Tally>,
    seen: BTreeMap<String, i64>,
    leases: Vec<Lease>,
    granted: BTreeMap<String, u64>,
}

/// The answer of a script, field by field.
pub(crate) type Answer = Vec<String>;

impl Model {
    pub(crate) fn new(times: Times) -> Self {
        Self {
            times,
            now: 0,
            epoch: String::new(),
            generation: 0,
            state: State::Unknown,
            until: 0,
            failed_recoveries: 0,
            successes: 0,
            last_failed: String::new(),
            born: 0,
            written: 0,
            configuration: String::new(),
            tallies: BTreeMap::new(),
            seen: BTreeMap::new(),
            leases: Vec::new(),
            granted: BTreeMap::new(),
        }
    }

    pub(crate) fn flush(&mut self) {
        *self = Self { now: self.now, ..Self::new(self.times) };
    }

    pub(crate) fn evict_nodes(&mut self) {
        self.tallies.clear();
        self.granted.clear();
    }

    pub(crate) fn evict_leases(&mut self) {
        self.leases.clear();
    }

    /// The clock shows this time when a script begins.
    pub(crate) fn at(&mut self, now: i64) -> &mut Self {
        self.now = now;
        if self.state != State::Unknown && now < self.written - 1_000_000 {
            let step = now - self.written;
            self.until += step;
            self.born = self.born.min(now);
            self.written = now;
            self.leases.iter_mut().for_each(|lease| lease.ends += step);
            self.tallies.clear();
            self.seen.clear();
        }
        self
    }

    fn view(&self, extra: bool) -> Answer {
        self.view_with(extra, &self.configuration)
    }

    fn view_with(&self, extra: bool, configuration: &str) -> Answer {
        let (state, left) = match self.state {
            State::Unknown => ("-", 0),
            State::Closed => ("c", 0),
            State::Open => ("o", (self.until - self.now).max(0)),
            State::HalfOpen => ("h", 0),
        };
        let extra = u8::from(extra).to_string();
        let (generation, left) = (self.generation.to_string(), left.to_string());
        [&self.epoch, &generation, state, &left, "", "0", &extra, "", configuration].map(String::from).into()
    }

    fn turn(&mut self, state: State) {
        self.generation += 1;
        self.state = state;
        self.tallies.clear();
        self.leases.clear();
        self.granted.clear();
        self.successes = 0;
        self.written = self.now;
    }

    fn open(&mut self) {
        let Times { open, max_open, .. } = self.times;
        self.until = self.now + (open << self.failed_recoveries.min(20)).min(max_open.max(open));
        self.turn(State::Open);
    }

    pub(crate) fn report(&mut self, report: &Report) -> Answer {
        let (mut epoch, mut generation) = (report.epoch.clone(), report.generation);
        if self.state == State::Unknown {
            self.flush();
            self.epoch.clone_from(&report.nonce);
            (self.generation, self.state, self.born, self.written) = (1, State::Closed, self.now, self.now);
            if epoch.is_empty() {
                (epoch, generation) = (self.epoch.clone(), 1);
            }
        }
        self.seen.insert(report.node.clone(), self.now);
        if epoch != self.epoch || generation != self.generation || self.state != State::Closed {
            return self.view(false);
        }
        if self.tallies.get(&report.node).is_some_and(|tally| tally.sequence >= report.sequence) {
            return self.view(false);
        }
        let Report { sequence, calls, failures, slow, votes, .. } = *report;
        self.tallies.insert(report.node.clone(), Tally { sequence, calls, failures, slow, votes });
        self.forget_inactive();
        self.written = self.now;
        let before = std::mem::replace(&mut self.configuration, report.configuration.clone());
        if self.opens(report) {
            self.open();
            return self.view(false);
        }
        self.view_with(false, &before)
    }

    fn forget_inactive(&mut self) {
        let limit = self.now - self.times.active;
        let mut gone: Vec<_> = self.seen.iter().filter(|(_, at)| **at <= limit).collect();
        gone.sort_by_key(|(node, at)| (**at, (*node).clone()));
        let gone: Vec<_> = gone.into_iter().take(10).map(|(node, _)| node.clone()).collect();
        for node in gone {
            self.seen.remove(&node);
            self.tallies.remove(&node);
        }
    }

    fn opens(&self, report: &Report) -> bool {
        let weight = |tally: &Tally| {
            if report.is_rate {
                tally.failures.max(tally.slow).max(i64::from(tally.votes > 0))
            } else {
                tally.votes
            }
        };
        let Some(own) = self.tallies.get(&report.node) else { return false };
        if weight(own) == 0 {
            return false;
        }
        let young = self.now - self.born < 5_000_000;
        let (active, live) = (self.seen.len(), report.peers + 1);
        let active = if young { active.max(live) } else { active.min(live) };
        let alone = report.peers == 0;
        let failing: Vec<_> = self.tallies.iter().filter(|(_, tally)| weight(tally) > 0).collect();
        let quorum = if alone { 1 } else { (active * 3).div_ceil(10).max(2) };
        if failing.len() < quorum {
            return false;
        }
        let loudest = failing.iter().max_by_key(|(node, tally)| (weight(tally), (*node).clone()));
        let Some((loudest, _)) = loudest else { return false };
        let sum = |part: fn(&Tally) -> i64| self.tallies.values().map(part).sum::<i64>();
        let rest = |part: fn(&Tally) -> i64| {
            let others = self.tallies.iter().filter(|(node, _)| node != loudest);
            others.map(|(_, tally)| part(tally)).sum::<i64>()
        };
        #[allow(clippy::cast_precision_loss, reason = "small numbers")]
        let rated = |part: fn(&Tally) -> i64, rate: f64| {
            let (calls, others) = (sum(|tally| tally.calls) as f64, rest(|tally| tally.calls) as f64);
            let without_loudest =
                others >= (report.min_calls / 2.0).max(1.0) && rest(part) as f64 >= rate * others;
            rate > 0.0
                && calls >= report.min_calls
                && sum(part) as f64 >= rate * calls
                && (alone || without_loudest)
        };
        let by_rate = report.is_rate
            && (rated(|tally| tally.failures, report.rate) || rated(|tally| tally.slow, report.slow_rate));
        let votes = sum(|tally| tally.votes);
        let left = if report.is_rate { (votes - 1000).max(0) } else { rest(|tally| tally.votes) };
        // Doubled, so that half a node is a whole number.
        let need = 2000.max(1000 * i64::try_from(active).unwrap_or(i64::MAX));
        by_rate || if alone { votes >= 1000 } else { 2 * votes > need && 4 * left >= need }
    }

    pub(crate) fn acquire(&mut self, request: &Acquire) -> Answer {
        let Acquire { node, token, permits, hold, peers, .. } = request;
        let denied = match self.state {
            State::Unknown | State::Closed => true,
            State::Open => self.now < self.until,
            State::HalfOpen => false,
        };
        if denied || self.last_failed == *node && *peers > 0 && self.now < self.until + self.times.grace {
            return self.view(false);
        }
        if self.state == State::Open {
            self.turn(State::HalfOpen);
        } else {
            if self.leases.iter().any(|lease| lease.node == *node && lease.token == *token) {
                return self.view(true);
            }
            if self.granted.get(node).is_some_and(|granted| token <= granted) {
                return self.view(false);
            }
            let mut over: Vec<_> = self.leases.iter().filter(|lease| lease.ends <= self.now).collect();
            over.sort_by_key(|lease| (lease.ends, lease.started, format!("{}/{}", lease.node, lease.token)));
            if let Some(failed) = over.iter().find(|lease| lease.started) {
                self.last_failed.clone_from(&failed.node);
                self.failed_recoveries += 1;
                self.open();
                return self.view(false);
            }
            if self.leases.len() - over.len() >= *permits {
                return self.view(false);
            }
            let now = self.now;
            self.leases.retain(|lease| lease.ends > now);
        }
        self.granted.insert(node.clone(), *token);
        let ends = self.now + hold;
        self.leases.push(Lease { node: node.clone(), token: *token, started: false, ends });
        self.written = self.now;
        self.view(true)
    }

    fn is_half_open_in(&self, epoch: &str, generation: i64) -> bool {
        epoch == self.epoch && generation == self.generation && self.state == State::HalfOpen
    }

    pub(crate) fn start(
        &mut self,
        node: &str,
        token: u64,
        epoch: &str,
        generation: i64,
        time: i64,
    ) -> Answer {
        if !self.is_half_open_in(epoch, generation) {
            return self.view(false);
        }
        let ends = self.now + time;
        let lease = self.leases.iter_mut().find(|lease| lease.node == node && lease.token == token);
        let counts = lease.is_some();
        if let Some(lease) = lease.filter(|lease| !lease.started) {
            (lease.started, lease.ends) = (true, ends);
        }
        self.view(counts)
    }

    pub(crate) fn settle(
        &mut self,
        node: &str,
        token: u64,
        epoch: &str,
        generation: i64,
        outcome: &str,
        need: u32,
    ) -> Answer {
        let is_it = |lease: &Lease| lease.node == node && lease.token == token;
        if !self.is_half_open_in(epoch, generation) || !self.leases.iter().any(is_it) {
            return self.view(false);
        }
        self.leases.retain(|lease| !is_it(lease));
        self.written = self.now;
        match outcome {
            "fail" => {
                node.clone_into(&mut self.last_failed);
                self.failed_recoveries += 1;
                self.open();
            }
            "ok" => {
                self.successes += 1;
                if self.successes >= need {
                    self.failed_recoveries = 0;
                    self.turn(State::Closed);
                }
            }
            _ => {}
        }
        self.view(true)
    }

    /// The sums that the store keeps.
    pub(crate) fn sums(&self) -> [i64; 4] {
        let sum = |part: fn(&Tally) -> i64| self.tallies.values().map(part).sum();
        [
            sum(|tally| tally.votes),
            sum(|tally| tally.calls),
            sum(|tally| tally.failures),
            sum(|tally| tally.slow),
        ]
    }

    pub(crate) fn live_leases(&self) -> usize {
        self.leases.iter().filter(|lease| lease.ends > self.now).count()
    }
}
