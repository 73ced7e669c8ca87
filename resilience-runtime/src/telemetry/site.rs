//! The sites of a program: one for each layer of an annotated function, and one for each call of a function form.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::stats::StatsCell;
use crate::linked::LINKED;
use crate::site_name::SiteName;

/// A place in the program that retries, polls or guards a call. Listed by [`sites`](super::sites).
///
/// Each attribute of a stack is a separate site. A function form (`retry(..)`, `poll(..)`) has one site for each
/// place in the source that calls it.
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

/// The kind of a [`Site`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SiteKind {
    /// `#[retry]`, or a retrying layer.
    Retry,
    /// `#[poll]`
    Poll,
    /// `#[asyncbackoff]`
    AsyncBackoff,
    /// `#[asyncretry]`
    AsyncRetry,
    /// `#[circuit]`, or a layer with a circuit.
    Circuit,
    /// A function form: `retry(..)`, `poll(..)`, or a policy's `execute`.
    Function,
}

impl SiteKind {
    /// The spelling in labels, files and JSON.
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

    /// The attribute, or `Function` for a function form.
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

/// Two sites are equal if they are the same place.
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
    /// The statistics of the policies that it is called with.
    pub(super) counters: OnceLock<&'static StatsCell>,
    watch: AtomicU32,
    /// The number of the policy that replaces that in the code. 0 for none.
    pub(super) exchanged: AtomicU32,
}

/// The reasons to observe a call, in [`SiteEntry::watch`].
pub(crate) mod watch {
    /// There is a listener for the events of all calls.
    pub(crate) const HEARD: u32 = 1;
    /// The site has statistics.
    pub(crate) const STATS: u32 = 1 << 1;
    /// Another policy replaces that in the code.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only the feature exchanges policies"))]
    pub(crate) const EXCHANGED: u32 = 1 << 2;
    /// Calls run in spans.
    pub(crate) const SPAN: u32 = 1 << 4;
    /// A test has opened a scope.
    #[cfg(feature = "testing")]
    pub(crate) const SCOPED: u32 = 1 << 3;
    /// The site is not in the list yet: the linker keeps none on this platform, or did not add this site.
    pub(crate) const UNLISTED: u32 = 1 << 31;
    /// The initial value for a site of an attribute, which the linker lists if it can.
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

    /// A site that the linker does not list. It is added to the list at its first call.
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

    /// With spans for its calls.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub const fn with_span(mut self) -> Self {
        let stats = if self.stats.is_some() { watch::STATS } else { 0 };
        self.watch = AtomicU32::new(watch::NEW | stats | watch::SPAN);
        self
    }

    /// Its name, for the policy of a layer.
    #[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
    pub(crate) const fn site_name(&self) -> SiteName {
        self.name
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name.get()
    }

    pub(crate) const fn stats(&self) -> Option<&'static StatsCell> {
        self.stats
    }

    /// Whether calls are observed. One load of a word that is only written when observers change.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        // Relaxed: a call that misses a change counts as one that began before it.
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
