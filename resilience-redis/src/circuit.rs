//! One circuit of a node: what it sends to the store, and what the answers do to it. Takes the time as an argument.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::Duration;

use resilience::CircuitState;
use resilience::circuit_store::{
    LocalCircuit, Opinion, SharedRule, SharedRules, Sharing, StoreEventKind, StoreHandle, TrialProgress,
};
use tokio::time::Instant;

use crate::exchange::{Answer, Command};
use crate::keys::{Keys, digest};
use crate::node::{LEAST_BACKOFF, LONGEST_BACKOFF, TICK};
use crate::scripts::Script;
use crate::view::{Forced, Phase, View};

/// How long a place is reserved for a node. Two seconds: a node with traffic uses it at once, and one without returns it
/// before the others have waited for long.
pub(crate) const HOLD: Duration = Duration::from_secs(2);

/// A place is taken back within this time after the end of its use.
const LOOK: Duration = Duration::from_millis(300);

/// How long the node whose trial failed last lets the others go first.
const GRACE: Duration = Duration::from_millis(500);

/// A node is active for at least this time after a call.
const LEAST_ACTIVE: Duration = Duration::from_secs(60);

/// How long the store keeps a circuit without calls, at least.
const KEPT: Duration = Duration::from_secs(600);

/// The longest time that is sent: times without an end would overflow the numbers of scripts.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a circuit has to know about its node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) node: &'a str,
    /// The number of other nodes that live.
    pub(crate) peers: u64,
    /// The number of circuits that the node shares.
    pub(crate) circuits: usize,
    pub(crate) max_staleness: Duration,
    pub(crate) now: Instant,
}

/// A circuit that this node shares.
#[derive(Debug)]
pub(crate) struct Circuit {
    pub(crate) shared: StoreHandle,
    sharing: Sharing,
    keys: Vec<String>,
    view: View,
    /// When the question was sent to which the view is the answer. Before the first answer: when sharing began.
    confirmed: Instant,
    open_until: Instant,
    forced_until: Option<Instant>,
    /// What the store was told last in this period.
    reported: Option<Reported>,
    sequence: u64,
    baseline: Option<Baseline>,
    /// Whether there was a call since the last report.
    in_use: bool,
    arm_at: Instant,
    rejected: u64,
    /// The number of places that were granted: names them in this process.
    places: u64,
    next_ask: Instant,
    /// A request that was denied is not repeated before this time, also if calls wait.
    ask_again_at: Instant,
    place: Option<Granted>,
    /// The periods of the tokens of trials.
    granted: VecDeque<Granted>,
    /// What the store has not confirmed yet.
    outbox: Vec<Message>,
    /// The number of the next message.
    next_message: u64,
    /// The configuration for which it was told that others differ.
    told_configuration: String,
    /// The last answer was this error.
    error: Option<String>,
    /// After an error, it sends nothing before this time.
    silent_until: Instant,
    backoff: Duration,
    /// Whether the view is to be asked for.
    asks_view: bool,
    is_degraded: bool,
}

/// The window of a circuit, as it is reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Window {
    calls: u32,
    failures: u32,
    slow: u32,
    vote: u32,
}

/// A report that was sent.
#[derive(Clone, Copy, Debug)]
struct Reported {
    at: Instant,
    window: Window,
    peers: u64,
}

/// What was counted in a time of which the store is not told.
#[derive(Clone, Copy, Debug)]
struct Baseline {
    generation: u64,
    calls: u32,
    failures: u32,
    slow: u32,
    /// Then the window has forgotten it.
    until: Instant,
}

#[derive(Clone, Debug)]
struct Granted {
    /// Its name in this process.
    place: u64,
    /// Its name in the epoch of the store.
    token: u64,
    epoch: String,
    generation: i64,
    /// The end of its use.
    ends: Instant,
}

/// The progress of a trial, for the store.
#[derive(Clone, Debug)]
struct Message {
    number: u64,
    trial: Granted,
    progress: TrialProgress,
    since: Instant,
}

/// Why a command was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    View,
    Report,
    Acquire,
    /// The message of this number.
    Message(u64),
}

