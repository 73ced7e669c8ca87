//! Values as the scripts take them.

use std::time::Duration;

use resilience::circuit_store::SharedRules;

use crate::keys::digest;

/// A node is active for at least this time after a call.
const LEAST_ACTIVE: Duration = Duration::from_secs(60);

/// How long the store keeps a circuit without calls, at least.
pub(super) const KEPT: Duration = Duration::from_secs(600);

/// The longest time that is sent: times without an end would overflow the numbers of scripts.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long a node is active after a call.
pub(super) fn active(rules: &SharedRules) -> Duration {
    rules.window.clamp(LEAST_ACTIVE, LONGEST)
}

pub(super) fn micros(time: Duration) -> String {
    time.min(LONGEST).as_micros().to_string()
}

/// How long the store keeps the circuit's keys, in milliseconds.
pub(super) fn kept(rules: &SharedRules) -> String {
    let kept = KEPT.max(active(rules).saturating_mul(2)).max(rules.probe_timeout.saturating_mul(2));
    kept.min(LONGEST).as_millis().to_string()
}

pub(crate) fn nonce() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// The rules as a short text, equal for equal rules.
pub(super) fn configuration(rules: &SharedRules) -> String {
    digest(&format!("{rules:?}"))
}
