//! Places for trials: asked for, used or returned, and what came of them.

use std::time::Duration;

use resilience::circuit_store::{SharedRules, TrialProgress};
use tokio::time::Instant;

use super::args::{KEPT, micros};
use super::{Circuit, Purpose, Surroundings};
use crate::exchange::Command;
use crate::pace::{LOOK, TICK};
use crate::scripts::Script;
use crate::view::Phase;

/// How long a place is reserved for a node. Two seconds: a node with traffic uses it at once, and one without returns it
/// before the others have waited for long.
const HOLD: Duration = Duration::from_secs(2);

/// How long the node whose trial failed last lets the others go first.
const GRACE: Duration = Duration::from_millis(500);

#[derive(Clone, Debug)]
pub(super) struct Granted {
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
pub(super) struct Message {
    pub(super) number: u64,
    trial: Granted,
    progress: TrialProgress,
    since: Instant,
}

impl Circuit {
    /// Collects reports of trials, and takes back a place that was not used.
    pub(super) fn collect(&mut self, rules: &SharedRules, around: Surroundings<'_>) {
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
            self.let_others_ask(around);
        }
        // The store has long counted it as failed.
        let longest = rules.probe_timeout.saturating_mul(2).max(KEPT);
        self.outbox.retain(|message| now.saturating_duration_since(message.since) < longest);
        self.granted.retain(|granted| now.saturating_duration_since(granted.ends) < longest);
    }

    /// After a place that this node has not used, the others have their turn, also if its calls are rejected.
    fn let_others_ask(&mut self, around: Surroundings<'_>) {
        self.next_ask = around.now + HOLD.mul_f64(fastrand::f64() * around.live());
        self.ask_again_at = self.next_ask;
    }

    /// Returns the place that was not used.
    pub(super) fn return_place(&mut self, around: Surroundings<'_>) {
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

    pub(super) fn messages(&self, rules: &SharedRules, around: Surroundings<'_>) -> Vec<(Purpose, Command)> {
        let command =
            |message: &Message| (Purpose::Message(message.number), self.message(message, rules, around));
        self.outbox.iter().map(command).collect()
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

    /// A request for a place, if a call waits for one or it is this node's turn.
    pub(super) fn acquire(
        &mut self,
        is_wanted: bool,
        rules: &SharedRules,
        around: Surroundings<'_>,
    ) -> Option<Command> {
        let Surroundings { now, .. } = around;
        let is_possible =
            self.view.phase == Phase::HalfOpen || self.view.phase == Phase::Open && self.open_until <= now;
        let is_forced = self.held.as_ref().is_some_and(|held| !held.is_over(now));
        if !is_possible || is_forced || self.place.is_some() {
            return None;
        }
        if is_wanted {
            self.next_ask = self.next_ask.min(self.ask_again_at);
        }
        if now < self.next_ask || !self.shared.takes_trials() {
            return None;
        }
        self.ask_again_at = now + TICK;
        self.next_ask = now + HOLD.mul_f64(fastrand::f64() * around.live());
        let args = [
            around.peers.to_string(),
            rules.half_open_calls.to_string(),
            rules.success_threshold.to_string(),
            micros(HOLD),
            micros(GRACE),
        ];
        Some(self.command(Script::Acquire, rules, around, args))
    }

    /// A place was granted for this time. A repeated request gets the same one: what is left of it.
    pub(super) fn granted(&mut self, token: u64, time: Duration, sent: Instant, around: Surroundings<'_>) {
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
            self.let_others_ask(around);
        }
    }
}