impl Circuit {
    pub(crate) fn new(shared: StoreHandle, sharing: Sharing, keys: &Keys, now: Instant) -> Self {
        let first = first_number(now);
        Self {
            keys: keys.circuit(shared.circuit().name()).into(),
            rejected: shared.local().rejected,
            shared,
            sharing,
            view: View::unknown(),
            confirmed: now,
            open_until: now,
            forced_until: None,
            reported: None,
            sequence: first,
            baseline: None,
            in_use: false,
            arm_at: now,
            places: 0,
            next_ask: now,
            ask_again_at: now,
            place: None,
            granted: VecDeque::new(),
            outbox: Vec::new(),
            next_message: 0,
            told_configuration: String::new(),
            error: None,
            silent_until: now,
            backoff: Duration::ZERO,
            asks_view: false,
            is_degraded: false,
        }
    }

    fn is_stale(&self, around: Surroundings<'_>) -> bool {
        around.now.saturating_duration_since(self.confirmed) > around.max_staleness
    }

    /// Tells if the view is too old.
    pub(crate) fn watch(&mut self, error: Option<&str>, around: Surroundings<'_>) {
        if !self.is_degraded && self.is_stale(around) {
            self.is_degraded = true;
            let error = self.error.as_deref().or(error).unwrap_or("no answer");
            self.shared.tell(StoreEventKind::Degraded, Some(error));
        }
    }

    /// What there is to send.
    pub(crate) fn commands(&mut self, asks_view: bool, around: Surroundings<'_>) -> Vec<(Purpose, Command)> {
        let rules = self.shared.rules();
        let local = self.shared.local();
        self.collect(&rules, around);
        self.asks_view |= asks_view;
        if around.now < self.silent_until {
            return Vec::new();
        }
        if self.error.is_none() {
            self.backoff = Duration::ZERO;
        }
        let mut commands = self.messages(&rules, around);
        let stale = self.is_stale(around);
        if std::mem::take(&mut self.asks_view) || stale {
            commands.push((Purpose::View, self.command(Script::View, &rules, around, [])));
        }
        let is_wanted = self.note_use(local, &rules, around);
        // The first command after a silence is a question: nothing old is pushed.
        if stale {
            return commands;
        }
        let report = self.report(local, &rules, around);
        commands.extend(report.map(|report| (Purpose::Report, report)));
        commands.extend(self.acquire(is_wanted, &rules, around).map(|acquire| (Purpose::Acquire, acquire)));
        commands
    }

    /// A command, with the arguments that all scripts of a circuit have.
    fn command<const N: usize>(
        &self,
        script: Script,
        rules: &SharedRules,
        around: Surroundings<'_>,
        args: [String; N],
    ) -> Command {
        let (open, most) = (micros(rules.recovery_timeout), micros(rules.max_recovery_timeout));
        let common = [around.node.to_owned(), open, most, kept(rules), nonce()];
        Command { script, keys: self.keys.clone(), args: common.into_iter().chain(args).collect() }
    }

    /// Collects reports of trials, and takes back a place that was not used.
    fn collect(&mut self, rules: &SharedRules, around: Surroundings<'_>) {
        let Surroundings { now, .. } = around;
        for report in self.shared.reports() {
            if self.place.as_ref().is_some_and(|place| place.place == report.token) {
                self.place = None;
            }
            let trial = self.granted.iter().find(|granted| granted.place == report.token).cloned();
            if let Some(trial) = trial {
                self.post(trial, report.progress, now);
            }
        }
        if self.place.as_ref().is_some_and(|place| place.ends <= now) {
            self.return_place(around);
            self.next_ask = now + HOLD.mul_f64(fastrand::f64() * live(around));
        }
        // The store has long counted it as failed.
        let longest = rules.probe_timeout.saturating_mul(2).max(KEPT);
        self.outbox.retain(|message| now.saturating_duration_since(message.since) < longest);
        self.granted.retain(|granted| now.saturating_duration_since(granted.ends) < longest);
    }

    /// Returns the place that was not used.
    fn return_place(&mut self, around: Surroundings<'_>) {
        if let (Some(trial), Some(_)) = (self.place.take(), self.shared.take_back()) {
            self.post(trial, TrialProgress::Cancelled, around.now);
        }
    }

    /// Keeps a message until the store has confirmed it.
    fn post(&mut self, trial: Granted, progress: TrialProgress, since: Instant) {
        let number = self.next_message;
        self.next_message += 1;
        self.outbox.push(Message { number, trial, progress, since });
    }

