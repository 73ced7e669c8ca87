mod kind;

use std::sync::OnceLock;

pub use self::kind::SiteTarget;
use super::config::CircuitConfig;
use super::keyed::KeyedCircuits;
use super::origin::CircuitOrigin;
use super::{CircuitBreaker, Name};
use crate::error::or_panic;
use crate::site_name::SiteName;
use crate::telemetry::{SiteEntry, SiteKind};

/// A function under `#[circuit]`: a `static` that is in the program's list before the first call.
///
/// `C` is its target: one circuit, or one per key.
#[derive(Debug)]
pub struct CircuitSite<C: 'static = CircuitBreaker> {
    name: &'static str,
    entry: SiteEntry,
    identity: Identity,
    place: Place,
    /// This site's circuit. Sites that share a name use the circuit of the first of them.
    circuit: C,
    pub(super) shared: OnceLock<&'static C>,
    /// If the linker keeps no list, a site registers itself at its first call.
    pub(super) entered: OnceLock<()>,
}

/// A function under `#[circuit(key = ..)]`.
pub type KeyedSite = CircuitSite<KeyedCircuits>;

/// An entry in the program's list of sites.
#[derive(Clone, Copy, Debug)]
pub enum CircuitEntry {
    /// One circuit.
    Site(&'static CircuitSite),
    /// One circuit per key.
    Keyed(&'static KeyedSite),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    /// Named by default. The circuit belongs to this function, even if another function has the same path.
    Own,
    /// Named explicitly, and shared with every site of that name.
    Shared { configures: bool },
}

/// The place of a site in the source. It orders sites, the same way in every build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    module: &'static str,
    line: u32,
    column: u32,
    file: &'static str,
}

impl Place {
    /// From `module_path!()`, `file!()`, `line!()` and `column!()`.
    #[must_use]
    pub const fn new(module: &'static str, file: &'static str, line: u32, column: u32) -> Self {
        Self { module, line, column, file }
    }

    pub(super) const fn file_and_line(&self) -> (&'static str, u32) {
        (self.file, self.line)
    }
}

impl CircuitSite {
    /// A circuit for this site only, named after its function.
    #[must_use]
    pub const fn own(name: &'static str, config: CircuitConfig, place: Place) -> Self {
        Self::with(name, Identity::Own, config, place)
    }

    /// The circuit of this name. Without a configuration, it is that of the other sites.
    #[must_use]
    pub const fn named(name: &'static str, config: Option<CircuitConfig>, place: Place) -> Self {
        let identity = Identity::Shared { configures: config.is_some() };
        Self::with(name, identity, or_default(config), place)
    }

    const fn with(name: &'static str, identity: Identity, config: CircuitConfig, place: Place) -> Self {
        or_panic!(config.validate());
        let (file, line) = place.file_and_line();
        let circuit =
            CircuitBreaker::of(Name::Written(name), config, CircuitOrigin::Attribute { file, line });
        Self::new(name, identity, circuit, place)
    }
}

impl KeyedSite {
    /// Circuits for this site only, named after its function.
    #[must_use]
    #[track_caller]
    pub const fn own_by_key(
        name: &'static str,
        config: CircuitConfig,
        max_keys: Option<u32>,
        place: Place,
    ) -> Self {
        let circuits = KeyedCircuits::of(name, config, or_default_max(max_keys), Some(place.file_and_line()));
        Self::new(name, Identity::Own, circuits, place)
    }

    /// The circuits of this name. Without a configuration and a bound, they are those of the other sites.
    #[must_use]
    #[track_caller]
    pub const fn named_by_key(
        name: &'static str,
        config: Option<CircuitConfig>,
        max_keys: Option<u32>,
        place: Place,
    ) -> Self {
        let identity = Identity::Shared { configures: config.is_some() || max_keys.is_some() };
        let place_of_set = Some(place.file_and_line());
        let circuits = KeyedCircuits::of(name, or_default(config), or_default_max(max_keys), place_of_set);
        Self::new(name, identity, circuits, place)
    }
}

const fn or_default(config: Option<CircuitConfig>) -> CircuitConfig {
    match config {
        Some(config) => config,
        None => CircuitConfig::new(),
    }
}

const fn or_default_max(max_keys: Option<u32>) -> u32 {
    match max_keys {
        Some(most) => most,
        None => KeyedCircuits::DEFAULT_MAX_KEYS,
    }
}

impl<C: 'static> CircuitSite<C> {
    const fn new(name: &'static str, identity: Identity, circuit: C, place: Place) -> Self {
        let Place { file, line, .. } = place;
        let entry = SiteEntry::new(SiteKind::Circuit, SiteName::Given(name), file, line);
        Self { name, entry, identity, place, circuit, shared: OnceLock::new(), entered: OnceLock::new() }
    }

    pub(super) fn shares(&self) -> bool {
        self.identity != Identity::Own
    }

    pub(super) fn configures(&self) -> bool {
        self.identity == Identity::Shared { configures: true }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    pub(super) const fn circuit(&self) -> &C {
        &self.circuit
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    /// Its entry in the list of telemetry.
    #[must_use]
    pub const fn entry(&self) -> &SiteEntry {
        &self.entry
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }
}
