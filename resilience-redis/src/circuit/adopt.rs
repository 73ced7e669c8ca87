//! What the answers of the store do to the circuit.

use std::time::Duration;

use resilience::circuit_store::{Opinion, StoreEventKind};
use tokio::time::Instant;

use super::args::{LONGEST, configuration};
use super::{Circuit, Surroundings};
use crate::pace::{LOOK, TICK};
use crate::view::{Forced, Phase, View};

/// An operator's override, as this node knows it.
#[derive(Debug)]
pub(super) struct HeldOverride {
    why: String,
    /// The earliest and the latest end, because the answer took some time; nothing, if it has no end.
    ends: Option<[Instant; 2]>,
}

impl HeldOverride {
    fn new(Forced { left, why }: Forced, sent: Instant, now: Instant) -> Self {
        Self { why, ends: left.map(|left| [sent + left, now + left]) }
    }

    /// The time that is left of it.
    fn left(&self, now: Instant) -> Duration {
        self.ends.map_or(LONGEST, |[_, latest]| latest.saturating_duration_since(now))
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.left(now).is_zero()
    }

    /// Whether both may be the same override.
    fn may_be(&self, other: &Self) -> bool {
        let is_same_end = match (self.ends, other.ends) {
            (Some([earliest, latest]), Some([from, to])) => earliest <= to + TICK && from <= latest + TICK,
            (None, None) => true,
            _ => false,
        };
        is_same_end && self.why == other.why
    }
}

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
    pub(super) fn adopt(&mut self, mut view: View, sent: Instant, around: Surroundings<'_>) -> bool {
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
        self.tell_of_phase(view.phase);
        let held = view.forced_open.take().map(|forced| HeldOverride::new(forced, sent, now));
        self.tell_of_override(held.as_ref(), now);
        let is_overridden = self.held.is_some() || held.is_some();
        self.open_until = now + view.open;
        self.held = held;
        self.view = view;
        if turns || is_back || is_overridden || self.view.phase.is_outage() {
            self.impose(around);
        }
        is_dropped
    }

    /// Returns to the state of the fleet when an override is over.
    pub(super) fn end_override(&mut self, around: Surroundings<'_>) {
        if self.held.as_ref().is_some_and(|held| held.is_over(around.now)) {
            self.tell_of_override(None, around.now);
            self.held = None;
            self.impose(around);
        }
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

    /// Tells of the phase of a view, if it is another one.
    fn tell_of_phase(&self, phase: Phase) {
        if phase != self.view.phase && (phase.is_outage() || self.view.phase.is_outage()) {
            self.shared.tell(StoreEventKind::Adopted, Some(phase.as_str()));
        }
    }

    /// Tells of an override that begins, and of one that ends.
    fn tell_of_override(&self, held: Option<&HeldOverride>, now: Instant) {
        let text = match (&self.held, held) {
            (None, None) => return,
            (Some(before), Some(held)) if held.may_be(before) => return,
            (_, Some(held)) => format!("forced_open: {}", held.why),
            // The store may notice its end before this node does.
            (Some(before), None) if before.is_over(now + TICK) => "ended".to_owned(),
            (Some(_), None) => "cleared".to_owned(),
        };
        self.shared.tell(StoreEventKind::Overridden, Some(&text));
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
        if let Some(held) = self.held.as_ref().filter(|held| !held.is_over(now)) {
            // It holds for its own time, also while the store is silent. The fleet's opening follows without a gap: when the
            // node notices the end.
            let gap = if self.view.phase.is_outage() { LOOK } else { Duration::ZERO };
            return self.shared.adopt(Opinion::ForcedOpen, held.left(now).saturating_add(gap));
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
