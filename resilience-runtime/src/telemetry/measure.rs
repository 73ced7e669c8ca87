//! Measurements for metrics that are not part of an event.

use std::time::Duration;

use super::Site;
use crate::circuit::CircuitState;
use crate::listeners::Listeners;

/// A change of a measured quantity.
///
/// Gauges add differences instead of setting values: circuits and executors of one name share a gauge, and
/// differences may arrive in any order.
#[cfg_attr(
    not(all(feature = "metrics", feature = "tokio")),
    expect(dead_code, reason = "metrics read it, and executors need tokio")
)]
pub(crate) enum Measure<'a> {
    /// A circuit, or a key of the set with this name, has changed the state under which it is counted. `None`: it was
    /// not counted before, or is no longer counted.
    Circuit { name: &'a str, from: Option<CircuitState>, to: Option<CircuitState> },
    /// The number of jobs that wait for a result has changed in an executor.
    Jobs { executor: &'static str, from: usize, to: usize },
    /// A call waits until an open circuit admits a probe. This wait does not follow an attempt.
    Wait { site: Site, wait: Duration },
}

/// Listeners for measurements.
pub(crate) static METERS: Listeners<dyn for<'a> Fn(&Measure<'a>) + Send + Sync> = Listeners::new();
