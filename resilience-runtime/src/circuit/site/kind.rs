use super::{CircuitEntry, CircuitSite, KeyedSite};
use crate::circuit::rules::Rules;
use crate::circuit::{CircuitBreaker, KeyedCircuits};

/// What stands behind a site: one circuit, or one for each key.
pub trait SiteTarget: Sized + 'static {
    /// What a name must not stand for at the same time: what fails there would not be known here.
    type Other: SiteTarget;
    /// Whether there is one for each key.
    const BY_KEY: bool;

    /// The site's line of the list.
    fn entry(site: &'static CircuitSite<Self>) -> CircuitEntry;

    /// The site of a line, if it is one of this kind.
    fn site(entry: CircuitEntry) -> Option<&'static CircuitSite<Self>>;

    /// Both are configured so that they behave the same.
    fn means(&self, other: &Self) -> bool;

    /// An event, where nobody panics, with the conflict in words.
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

    fn means(&self, other: &Self) -> bool {
        self.agrees_with(other)
    }

    fn announce_conflict(&self, text: &str) {
        self.tell_of_conflict(text);
    }
}
