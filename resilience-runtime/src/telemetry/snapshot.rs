//! A snapshot of all circuits and sites.

use super::{Site, Stats, StatsCell, sites};
use crate::circuit::{CircuitSnapshot, circuits};

/// The circuits and sites of the program, as returned by [`snapshot`].
///
/// With the feature `serde` it implements `Serialize`: a map with `circuits`, in the format of [`CircuitSnapshot`],
/// and `sites`. A site is a map with `name`, `kind`, `file`, `line` and `stats`. `stats` is a map with the names of
/// the methods of [`Stats`], or null; its `time` is a number of seconds.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Snapshot {
    circuits: Vec<CircuitSnapshot>,
    sites: Vec<SiteSnapshot>,
}

/// A site, with a snapshot of its statistics.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SiteSnapshot {
    #[cfg_attr(feature = "serde", serde(flatten))]
    site: Site,
    stats: Option<Stats>,
}

/// Reads every circuit that an attribute created, as listed by [`circuits`], and all [`sites`].
///
/// Each circuit is read consistently, but not all circuits at the same time.
///
/// ```
/// use resilience::{retry, telemetry};
///
/// #[retry(times = 2, interval = 0s, name = "files", stats = "files")]
/// fn read(path: &str) -> std::io::Result<Vec<u8>> {
///     std::fs::read(path)
/// }
///
/// assert!(read("Cargo.toml").is_ok());
/// let now = telemetry::snapshot();
/// let files = now.sites().iter().find(|site| site.site().name() == "files").unwrap();
/// assert_eq!(files.stats().unwrap().calls(), 1);
/// ```
///
/// [`circuits`]: crate::circuits()
#[must_use]
pub fn snapshot() -> Snapshot {
    let sites = sites()
        .map(|site| SiteSnapshot { site, stats: site.0.counters().map(StatsCell::read).reduce(Stats::plus) });
    Snapshot {
        circuits: circuits().iter().map(|circuit| circuit.snapshot()).collect(),
        sites: sites.collect(),
    }
}

impl Snapshot {
    /// The circuits, by name.
    #[must_use]
    pub fn circuits(&self) -> &[CircuitSnapshot] {
        &self.circuits
    }

    /// The sites, by name.
    #[must_use]
    pub fn sites(&self) -> &[SiteSnapshot] {
        &self.sites
    }
}

impl SiteSnapshot {
    /// The site.
    #[must_use]
    pub const fn site(&self) -> Site {
        self.site
    }

    /// The statistics of the site, if it has `stats = ".."`.
    #[must_use]
    pub const fn stats(&self) -> Option<Stats> {
        self.stats
    }
}