    fn messages(&self, rules: &SharedRules, around: Surroundings<'_>) -> Vec<(Purpose, Command)> {
        let command =
            |message: &Message| (Purpose::Message(message.number), self.message(message, rules, around));
        self.outbox.iter().map(command).collect()
    }

    /// What a node that shuts down has to say: unused places are free, and its votes count no longer.
    pub(crate) fn leave(&mut self, around: Surroundings<'_>) -> Vec<(Purpose, Command)> {
        let rules = self.shared.rules();
        self.collect(&rules, around);
        self.return_place(around);
        let mut commands = self.messages(&rules, around);
        if self.reported.is_some_and(|reported| reported.window.has_faults()) {
            commands.push((Purpose::Report, self.report_of(Window::default(), &rules, around)));
        }
        commands
    }

    /// Notes whether the circuit is in use. Returns whether a call waits for a place.
    fn note_use(&mut self, local: LocalCircuit, rules: &SharedRules, around: Surroundings<'_>) -> bool {
        let was_rejected = local.rejected != self.rejected;
        self.rejected = local.rejected;
        let looks_for_calls = self.sharing == Sharing::Advise && self.view.phase.is_outage();
        let had_call = (looks_for_calls || around.now >= self.arm_at) && self.shared.arm();
        if had_call {
            self.arm_at = around.now + active(rules) / 3;
        }
        self.in_use |= was_rejected || had_call;
        was_rejected || looks_for_calls && had_call
    }

    /// The circuit's own window, if there is something new in it.
    fn report(
        &mut self,
        local: LocalCircuit,
        rules: &SharedRules,
        around: Surroundings<'_>,
    ) -> Option<Command> {
        let Surroundings { now, .. } = around;
        let window = self.window(local, now);
        let counts = !self.view.phase.is_outage();
        if !self.is_due(window, counts, rules, around) {
            return None;
        }
        self.in_use = false;
        self.reported = Some(Reported { at: now, window, peers: around.peers });
        Some(self.report_of(window, rules, around))
    }

    fn report_of(&mut self, window: Window, rules: &SharedRules, around: Surroundings<'_>) -> Command {
        self.sequence += 1;
        let (failures, slow, min_calls) = match rules.rule {
            SharedRule::Rate { failures, slow, min_calls, .. } => (failures, slow, min_calls),
            _ => (None, None, 0),
        };
        let args = [
            self.sequence.to_string(),
            self.view.epoch.clone(),
            self.view.generation.to_string(),
            window.calls.to_string(),
            window.failures.to_string(),
            window.slow.to_string(),
            window.vote.to_string(),
            failures.unwrap_or(0.0).to_string(),
            slow.unwrap_or(0.0).to_string(),
            min_calls.to_string(),
            around.peers.to_string(),
            micros(active(rules)),
            configuration(rules),
        ];
        self.command(Script::Report, rules, around, args)
    }

    fn is_due(&self, window: Window, counts: bool, rules: &SharedRules, around: Surroundings<'_>) -> bool {
        let has_faults = counts && window.has_faults();
        let Some(Reported { at, window: before, peers }) = self.reported else {
            return self.in_use || has_faults;
        };
        let age = around.now.saturating_duration_since(at);
        if age >= active(rules) / 3 && (self.in_use || has_faults) {
            return true;
        }
        let new_calls = window.calls != before.calls && age >= interval_of_successes(rules, around);
        // With fewer nodes, the same votes may be enough.
        counts && (window.faults() != before.faults() || new_calls) || has_faults && around.peers < peers
    }

    /// The window without what was counted before the baseline.
    fn window(&mut self, local: LocalCircuit, now: Instant) -> Window {
        let LocalCircuit { calls, failures, slow, vote, generation, .. } = local;
        let window = Window { calls, failures, slow, vote };
        let Some(baseline) = &mut self.baseline else { return window };
        // An open circuit becomes half-open by time alone: that is no new failure.
        let is_next = local.state == CircuitState::HalfOpen && generation == baseline.generation + 1;
        let is_old_opening = is_open(local) && (generation == baseline.generation || is_next);
        baseline.calls = baseline.calls.min(calls);
        baseline.failures = baseline.failures.min(failures);
        baseline.slow = baseline.slow.min(slow);
        let (old, until) = (*baseline, baseline.until);
        if !is_old_opening && (until <= now || old.calls + old.failures + old.slow == 0) {
            self.baseline = None;
            return window;
        }
        let new = failures - old.failures;
        let vote = match is_open(local) {
            true => u32::from(!is_old_opening) * 1000,
            false if failures == 0 => 0,
            false => (vote * new).div_ceil(failures),
        };
        Window { calls: calls - old.calls, failures: new, slow: slow - old.slow, vote }
    }

