//! Resolves the circuit of a site: a separate one, a registered one, or that of the first site of its name.

use super::conflict::CircuitConflict;
use super::list;
use super::registered::Registered;
use crate::circuit::site::{CircuitSite, SiteTarget};
use crate::linked::LINKED;

impl<C: SiteTarget> CircuitSite<C> {
    /// The circuit of a site that does not share it.
    #[inline]
    pub fn of_its_own(&'static self) -> &'static C {
        self.enter_into_list();
        self.circuit()
    }

    /// The circuit of a site that shares it by name.
    ///
    /// # Panics
    /// In debug builds, if another site of the name has a different configuration, or a circuit of the other kind.
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
        let (circuit, is_first) = home.settle();
        if let (Some(conflict), true) = (conflict, is_first) {
            circuit.announce_conflict(&conflict.to_string());
        }
        self.shared.get_or_init(|| circuit)
    }

    /// The circuit of this name, for its first site: the registered one, or its own. Returns whether it was not
    /// known before.
    fn settle(&'static self) -> (&'static C, bool) {
        // Set under the lock, so that a registration sees that the name is in use.
        let registered = Registered::lock();
        let circuit = registered.get(self.name()).and_then(C::of_registered).unwrap_or(self.circuit());
        (circuit, self.shared.set(circuit).is_ok())
    }

    #[inline]
    fn enter_into_list(&'static self) {
        if !LINKED {
            self.entered.get_or_init(|| list::enter(C::entry(self)));
        }
    }

    /// The site whose circuit all sites of this name use: the first one with a configuration, or else the first one.
    pub(super) fn home(&'static self) -> &'static Self {
        let order = |site: &&'static Self| (!site.configures(), site.place());
        self.namesakes().into_iter().min_by_key(order).unwrap_or(self)
    }

    /// Conflicts with sites of the same name that have another configuration.
    pub(super) fn conflicts(&'static self) -> impl Iterator<Item = CircuitConflict> {
        self.namesakes()
            .into_iter()
            .filter(|site| site.configures() && !site.circuit().means(self.circuit()))
            .map(|rival| CircuitConflict::of_configurations(self.name(), self.place(), rival.place()))
    }

    /// The conflict with the first site of the name that is of the other kind: one circuit, or one per key.
    /// The text is the same from both sites.
    pub(super) fn conflict_of_kinds(&'static self) -> Option<CircuitConflict> {
        if !self.shares() {
            return None;
        }
        let other = list::sharing::<C::Other>(self.name()).into_iter().next()?;
        let other = other.home().place();
        let (one, by_key) = if C::BY_KEY { (other, self.place()) } else { (self.place(), other) };
        Some(CircuitConflict::of_kinds(self.name(), one, by_key))
    }

    /// This site and those that share its name.
    fn namesakes(&'static self) -> Vec<&'static Self> {
        if self.shares() { list::sharing(self.name()) } else { vec![self] }
    }
}
