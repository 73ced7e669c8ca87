//! What the answers of the store do to the circuit.

use resilience::circuit_store::{Opinion, StoreEventKind};
use tokio::time::Instant;

use super::args::{LONGEST, configuration};
use super::{Circuit, Surroundings};
use crate::view::{Forced, Phase, View};

impl Circuit {
    /// The store has not changed since the view, and takes reports.
    pub(crate) fn confirm(&mut self, sent: Instant, around: Surroundings<'_>) {
        // A view that is too old, or that cannot be read, is asked for again; or it waits for its turn.
        let is_known = !self.asks_view && self.error.is_none();
        if is_known && self.is_confirmed_by_answers(around) && !self.is_stale(around) {
            self.confirmed = sent;
            self.was_answered = true;
            if self.view.phase.is_outage() {
                self.impose(around);
            }
        }
    }

    /// Whether the store takes what this node tells. A store that is full or read-only still answers questions, but the
    /// fleet cannot recover there: its state is not to be followed.
    const fn is_confirmed_by_answers(&self, around: Surroundings<'_>) -> bool {
        around.takes_beats && self.refused.is_none()
    }

    /// Takes over the answer to the latest question, whatever its generation. Returns whether a window was dropped.
    pub(super) fn adopt(&mut self, view: View, sent: Instant, around: Surroundings<'_>) -> bool {
        let Surroundings { now, .. } = around;
        let was_stale = self.is_stale(around);
        if self.is_confirmed_by_answers(around) {
            self.confirmed = self.confirmed.max(sent);
            self.was_answered = true;
        }
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
                // It has to learn which nodes are active.
                self.in_use = true;
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
    fn tell_of(&self, view: &View) {
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
    pub(super) fn tell_of_configuration(&mut self) {
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
