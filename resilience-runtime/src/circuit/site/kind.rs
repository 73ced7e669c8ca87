use super::{CircuitEntry, CircuitSite, KeyedSite};
use crate::circuit::rules::Rules;
use crate::circuit::{CircuitBreaker, KeyedCircuits};

/// The target of a site: one circuit, or one per key.
pub trait SiteTarget: Sized + 'static {
    /// The other kind, which must not have the same name: it would not see this kind's failures.
    type Other: SiteTarget;
    /// Whether there is one circuit per key.
    const BY_KEY: bool;

    /// The site's entry in the list.
    fn entry(site: &'static CircuitSite<Self>) -> CircuitEntry;

    /// The site of an entry, if it is of this kind.
    fn site(entry: CircuitEntry) -> Option<&'static CircuitSite<Self>>;

    /// A registered circuit as a target of this kind.
    fn of_registered(circuit: &'static CircuitBreaker) -> Option<&'static Self>;

    /// Whether both have configurations with the same behaviour.
    fn means(&self, other: &Self) -> bool;

    /// Reports the conflict as an event, in builds that do not panic.
    fn announce_conflict(&self, text: &str);
}

impl SiteTarget for CircuitBreaker {
    type Other = KeyedCircuits;
    const BY_KEY: bool = false;

    fn entry(site: &'static CircuitSite) -> CircuitEntry {
        CircuitEntry::Site(site)
    }

    fn site(entry: CircuitEntry) -> Option<&'static CircuitSite> {
        match entry {
            CircuitEntry::Site(site) => Some(site),
            CircuitEntry::Keyed(_) => None,
        }
    }

    fn of_registered(circuit: &'static CircuitBreaker) -> Option<&'static Self> {
        Some(circuit)
    }

    fn means(&self, other: &Self) -> bool {
        Rules::of(&self.config()) == Rules::of(&other.config())
    }

    fn announce_conflict(&self, text: &str) {
        self.tell_of_conflict(text);
    }
}

impl SiteTarget for KeyedCircuits {
    type Other = CircuitBreaker;
    const BY_KEY: bool = true;

    fn entry(site: &'static KeyedSite) -> CircuitEntry {
        CircuitEntry::Keyed(site)
    }

    fn site(entry: CircuitEntry) -> Option<&'static KeyedSite> {
        match entry {
            CircuitEntry::Keyed(site) => Some(site),
            CircuitEntry::Site(_) => None,
        }
    }

    /// There are no registered sets.
    fn of_registered(_: &'static CircuitBreaker) -> Option<&'static Self> {
        None
    }

    fn means(&self, other: &Self) -> bool {
        self.agrees_with(other)
    }

    fn announce_conflict(&self, text: &str) {
        self.tell_of_conflict(text);
    }
}
