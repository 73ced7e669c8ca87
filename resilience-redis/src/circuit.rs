//! One circuit of a node: what it sends to the store, and what the answers do to it. Takes the time as an argument.
//!
//! What it tells the store is in [`report`], what it asks for in [`trial`], and what it follows in [`adopt`].

mod adopt;
mod args;
mod report;
mod trial;
mod window;

use std::collections::VecDeque;
use std::time::Duration;

use resilience::circuit_store::{SharedRules, StoreEventKind};
use tokio::time::Instant;

use self::adopt::HeldOverride;
pub(crate) use self::args::nonce;
use self::args::{kept, micros};
use self::report::{Reported, first_number};
use self::trial::{Granted, Message};
use self::window::{Baseline, Window};
use crate::exchange::{Answer, Command};
use crate::keys::Keys;
use crate::namesakes::Namesakes;
use crate::pace::{LEAST_BACKOFF, LONGEST_BACKOFF};
use crate::scripts::Script;
use crate::view::View;

/// What a circuit has to know about its node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) node: &'a str,
    /// The number of other nodes that live.
    pub(crate) peers: u64,
    /// The number of circuits that the node shares.
    pub(crate) circuits: usize,
    /// Whether the store took the last beat.
    pub(crate) takes_beats: bool,
    /// Whether the store has taken no beat for `max_staleness`.
    pub(crate) is_silent: bool,
    pub(crate) max_staleness: Duration,
    pub(crate) now: Instant,
}

impl Surroundings<'_> {
    /// The number of nodes that live.
    fn live(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a number of nodes")]
        let live = (self.peers + 1) as f64;
        live
    }
}

/// A circuit that this node shares.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on one another")]
pub(crate) struct Circuit {
    pub(crate) shared: Namesakes,
    keys: Vec<String>,
    view: View,
    /// When the question was sent to which the view is the answer. Before the first answer: when sharing began.
    confirmed: Instant,
    open_until: Instant,
    /// The operator's override that holds.
    held: Option<HeldOverride>,
    /// What the store was told last in this period.
    reported: Option<Reported>,
    sequence: u64,
    baseline: Option<Baseline>,
    /// Whether there was a call since the last report.
    in_use: bool,
    /// When the last call was noted.
    used: Option<Instant>,
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
    /// What the store does not take, although it may answer questions.
    refused: Option<Purpose>,
    /// After an error, it sends nothing before this time.
    silent_until: Instant,
    backoff: Duration,
    /// Whether the view is to be asked for.
    asks_view: bool,
    /// Whether there was a usable answer.
    was_answered: bool,
    /// A view that is too old is not asked for again before this time.
    ask_view_at: Instant,
    pub(crate) is_degraded: bool,
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
    pub(crate) fn new(shared: Namesakes, keys: &Keys, now: Instant) -> Self {
        let first = first_number(now);
        Self {
            keys: keys.circuit(shared.name()).into(),
            rejected: shared.local().rejected,
            shared,
            view: View::unknown(),
            confirmed: now,
            open_until: now,
            held: None,
            reported: None,
            sequence: first,
            baseline: None,
            in_use: false,
            used: None,
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
            refused: None,
            silent_until: now,
            backoff: Duration::ZERO,
            asks_view: true,
            was_answered: false,
            ask_view_at: now,
            is_degraded: false,
        }
    }

    fn is_stale(&self, around: Surroundings<'_>) -> bool {
        // One of many new circuits waits for its turn to be asked.
        let is_new = !self.was_answered && !self.is_degraded && self.error.is_none() && !around.is_silent;
        !is_new && around.now.saturating_duration_since(self.confirmed) > around.max_staleness
    }

    /// Its view may have changed: it is asked for with the next batch that has space.
    pub(crate) const fn ask_view(&mut self) {
        self.asks_view = true;
    }

