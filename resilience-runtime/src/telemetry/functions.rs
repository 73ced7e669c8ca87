//! The sites of function forms, which are added to the list at their first call.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::{SiteEntry, SiteKind, sites};
use crate::site_name::{SiteName, place};

/// A function form: the place of the call in the source, and its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionForm {
    pub(crate) location: &'static Location<'static>,
    pub(crate) name: SiteName,
}

struct Known {
    form: FunctionForm,
    entry: &'static SiteEntry,
}

const PLACES: usize = 512;

/// The number of adjacent places that may hold a form.
const PROBES: usize = 4;

/// Forms that were called before, so that a call takes no lock. Forms without a place here are looked up in [`ALL`].
static PLACED: [OnceLock<Known>; PLACES] = [const { OnceLock::new() }; PLACES];

/// Every form that was called, by its place and its name. Entries live as long as the program, and there is one for
/// each place in the source.
static ALL: Mutex<Option<HashMap<FormKey, &'static SiteEntry>>> = Mutex::new(None);

type FormKey = (&'static Location<'static>, Option<&'static str>);

impl FunctionForm {
    /// The site of the form.
    #[inline]
    pub(crate) fn entry(self) -> &'static SiteEntry {
        match PLACED[self.place()].get() {
            Some(known) if known.is(self) => known.entry,
            _ => self.find(),
        }
    }

    fn place(self) -> usize {
        let address = std::ptr::from_ref(self.location).addr();
        // Locations are adjacent, and a few words in size.
        (address / 8) % PLACES
    }

    #[cold]
    #[inline(never)]
    fn find(self) -> &'static SiteEntry {
        for probe in 0..PROBES {
            let place = &PLACED[(self.place() + probe) % PLACES];
            let known = place.get_or_init(|| Known { form: self, entry: self.enter() });
            if known.is(self) {
                return known.entry;
            }
        }
        self.enter()
    }

    /// The entry of the form, which is created at the first call.
    fn enter(self) -> &'static SiteEntry {
        let Self { location, name } = self;
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_or_insert_default().entry((location, self.explicit_name())).or_insert_with(|| {
            // A helper may call the form for different operations, so a path would be wrong.
            let name = if name.is_given() { name } else { SiteName::Place(place(location).leak()) };
            let entry = SiteEntry::unlisted(SiteKind::Function, name, location.file(), location.line());
            let entry = Box::leak(Box::new(entry));
            sites::enter(entry);
            entry
        })
    }

    const fn explicit_name(self) -> Option<&'static str> {
        match self.name {
            SiteName::Given(name) => Some(name),
            _ => None,
        }
    }
}

impl Known {
    /// Whether it is the same form, by address. One place has several addresses if it is compiled more than once.
    fn is(&self, form: FunctionForm) -> bool {
        let same_name = match (self.form.explicit_name(), form.explicit_name()) {
            (Some(name), Some(other)) => std::ptr::eq(name, other),
            (None, None) => true,
            _ => false,
        };
        std::ptr::eq(self.form.location, form.location) && same_name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_with_a_name_is_one_site_in_every_call() {
        let location = Location::caller();
        let form = FunctionForm { location, name: SiteName::Given("one") };
        let entry = form.entry();
        assert!(std::ptr::eq(entry, form.entry()));
        let other = FunctionForm { location, name: SiteName::Given("other") };
        assert!(!std::ptr::eq(entry, other.entry()));
        assert!(std::ptr::eq(entry, form.entry()), "two names at one place do not disturb each other");
        assert_eq!(sites::all().filter(|entry| entry.name() == "one").count(), 1);
    }
}
