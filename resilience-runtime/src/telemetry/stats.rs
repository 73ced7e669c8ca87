//! Counters of calls, for sites with `stats`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::SiteEntry;
use super::sites::all;
use super::{Brought, CallOutcome};

/// The counters of a name: see [`stats`].
///
/// ```
/// use resilience::{retry, telemetry};
///
/// #[retry(times = 2, interval = 0s, stats = "disk")]
/// fn read(path: &str) -> std::io::Result<Vec<u8>> {
///     std::fs::read(path)
/// }
///
/// assert!(read("Cargo.toml").is_ok());
/// assert!(read("no such file").is_err());
/// let disk = telemetry::stats("disk").unwrap();
/// assert_eq!((disk.calls(), disk.attempts(), disk.successes(), disk.errors()), (2, 3, 1, 2));
/// assert_eq!(disk.gave_up(), 1);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Stats {
    calls: u64,
    attempts: u64,
    successes: u64,
    errors: u64,
    timeouts: u64,
    cancelled: u64,
    gave_up: u64,
    #[cfg_attr(feature = "serde", serde(serialize_with = "seconds"))]
    time: Duration,
}

#[cfg(feature = "serde")]
fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

/// The sum of the counters of all sites with `stats = "name"`, since the program began. `None` if there is no such
/// site. Function forms and policies with [`stats`](crate::RetryPolicy::stats) are included from their first call on.
///
/// Every call counts, including those made by a [listener](super::listen). A running call has counted its failed
/// attempts. The call, and the attempt that ends it, are counted when it ends.
#[must_use]
pub fn stats(name: &str) -> Option<Stats> {
    let cells = all().flat_map(SiteEntry::counters).filter(|cell| cell.name == name);
    cells.map(StatsCell::read).reduce(Stats::plus)
}

impl Stats {
    /// Calls that have ended, with any outcome.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// Attempts that have ended, in any way: they succeeded, failed, were cut off, returned a value that a poll does
    /// not accept yet, panicked, or were dropped with the future of their call.
    ///
    /// A future that is dropped while it waits has no running attempt to count.
    #[must_use]
    pub const fn attempts(&self) -> u64 {
        self.attempts
    }

    /// Calls that succeeded.
    #[must_use]
    pub const fn successes(&self) -> u64 {
        self.successes
    }

    /// Attempts that failed. This includes those cut off by a time limit, but not those that panicked or were dropped
    /// with the future of their call.
    #[must_use]
    pub const fn errors(&self) -> u64 {
        self.errors
    }

    /// Attempts that were cut off by a time limit of the loop.
    #[must_use]
    pub const fn timeouts(&self) -> u64 {
        self.timeouts
    }

    /// Calls that ended by their `cancel` signal, or whose future was dropped after it was first polled.
    #[must_use]
    pub const fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Calls that returned the error of an attempt.
    #[must_use]
    pub const fn gave_up(&self) -> u64 {
        self.gave_up
    }

    /// The total duration of the calls, including waits.
    #[must_use]
    pub const fn time(&self) -> Duration {
        self.time
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            attempts: self.attempts + other.attempts,
            successes: self.successes + other.successes,
            errors: self.errors + other.errors,
            timeouts: self.timeouts + other.timeouts,
            cancelled: self.cancelled + other.cancelled,
            gave_up: self.gave_up + other.gave_up,
            time: self.time.saturating_add(other.time),
        }
    }
}

/// The counters of one site.
#[derive(Debug)]
pub struct StatsCell {
    name: &'static str,
    calls: AtomicU64,
    attempts: AtomicU64,
    successes: AtomicU64,
    errors: AtomicU64,
    timeouts: AtomicU64,
    cancelled: AtomicU64,
    gave_up: AtomicU64,
    nanos: AtomicU64,
    /// The counters of the same site under another name.
    next: OnceLock<&'static Self>,
}

impl StatsCell {
    /// All zero.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            calls: AtomicU64::new(0),
            attempts: AtomicU64::new(0),
            successes: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            timeouts: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            gave_up: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
            next: OnceLock::new(),
        }
    }

    /// Counts an attempt that did not succeed.
    pub(super) fn count_attempt(&self, brought: Brought) {
        add(&self.attempts, 1);
        add(&self.errors, u64::from(brought != Brought::NotYet));
        add(&self.timeouts, u64::from(brought == Brought::Cut));
    }

    /// Counts a call, with this number of attempts that were not counted yet.
    pub(super) fn count_call(&self, outcome: CallOutcome, attempts: u32, elapsed: Duration) {
        add(&self.calls, 1);
        add(&self.attempts, attempts.into());
        add(&self.successes, outcome.is_success().into());
        add(&self.cancelled, u64::from(outcome == CallOutcome::Cancelled));
        add(&self.gave_up, u64::from(matches!(outcome, CallOutcome::GaveUp(_))));
        // Overflows after 584 years.
        add(&self.nanos, u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(super) fn read(&self) -> Stats {
        // Relaxed: each counter is independent.
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            calls: read(&self.calls),
            attempts: read(&self.attempts),
            successes: read(&self.successes),
            errors: read(&self.errors),
            timeouts: read(&self.timeouts),
            cancelled: read(&self.cancelled),
            gave_up: read(&self.gave_up),
            time: Duration::from_nanos(read(&self.nanos)),
        }
    }
}

impl SiteEntry {
    /// The counters for calls whose policy has this name for its statistics. They live as long as the program.
    pub(super) fn counters_of(&'static self, name: &'static str) -> &'static StatsCell {
        let mut place = &self.counters;
        loop {
            let cell = *place.get_or_init(|| Box::leak(Box::new(StatsCell::new(name))));
            if cell.name == name {
                return cell;
            }
            place = &cell.next;
        }
    }

    /// All counters of the site: of the attribute, or of the policies that it was called with.
    pub(super) fn counters(&'static self) -> impl Iterator<Item = &'static StatsCell> {
        let of_policies = std::iter::successors(self.counters.get(), |cell| cell.next.get());
        self.stats().into_iter().chain(of_policies.copied())
    }
}

fn add(counter: &AtomicU64, more: u64) {
    if more > 0 {
        // Relaxed: as in `read`.
        counter.fetch_add(more, Ordering::Relaxed);
    }
}
