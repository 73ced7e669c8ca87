//! Which circuit a site stands for: its own, or that of the first site of its name.

use super::conflict::CircuitConflict;
use super::list;
use crate::circuit::site::{CircuitSite, SiteTarget};
use crate::linked::LINKED;

impl<C: SiteTarget> CircuitSite<C> {
    /// The circuit of a site that shares it with no other.
    #[inline]
    pub fn of_its_own(&'static self) -> &'static C {
        self.enter_into_list();
        self.circuit()
    }

    /// The circuit of a site that shares it by name.
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
        // Announced once, by whichever site comes first.
        if home.shared.set(home.circuit()).is_ok() {
            if let Some(conflict) = conflict {
                home.circuit().announce_conflict(&conflict.to_string());
            }
        }
        self.shared.get_or_init(|| home.circuit())
    }

    #[inline]
    fn enter_into_list(&'static self) {
        if !LINKED {
            self.entered.get_or_init(|| list::enter(C::entry(self)));
        }
    }

    /// The site whose circuit all sites of this name use: the first that configures it, or just the first.
    pub(super) fn home(&'static self) -> &'static Self {
        let order = |site: &&'static Self| (!site.configures(), site.place());
        self.namesakes().into_iter().min_by_key(order).unwrap_or(self)
    }

    /// With the other sites of the name that configure it differently than this one.
    pub(super) fn conflicts(&'static self) -> impl Iterator<Item = CircuitConflict> {
        self.namesakes()
            .into_iter()
            .filter(|site| site.configures() && !site.circuit().means(self.circuit()))
            .map(|rival| CircuitConflict::of_configurations(self.name(), self.place(), rival.place()))
    }

    /// With the first site of the name that has one circuit where this has one for each key, or the other way round.
    /// Both report it in the same words.
    pub(super) fn conflict_of_kinds(&'static self) -> Option<CircuitConflict> {
        if !self.shares() {
            return None;
        }
        let other = list::sharing::<C::Other>(self.name()).into_iter().next()?;
        let other = other.home().place();
        let (one, by_key) = if C::BY_KEY { (other, self.place()) } else { (self.place(), other) };
        Some(CircuitConflict::of_kinds(self.name(), one, by_key))
    }

    /// This site, and those that share its name.
    fn namesakes(&'static self) -> Vec<&'static Self> {
        if self.shares() { list::sharing(self.name()) } else { vec![self] }
    }
}