    /// Does not report what has been counted until now.
    fn begin_anew(&mut self, now: Instant) {
        let local = self.shared.local();
        let until = now + active(&self.shared.rules());
        let LocalCircuit { calls, failures, slow, generation, .. } = local;
        self.baseline = Some(Baseline { generation, calls, failures, slow, until });
    }

    /// A request for a place, if a call waits for one or it is this node's turn.
    fn acquire(&mut self, is_wanted: bool, rules: &SharedRules, around: Surroundings<'_>) -> Option<Command> {
        let Surroundings { now, .. } = around;
        let is_possible =
            self.view.phase == Phase::HalfOpen || self.view.phase == Phase::Open && self.open_until <= now;
        if !is_possible || self.place.is_some() {
            return None;
        }
        if is_wanted {
            self.next_ask = self.next_ask.min(self.ask_again_at);
        }
        if now < self.next_ask {
            return None;
        }
        self.ask_again_at = now + TICK;
        self.next_ask = now + HOLD.mul_f64(fastrand::f64() * live(around));
        let args = [
            around.peers.to_string(),
            rules.half_open_calls.to_string(),
            rules.success_threshold.to_string(),
            micros(HOLD),
            micros(GRACE),
        ];
        Some(self.command(Script::Acquire, rules, around, args))
    }

    fn message(&self, message: &Message, rules: &SharedRules, around: Surroundings<'_>) -> Command {
        let Granted { token, epoch, generation, .. } = &message.trial;
        let (token, epoch, generation) = (token.to_string(), epoch.clone(), generation.to_string());
        let outcome = match message.progress {
            TrialProgress::Started => {
                let args = [token, epoch, generation, micros(rules.probe_timeout)];
                return self.command(Script::Start, rules, around, args);
            }
            TrialProgress::Succeeded => "ok",
            TrialProgress::Failed => "fail",
            _ => "cancel",
        };
        let args = [token, epoch, generation, outcome.to_owned(), rules.success_threshold.to_string()];
        self.command(Script::Settle, rules, around, args)
    }

    /// Processes the answer to a command that was sent at `sent`. Returns whether a window was dropped.
    pub(crate) fn answered(
        &mut self,
        purpose: Purpose,
        answer: Answer,
        sent: Instant,
        around: Surroundings<'_>,
    ) -> bool {
        let view = match answer.and_then(View::try_from) {
            Ok(view) => view,
            Err(error) => {
                self.failed();
                if around.now >= self.silent_until {
                    self.backoff = (self.backoff * 2).clamp(LEAST_BACKOFF, LONGEST_BACKOFF);
                    self.silent_until = around.now + self.backoff.mul_f64(0.5 + fastrand::f64() / 2.0);
                }
                self.error = Some(error);
                return false;
            }
        };
        if around.now >= self.silent_until {
            self.error = None;
        }
        let (extra, token) = (view.extra, view.token);
        let dropped = self.adopt(view, sent, around);
        match purpose {
            Purpose::Message(number) => self.outbox.retain(|message| message.number != number),
            Purpose::Acquire if extra > 0 => self.granted(token, Duration::from_micros(extra), sent, around),
            Purpose::Report if extra > 0 => self.tell_of_configuration(),
            Purpose::Acquire | Purpose::View | Purpose::Report => {}
        }
        dropped
    }

    /// A batch was lost: it may have been executed or not.
    pub(crate) fn failed(&mut self) {
        self.reported = None;
        self.in_use = true;
    }