    /// Notices what has ended: an override, or the time of a view.
    pub(crate) fn watch(&mut self, error: Option<&str>, around: Surroundings<'_>) {
        self.end_override(around);
        if !self.is_degraded && self.is_stale(around) {
            self.is_degraded = true;
            let error = self.error.as_deref().or(error).unwrap_or("no answer");
            self.shared.tell(StoreEventKind::Degraded, Some(error));
        }
    }

    /// What there is to send.
    pub(crate) fn commands(&mut self, around: Surroundings<'_>) -> Vec<(Purpose, Command)> {
        let rules = self.shared.rules();
        let local = self.shared.local();
        self.collect(&rules, around);
        if around.now < self.silent_until {
            return Vec::new();
        }
        if self.error.is_none() {
            self.backoff = Duration::ZERO;
        }
        let mut commands = self.messages(&rules, around);
        let stale = self.is_stale(around);
        if std::mem::take(&mut self.asks_view)
            || stale && around.takes_beats && around.now >= self.ask_view_at
        {
            // An answer does not confirm the view while the store refuses something else.
            let wait = self.backoff.max(LEAST_BACKOFF).mul_f64(fastrand::f64());
            self.ask_view_at = around.now + wait;
            commands.push((Purpose::View, self.command(Script::View, &rules, around, [])));
        }
        let is_wanted = self.note_use(local, &rules, around);
        let report = match (stale, self.refused) {
            (false, _) => self.report(local, &rules, around),
            // The first command after a silence is a question: nothing old is pushed. But a question is no proof that a
            // report is taken again.
            (true, Some(Purpose::Report)) if around.takes_beats => {
                Some(self.report_of(Window::default(), &rules, around))
            }
            (true, _) => None,
        };
        commands.extend(report.map(|report| (Purpose::Report, report)));
        if !stale || self.refused == Some(Purpose::Acquire) {
            let acquire = self.acquire(is_wanted, &rules, around);
            commands.extend(acquire.map(|acquire| (Purpose::Acquire, acquire)));
        }
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

    /// What a node that shuts down has to say: unused places are free, and it is not active any more.
    pub(crate) fn leave(&mut self, around: Surroundings<'_>) -> Vec<(Purpose, Command)> {
        let rules = self.shared.rules();
        self.collect(&rules, around);
        self.return_place(around);
        let mut commands = self.messages(&rules, around);
        if self.used.take().is_some() {
            commands.push((Purpose::Report, self.report_of(Window::default(), &rules, around)));
        }
        commands
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
                self.erred(purpose, error, around.now);
                return false;
            }
        };
        if self.is_taken(purpose, &view) {
            self.refused = None;
        }
        if self.refused.is_none() && around.now >= self.silent_until {
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

    /// The answer is an error.
    fn erred(&mut self, purpose: Purpose, error: String, now: Instant) {
        self.failed();
        if purpose != Purpose::View && self.refused != Some(Purpose::Report) {
            self.refused = Some(purpose);
        }
        if now >= self.silent_until {
            self.backoff = (self.backoff * 2).clamp(LEAST_BACKOFF, LONGEST_BACKOFF);
            self.silent_until = now + self.backoff.mul_f64(0.5 + fastrand::f64() / 2.0);
        }
        self.error = Some(error);
    }

    /// Whether an answer shows that the store takes again what it has refused, or that there is no need to tell it.
    fn is_taken(&self, purpose: Purpose, view: &View) -> bool {
        match self.refused {
            Some(Purpose::Acquire) => purpose == Purpose::Acquire || !view.phase.is_outage(),
            Some(Purpose::Message(number)) => {
                purpose == Purpose::Message(number)
                    || !self.outbox.iter().any(|message| message.number == number)
            }
            refused => refused == Some(purpose),
        }
    }

    /// A batch was lost: it may have been executed or not.
    pub(crate) fn failed(&mut self) {
        self.reported = None;
        self.in_use = true;
    }
}

#[cfg(test)]
mod tests;
