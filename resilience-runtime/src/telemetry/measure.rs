//! Measurements for metrics that no event carries.

use std::time::Duration;

use super::Site;
use crate::circuit::CircuitState;
use crate::listeners::Listeners;

/// A measured quantity has changed.
///
/// Gauges add up differences instead of taking values: circuits and executors of one name share a gauge, and differences may
/// come in any order.
#[cfg_attr(
    not(all(feature = "metrics", feature = "tokio")),
    expect(dead_code, reason = "metrics read it, and executors need tokio")
)]
pub(crate) enum Measure<'a> {
    /// A circuit, or a key of the set with this name, is counted in another state. `None`: it was not counted before, or is
    /// not counted any more.
    Circuit { name: &'a str, from: Option<CircuitState>, to: Option<CircuitState> },
    /// An executor has another number of jobs that wait for a result.
    Jobs { executor: &'static str, from: usize, to: usize },
    /// A call waits until an open circuit admits a probe. No attempt leads to this wait.
    Wait { site: Site, wait: Duration },
}

/// The listeners to measurements.
pub(crate) static METERS: Listeners<dyn for<'a> Fn(&Measure<'a>) + Send + Sync> = Listeners::new();