    /// A place was granted for this time. A repeated request gets the same one: what is left of it.
    fn granted(&mut self, token: u64, time: Duration, sent: Instant, around: Surroundings<'_>) {
        let (epoch, generation) = (self.view.epoch.clone(), self.view.generation);
        if self.granted.iter().any(|granted| granted.token == token && granted.epoch == epoch) {
            // The request overtook the message that the place is used or returned.
            return;
        }
        self.places += 1;
        // The next place is asked for as soon as this one is used.
        self.ask_again_at = around.now;
        // Returned before the reservation ends, also if the answer was late.
        let ends = sent + time.mul_f64(0.75);
        let place = Granted { place: self.places, token, epoch, generation, ends };
        self.granted.push_back(place.clone());
        let left = ends.saturating_duration_since(around.now);
        if !left.is_zero() && self.shared.offer(self.places, left.saturating_add(LOOK)) {
            self.place = Some(place);
        } else {
            // Too late, or forced open by an operator of the store.
            self.post(place, TrialProgress::Cancelled, around.now);
        }
    }

    /// The store has not changed since the view.
    pub(crate) fn confirm(&mut self, sent: Instant, around: Surroundings<'_>) {
        // A view that is too old, or that cannot be read, is asked for again.
        if self.error.is_none() && !self.is_stale(around) {
            self.confirmed = sent;
            if self.view.phase.is_outage() {
                self.impose(around);
            }
        }
    }

    /// Takes over the answer to the latest question, whatever its generation.
    fn adopt(&mut self, view: View, sent: Instant, around: Surroundings<'_>) -> bool {
        let Surroundings { now, .. } = around;
        let was_stale = self.is_stale(around);
        self.confirmed = self.confirmed.max(sent);
        let is_back = was_stale && !self.is_stale(around);
        let is_dropped = is_back && self.drop_window(now);
        if is_back && std::mem::take(&mut self.is_degraded) {
            self.shared.tell(StoreEventKind::Recovered, None);
        }
        let is_another_epoch = view.epoch != self.view.epoch;
        let turns = !view.is_period_of(&self.view);
        if turns {
            self.reported = None;
            self.return_place(around);
            // What was counted before the transition has had its effect. A store that has forgotten, or was never
            // asked, is told what this circuit knows.
            if !is_another_epoch || view.phase.is_outage() {
                self.begin_anew(now);
            }
            if is_another_epoch {
                self.shared.withdraw();
            }
        }
        self.tell_of(&view);
        let forced = view.forced_open.clone();
        let is_new = turns || forced != self.view.forced_open;
        self.open_until = now + view.open;
        self.forced_until = forced.map(|forced| now + forced.left.unwrap_or(LONGEST));
        self.view = view;
        if is_new || is_back || self.view.phase.is_outage() || self.forced_until.is_some() {
            self.impose(around);
        }
        is_dropped
    }

    /// Drops what was counted while the view was too old. Returns whether there was something.
    fn drop_window(&mut self, now: Instant) -> bool {
        let local = self.shared.local();
        let is_something = local.vote > 0 || local.failures > 0 || local.slow > 0;
        self.begin_anew(now);
        self.reported = None;
        if is_something {
            self.shared.tell(StoreEventKind::ReportsDropped, None);
        }
        is_something
    }

    /// Delivers what is new in a view.
    fn tell_of(&mut self, view: &View) {
        if view.phase != self.view.phase && (view.phase.is_outage() || self.view.phase.is_outage()) {
            self.shared.tell(StoreEventKind::Adopted, Some(view.phase.as_str()));
        }
        let why = |forced: &Option<Forced>| forced.as_ref().map(|forced| forced.why.clone());
        if why(&view.forced_open) != why(&self.view.forced_open) {
            let text = why(&view.forced_open).map_or("cleared".into(), |why| format!("forced_open: {why}"));
            self.shared.tell(StoreEventKind::Overridden, Some(&text));
        }
    }

    /// The store has a report of a node with another configuration.
    fn tell_of_configuration(&mut self) {
        let own = configuration(&self.shared.rules());
        if self.told_configuration != own {
            self.told_configuration = own;
            self.shared.tell(StoreEventKind::ConfigurationsDiffer, None);
        }
    }

