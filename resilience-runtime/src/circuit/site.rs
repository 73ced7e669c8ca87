mod kind;

use std::sync::OnceLock;

pub use self::kind::Kind;
use super::config::CircuitConfig;
use super::keyed::KeyedCircuits;
use super::registry::{self, CircuitConflict};
use super::{CircuitBreaker, Name};
use crate::error::or_panic;

/// A function under `#[circuit]`: one `static` beside its code, in the program's list before the first call.
///
/// `C` is what stands behind it: one circuit, or one for each key.
#[derive(Debug)]
pub struct CircuitSite<C: 'static = CircuitBreaker> {
    name: &'static str,
    identity: Identity,
    place: Place,
    /// Its own. Of the sites of one name, that of the first is everybody's.
    circuit: C,
    shared: OnceLock<&'static C>,
    /// Where the linker keeps no list, a site enters itself at its first call.
    entered: OnceLock<()>,
}

/// A function under `#[circuit(key = ..)]`.
pub type KeyedSite = CircuitSite<KeyedCircuits>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    /// Named by default: the circuit is this function's alone, whoever else has its path.
    Own,
    /// Named on purpose, and shared with every site of that name.
    Shared { configures: bool },
}

/// Where a site stands. Sites are ordered by it, the same in every build of one source.
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
    /// A circuit that is this site's alone, under the name of its function.
    #[must_use]
    pub const fn own(name: &'static str, config: CircuitConfig, place: Place) -> Self {
        Self::with(name, Identity::Own, config, place)
    }

    /// The circuit of this name. Without a configuration, that of the other sites.
    #[must_use]
    pub const fn named(name: &'static str, config: Option<CircuitConfig>, place: Place) -> Self {
        let identity = Identity::Shared { configures: config.is_some() };
        Self::with(name, identity, or_default(config), place)
    }

    const fn with(name: &'static str, identity: Identity, config: CircuitConfig, place: Place) -> Self {
        or_panic!(config.validate());
        Self::new(name, identity, CircuitBreaker::of(Name::Written(name), config), place)
    }
}

impl KeyedSite {
    /// Circuits that are this site's alone, under the name of its function.
    #[must_use]
    #[track_caller]
    pub const fn own_by_key(
        name: &'static str,
        config: CircuitConfig,
        max_keys: Option<u32>,
        place: Place,
    ) -> Self {
        let circuits = KeyedCircuits::new(name, config, or_default_max(max_keys));
        Self::new(name, Identity::Own, circuits, place)
    }

    /// The circuits of this name. Without a configuration and a bound, those of the other sites.
    #[must_use]
    #[track_caller]
    pub const fn named_by_key(
        name: &'static str,
        config: Option<CircuitConfig>,
        max_keys: Option<u32>,
        place: Place,
    ) -> Self {
        let identity = Identity::Shared { configures: config.is_some() || max_keys.is_some() };
        let circuits = KeyedCircuits::new(name, or_default(config), or_default_max(max_keys));
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
        Self { name, identity, place, circuit, shared: OnceLock::new(), entered: OnceLock::new() }
    }

    fn shares(&self) -> bool {
        self.identity != Identity::Own
    }

    fn configures(&self) -> bool {
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

    pub(super) const fn place(&self) -> Place {
        self.place
    }
}

impl<C: Kind> CircuitSite<C> {
    /// What a site shares with nobody.
    #[inline]
    pub fn of_its_own(&'static self) -> &'static C {
        self.enter_into_list();
        &self.circuit
    }

    /// What a site shares by name.
    ///
    /// # Panics
    /// In debug builds, if another site of the name configures it differently, or has circuits of the other kind.
    #[inline]
    pub fn of_its_name(&'static self) -> &'static C {
        match self.shared.get() {
            Some(circuit) => circuit,
            None => self.find(),
        }
    }

    #[cold]
    #[inline(never)]
    fn find(&'static self) -> &'static C {
        self.enter_into_list();
        let home = self.home();
        let conflict = home.conflicts().next().or_else(|| home.conflict_of_kinds());
        if let (Some(conflict), true) = (conflict, cfg!(debug_assertions)) {
            panic!("{conflict}");
        }
        // Told once, by whichever site comes first.
        if home.shared.set(&home.circuit).is_ok() {
            if let Some(conflict) = conflict {
                home.circuit.announce_conflict(&conflict.to_string());
            }
        }
        self.shared.get_or_init(|| &home.circuit)
    }

    #[inline]
    fn enter_into_list(&'static self) {
        if !registry::LINKED {
            self.entered.get_or_init(|| registry::enter(C::entry(self)));
        }
    }

    /// The site whose circuit everybody of this name uses: the first that configures it, or just the first.
    pub(super) fn home(&'static self) -> &'static Self {
        let order = |site: &&'static Self| (!site.configures(), site.place);
        self.namesakes().min_by_key(order).unwrap_or(self)
    }

    /// With the other sites of the name that configure it differently than this one.
    pub(super) fn conflicts(&'static self) -> impl Iterator<Item = CircuitConflict> {
        self.namesakes()
            .filter(|site| site.configures() && !site.circuit.means(&self.circuit))
            .map(|rival| CircuitConflict::of_configurations(self.name, self.place, rival.place))
    }

    /// With the first site of the name that has one circuit where this has one for each key, or the other way round.
    /// Both tell of it in the same words.
    pub(super) fn conflict_of_kinds(&'static self) -> Option<CircuitConflict> {
        let other = registry::sites::<C::Other>().find(|site| self.shares() && site.is_namesake(self))?;
        let other = other.home().place;
        let (one, by_key) = if C::BY_KEY { (other, self.place) } else { (self.place, other) };
        Some(CircuitConflict::of_kinds(self.name, one, by_key))
    }

    fn namesakes(&'static self) -> impl Iterator<Item = &'static Self> {
        registry::sites().filter(|site| self.is(site) || self.shares() && site.is_namesake(self))
    }

    fn is_namesake<D: 'static>(&self, other: &CircuitSite<D>) -> bool {
        self.shares() && self.name == other.name
    }
}
