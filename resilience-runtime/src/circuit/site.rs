use std::sync::OnceLock;

use super::config::CircuitConfig;
use super::registry::{self, CircuitConflict, CircuitEntry};
use super::{CircuitBreaker, Name};
use crate::error::or_panic;
use crate::event::CircuitEventKind;

/// A function under `#[circuit]`: one `static` beside its code, in the program's list before the first call.
#[derive(Debug)]
pub struct CircuitSite {
    name: &'static str,
    identity: Identity,
    place: Place,
    /// Its own circuit. Of the sites of one name, that of the first is everybody's.
    breaker: CircuitBreaker,
    shared: OnceLock<&'static CircuitBreaker>,
    /// Where the linker keeps no list, a site enters itself at its first call.
    entered: OnceLock<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identity {
    /// Named by default: the circuit is this function's alone, whoever else has its path.
    Own,
    /// Named on purpose, and shared with every site of that name.
    Shared { config: Option<CircuitConfig> },
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
        Self::new(name, Identity::Own, config, place)
    }

    /// The circuit of this name. Without a configuration, that of the other sites.
    #[must_use]
    pub const fn named(name: &'static str, config: Option<CircuitConfig>, place: Place) -> Self {
        let own = match config {
            Some(config) => config,
            None => CircuitConfig::new(),
        };
        Self::new(name, Identity::Shared { config }, own, place)
    }

    const fn new(name: &'static str, identity: Identity, config: CircuitConfig, place: Place) -> Self {
        or_panic!(config.validate());
        let breaker = CircuitBreaker::of(Name::Written(name), config);
        Self { name, identity, place, breaker, shared: OnceLock::new(), entered: OnceLock::new() }
    }

    /// The circuit of a site that shares it with nobody.
    #[inline]
    pub fn of_its_own(&'static self) -> &'static CircuitBreaker {
        self.enter_into_list();
        &self.breaker
    }

    /// The circuit of a site that shares it by name.
    ///
    /// # Panics
    /// In debug builds, if another site of the name configures it differently.
    #[inline]
    pub fn of_its_name(&'static self) -> &'static CircuitBreaker {
        match self.shared.get() {
            Some(breaker) => breaker,
            None => self.find(),
        }
    }

    #[cold]
    #[inline(never)]
    fn find(&'static self) -> &'static CircuitBreaker {
        self.enter_into_list();
        let home = self.home();
        let rival = home.rivals().next();
        if let (Some(rival), true) = (rival, cfg!(debug_assertions)) {
            panic!("{}", CircuitConflict::between(home, rival));
        }
        // Told once, by whichever site comes first.
        if home.shared.set(&home.breaker).is_ok() && rival.is_some() {
            home.breaker.announce(CircuitEventKind::Conflict);
        }
        self.shared.get_or_init(|| &home.breaker)
    }

    #[inline]
    fn enter_into_list(&'static self) {
        if !registry::LINKED {
            self.entered.get_or_init(|| registry::enter(CircuitEntry::Site(self)));
        }
    }

    /// The site whose circuit everybody of this name uses: the first that configures it, or just the first.
    pub(super) fn home(&'static self) -> &'static Self {
        let order = |site: &&'static Self| (site.configured().is_none(), site.place);
        self.namesakes().min_by_key(order).unwrap_or(self)
    }

    /// The other sites of the name that configure it differently than this one.
    pub(super) fn rivals(&'static self) -> impl Iterator<Item = &'static Self> {
        let config = self.breaker.config();
        self.namesakes().filter(move |site| site.configured().is_some_and(|other| !other.means(&config)))
    }

    fn namesakes(&'static self) -> impl Iterator<Item = &'static Self> {
        registry::sites()
            .filter(|site| self.is(site) || self.shares() && site.shares() && site.name == self.name)
    }

    fn configured(&self) -> Option<CircuitConfig> {
        match self.identity {
            Identity::Own => None,
            Identity::Shared { config } => config,
        }
    }

    fn shares(&self) -> bool {
        self.identity != Identity::Own
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }

    pub(super) const fn breaker(&self) -> &CircuitBreaker {
        &self.breaker
    }

    pub(super) const fn name(&self) -> &'static str {
        self.name
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }
}
