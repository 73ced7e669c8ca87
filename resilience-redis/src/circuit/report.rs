//! The circuit's own window, as the store is told.

use std::sync::LazyLock;
use std::time::Duration;

use resilience::circuit_store::{LocalCircuit, SharedRule, SharedRules};
use tokio::time::Instant;

use super::args::{LONGEST, active, configuration, micros};
use super::window::{Baseline, Window};
use super::{Circuit, Surroundings};
use crate::exchange::Command;
use crate::scripts::Script;

/// A report that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported {
    pub(super) at: Instant,
    pub(super) window: Window,
    pub(super) peers: u64,
}

impl Circuit {
    /// Notes whether the circuit is in use. Returns whether a call waits for a place.
    pub(super) fn note_use(
        &mut self,
        local: LocalCircuit,
        rules: &SharedRules,
        around: Surroundings<'_>,
    ) -> bool {
        let was_rejected = local.rejected != self.rejected;
        self.rejected = local.rejected;
        let looks_for_calls = self.shared.is_advised() && self.view.phase.is_outage();
        let had_call = (looks_for_calls || around.now >= self.arm_at) && self.shared.arm();
        if had_call {
            self.arm_at = around.now + active(rules) / 3;
        }
        if was_rejected || had_call {
            self.in_use = true;
            self.used = Some(around.now);
        }
        was_rejected || looks_for_calls && had_call
    }

    /// The circuit's own window, if there is something new in it.
    pub(super) fn report(
        &mut self,
        local: LocalCircuit,
        rules: &SharedRules,
        around: Surroundings<'_>,
    ) -> Option<Command> {
        let window = self.window(local, rules, around.now);
        let counts = !self.view.phase.is_outage();
        if !self.is_active(rules, around.now) || !self.is_due(window, counts, rules, around) {
            return None;
        }
        self.in_use = false;
        self.reported = Some(Reported { at: around.now, window, peers: around.peers });
        Some(self.report_of(window, rules, around))
    }

    pub(super) fn report_of(
        &mut self,
        window: Window,
        rules: &SharedRules,
        around: Surroundings<'_>,
    ) -> Command {
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
            micros(self.idle(around.now)),
        ];
        self.command(Script::Report, rules, around, args)
    }

    fn is_due(&self, window: Window, counts: bool, rules: &SharedRules, around: Surroundings<'_>) -> bool {
        let has_faults = counts && window.has_faults();
        let Some(Reported { at, window: before, peers }) = self.reported else {
            return self.in_use || has_faults;
        };
        let age = around.now.saturating_duration_since(at);
        if age >= active(rules) / 3 && self.in_use {
            return true;
        }
        let new_calls = window.calls != before.calls && age >= interval_of_successes(rules, around);
        // With fewer nodes, the same votes may be enough.
        counts && (window.faults() != before.faults() || new_calls) || has_faults && around.peers < peers
    }

    /// The window without what was counted before the baseline.
    fn window(&mut self, local: LocalCircuit, rules: &SharedRules, now: Instant) -> Window {
        let since = self.baseline.as_mut().and_then(|baseline| baseline.since(local, rules, now));
        if since.is_none() {
            self.baseline = None;
        }
        since.unwrap_or(Window::of(local))
    }

    /// Does not report what has been counted until now.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        self.baseline = Some(Baseline::new(self.shared.local(), now));
    }

    /// Whether the store counts it as active. It forgets a circuit that nobody calls, so that old failures do not vote.
    fn is_active(&self, rules: &SharedRules, now: Instant) -> bool {
        self.idle(now) < active(rules)
    }

    /// The time since the last call, as far as it was noted.
    fn idle(&self, now: Instant) -> Duration {
        self.used.map_or(LONGEST, |used| now.saturating_duration_since(used))
    }
}

/// The first number of reports: above all numbers of a circuit of the same name that this node shared before,
/// such as one of a key that was evicted.
pub(super) fn first_number(now: Instant) -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    now.saturating_duration_since(*START).as_micros().try_into().unwrap_or(u64::MAX / 2)
}

/// How often successes are reported: a few times in a window, and less often in a large fleet.
fn interval_of_successes(rules: &SharedRules, around: Surroundings<'_>) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "a number of circuits")]
    let load = Duration::from_secs_f64(around.live() * around.circuits as f64 / 20_000.0);
    Duration::from_secs(1).max(rules.window / 10).max(load)
}
