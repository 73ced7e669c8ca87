//! The sites of a program: one for each layer of an annotated function, and one for each call of a function form.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::stats::StatsCell;
use crate::linked::LINKED;
use crate::site_name::SiteName;

/// A place in the program that retries, polls, or guards a call: [`sites`](super::sites) lists them.
///
/// A stack of attributes has one for each attribute. A function form (`retry(..)`, `poll(..)`) has one for each place in the
/// source that calls it.
///
/// ```
/// #[resilience::retry(name = "db.query")]
/// fn query() -> Result<u32, std::io::Error> {
///     Ok(1)
/// }
///
/// let site = resilience::telemetry::sites().find(|site| site.name() == "db.query").unwrap();
/// assert_eq!(site.kind(), resilience::telemetry::SiteKind::Retry);
/// assert!(site.file().ends_with(".rs") && site.line() > 0);
/// ```
#[derive(Clone, Copy)]
pub struct Site(pub(crate) &'static SiteEntry);

/// What a [`Site`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SiteKind {
    /// `#[retry]`
    Retry,
    /// `#[poll]`
    Poll,
    /// `#[asyncbackoff]`
    AsyncBackoff,
    /// `#[asyncretry]`
    AsyncRetry,
    /// `#[circuit]`
    Circuit,
    /// A function form: `retry(..)`, `poll(..)`, or a policy's `execute`.
    Function,
}

impl SiteKind {
    /// How it is spelt in labels, in files and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Poll => "poll",
            Self::AsyncBackoff => "asyncbackoff",
            Self::AsyncRetry => "asyncretry",
            Self::Circuit => "circuit",
            Self::Function => "function",
        }
    }
}

impl fmt::Display for SiteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Site {
    /// Its `name = ".."`, or the path of the function.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The attribute, or that it is a function form.
    #[must_use]
    pub fn kind(self) -> SiteKind {
        self.0.kind
    }

    /// The source file, as `file!()` spells it.
    #[must_use]
    pub fn file(self) -> &'static str {
        self.0.file
    }

    /// The line in [`file`](Self::file).
    #[must_use]
    pub fn line(self) -> u32 {
        self.0.line
    }
}

/// Two are equal if they are the same place.
impl PartialEq for Site {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Site {}

impl std::hash::Hash for Site {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Site {
    /// A map with `name`, `kind`, `file` and `line`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mut site = serializer.serialize_struct("Site", 4)?;
        site.serialize_field("name", self.name())?;
        site.serialize_field("kind", self.kind().as_str())?;
        site.serialize_field("file", self.file())?;
        site.serialize_field("line", &self.line())?;
        site.end()
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SiteEntry { name, kind, file, line, .. } = self.0;
        write!(f, "Site({kind} `{}` at {file}:{line})", name.get())
    }
}

/// The `static` behind a [`Site`], as the attributes write it.
#[derive(Debug)]
pub struct SiteEntry {
    pub(super) name: SiteName,
    file: &'static str,
    line: u32,
    pub(super) kind: SiteKind,
    /// Its statistics.
    stats: Option<&'static StatsCell>,
    /// Those of the policies that it is called with.
    pub(super) counters: OnceLock<&'static StatsCell>,
    watch: AtomicU32,
    /// The number of the policy that calls follow in place of that in the code; 0 for none.
    pub(super) exchanged: AtomicU32,
}

/// Why a call is observed, in [`SiteEntry::watch`].
pub(crate) mod watch {
    /// Somebody listens to the events of all calls.
    pub(crate) const HEARD: u32 = 1;
    /// The site has statistics.
    pub(crate) const STATS: u32 = 1 << 1;
    /// Calls follow another policy than that in the code.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only the feature exchanges policies"))]
    pub(crate) const EXCHANGED: u32 = 1 << 2;
    /// Calls run in spans.
    pub(crate) const SPAN: u32 = 1 << 4;
    /// A test has injected a fault.
    #[cfg(feature = "testing")]
    pub(crate) const FAULTY: u32 = 1 << 3;
    /// The site is not in the list yet: the linker keeps none on this platform, or did not write this one.
    pub(crate) const UNLISTED: u32 = 1 << 31;
    /// Of a site that the linker lists, if it does.
    pub(super) const NEW: u32 = if super::LINKED { 0 } else { UNLISTED };
}

impl SiteEntry {
    /// From `file!()` and `line!()`.
    #[must_use]
    pub const fn new(kind: SiteKind, name: SiteName, file: &'static str, line: u32) -> Self {
        let watch = AtomicU32::new(watch::NEW);
        Self {
            name,
            file,
            line,
            kind,
            stats: None,
            counters: OnceLock::new(),
            watch,
            exchanged: AtomicU32::new(0),
        }
    }

    /// One that the linker does not list: it enters the list at its first call.
    pub(crate) const fn unlisted(kind: SiteKind, name: SiteName, file: &'static str, line: u32) -> Self {
        let mut entry = Self::new(kind, name, file, line);
        entry.watch = AtomicU32::new(watch::UNLISTED);
        entry
    }

    /// With statistics: see [`stats`](super::stats()).
    #[must_use]
    pub const fn with_stats(mut self, stats: &'static StatsCell) -> Self {
        self.stats = Some(stats);
        self.watch = AtomicU32::new(watch::NEW | watch::STATS);
        self
    }

    /// Whose calls run in spans.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub const fn with_span(mut self) -> Self {
        let stats = if self.stats.is_some() { watch::STATS } else { 0 };
        self.watch = AtomicU32::new(watch::NEW | stats | watch::SPAN);
        self
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name.get()
    }

    pub(crate) const fn stats(&self) -> Option<&'static StatsCell> {
        self.stats
    }

    /// Whether there is more to a call than the call. One load of a word that nothing writes while nobody listens.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        // Relaxed: a call that misses the change for a moment is one that began before it.
        self.watch.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn watches(&self, reason: u32) -> bool {
        // Relaxed: as in `is_watched`.
        self.watch.load(Ordering::Relaxed) & reason != 0
    }

    pub(super) fn watch(&self, reason: u32, on: bool) {
        // Relaxed: as in `is_watched`.
        if on {
            self.watch.fetch_or(reason, Ordering::Relaxed);
        } else {
            self.watch.fetch_and(!reason, Ordering::Relaxed);
        }
    }
}