    /// Sets the circuit's opinion from the view, for as long as the view is young enough.
    fn impose(&self, around: Surroundings<'_>) {
        let Surroundings { now, max_staleness, .. } = around;
        if let Some(until) = self.forced_until.filter(|until| *until > now) {
            // It holds for its own time, also while the store is silent.
            return self.shared.adopt(Opinion::ForcedOpen, until - now);
        }
        let valid_for = (self.confirmed + max_staleness).saturating_duration_since(now);
        if valid_for.is_zero() {
            // The answer was late, and is asked for again.
            return;
        }
        let opinion = match self.view.phase {
            Phase::Unknown => return self.shared.withdraw(),
            Phase::Closed => Opinion::Closed,
            Phase::Open => Opinion::Open(self.open_until.saturating_duration_since(now)),
            Phase::HalfOpen => Opinion::HalfOpen,
        };
        self.shared.adopt(opinion, valid_for);
    }
}

impl Window {
    const fn has_faults(self) -> bool {
        self.failures > 0 || self.slow > 0 || self.vote > 0
    }

    const fn faults(self) -> (u32, u32, u32) {
        (self.failures, self.slow, self.vote)
    }
}

/// The first number of reports: above all numbers of a circuit of the same name that this node shared before,
/// such as one of a key that was evicted.
fn first_number(now: Instant) -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    now.saturating_duration_since(*START).as_micros().try_into().unwrap_or(u64::MAX / 2)
}

fn is_open(local: LocalCircuit) -> bool {
    matches!(local.state, CircuitState::Open | CircuitState::HalfOpen)
}

/// How long a node is active after a call.
fn active(rules: &SharedRules) -> Duration {
    rules.window.clamp(LEAST_ACTIVE, LONGEST)
}

/// How often successes are reported: a few times in a window, and less often in a large fleet.
fn interval_of_successes(rules: &SharedRules, around: Surroundings<'_>) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "a number of circuits")]
    let load = Duration::from_secs_f64(live(around) * around.circuits as f64 / 20_000.0);
    Duration::from_secs(1).max(rules.window / 10).max(load)
}

/// The number of nodes that live.
fn live(around: Surroundings<'_>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of nodes")]
    let live = (around.peers + 1) as f64;
    live
}

fn micros(time: Duration) -> String {
    time.min(LONGEST).as_micros().to_string()
}

fn millis(time: Duration) -> String {
    time.min(LONGEST).as_millis().to_string()
}

/// How long the store keeps the circuit's keys.
fn kept(rules: &SharedRules) -> String {
    millis(KEPT.max(active(rules).saturating_mul(2)).max(rules.probe_timeout.saturating_mul(2)))
}

pub(crate) fn nonce() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// The rules as a short text, equal for equal rules.
fn configuration(rules: &SharedRules) -> String {
    digest(&format!("{rules:?}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use resilience::{CircuitBreaker, CircuitConfig};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_old_opening_is_not_reported_when_it_becomes_half_open() {
        let config = CircuitConfig::new().recovery_timeout(Duration::from_secs(1));
        let breaker = Arc::new(CircuitBreaker::try_new("post", config).expect("valid"));
        let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).expect("it has none");
        let mut circuit = Circuit::new(shared, Sharing::Enforce, &Keys::new("tests"), Instant::now());
        let mut vote = |is_new: bool| {
            if is_new {
                circuit.begin_anew(Instant::now());
            }
            circuit.window(circuit.shared.local(), Instant::now()).vote
        };
        for _ in 0..5 {
            breaker.try_acquire().expect("closed").failure_because("down");
        }
        assert_eq!((vote(false), vote(true)), (1000, 0));
        tokio::time::advance(Duration::from_secs(2)).await;
        let trial = breaker.try_acquire().expect("half-open");
        assert_eq!((breaker.state(), vote(false)), (CircuitState::HalfOpen, 0));
        trial.failure_because("still down");
        assert_eq!((breaker.state(), vote(false)), (CircuitState::Open, 1000));
    }

    #[test]
    fn a_circuit_that_is_shared_again_continues_above_the_numbers_of_the_one_before() {
        let breaker = Arc::new(CircuitBreaker::try_new("mail", CircuitConfig::new()).expect("valid"));
        let keys = Keys::new("tests");
        let began = Instant::now();
        let circuit = |at| {
            let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).expect("it has none");
            Circuit::new(shared, Sharing::Enforce, &keys, at)
        };
        // The first one sends fewer reports than one for each microsecond.
        let sequence = circuit(began).sequence + 1000;
        assert!(circuit(began + Duration::from_millis(2)).sequence > sequence);
    }
}
