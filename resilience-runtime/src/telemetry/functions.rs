//! The sites of function forms, which are added to the list at their first call.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::{SiteEntry, SiteKind, sites};
use crate::attempts::{PolicyKind, PolicyOverride};
use crate::site_name::{SiteName, place};

/// A function form: the place of the call in the source, its name, and the kind of its policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FunctionForm {
    pub(crate) kind: PolicyKind,
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

/// Every form that was called, and the overrides for forms.
static ALL: Mutex<Forms> = Mutex::new(Forms {
    called: None,
    #[cfg(feature = "serde")]
    layers: Vec::new(),
    overrides: Vec::new(),
});

struct Forms {
    /// By place and name. Entries live as long as the program, and there is one for each place in the source.
    called: Option<HashMap<FormKey, CalledForm>>,
    /// Layers with a name, which follow overrides as forms do.
    #[cfg(feature = "serde")]
    layers: Vec<CalledForm>,
    /// Overrides by name, also of forms that were not called yet.
    overrides: Vec<FormOverride>,
}

/// A function form that was called.
#[derive(Clone, Copy)]
pub(crate) struct CalledForm {
    pub(crate) entry: &'static SiteEntry,
    pub(crate) kind: PolicyKind,
}

/// The override of the function forms with a name.
#[cfg_attr(not(feature = "serde"), allow(dead_code, reason = "only the feature has overrides by name"))]
pub(crate) struct FormOverride {
    pub(crate) name: FormName,
    pub(crate) by: PolicyOverride,
}

/// The name in an override.
#[cfg_attr(not(feature = "serde"), allow(dead_code, reason = "only the feature has overrides by name"))]
pub(crate) enum FormName {
    Exact(String),
    /// As in an environment variable, with the function that folds a name.
    Folded(String, fn(&str) -> String),
}

impl FormName {
    fn is(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Folded(folded, fold) => *folded == fold(name),
        }
    }
}

type FormKey = (&'static Location<'static>, Option<&'static str>);

fn lock() -> MutexGuard<'static, Forms> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl CalledForm {
    /// Applies the override for this name, or that in the code.
    fn follow(self, overrides: &[FormOverride]) {
        let name = self.entry.name();
        match overrides.iter().find(|FormOverride { name: form, by }| by.kind == self.kind && form.is(name)) {
            Some(FormOverride { by, .. }) => _ = self.entry.exchange(by.clone()),
            None => self.entry.revert(),
        }
    }
}

impl Forms {
    /// The forms and layers with a name.
    #[cfg(feature = "serde")]
    fn named(&self) -> impl Iterator<Item = CalledForm> {
        let called = self.called.iter().flat_map(HashMap::values).chain(&self.layers);
        called.filter(|form| form.entry.name.is_given()).copied()
    }
}

/// The forms with a name that were called, and the layers with a name that were built.
#[cfg(feature = "serde")]
pub(crate) fn named_forms() -> Vec<CalledForm> {
    lock().named().collect()
}

/// Replaces all overrides of forms. Forms that are called for the first time later follow them as well.
#[cfg(feature = "serde")]
pub(crate) fn override_forms(overrides: Vec<FormOverride>) {
    let mut forms = lock();
    forms.overrides = overrides;
    for form in forms.named() {
        form.follow(&forms.overrides);
    }
}

/// A layer with a name was built.
#[cfg(all(feature = "serde", any(feature = "tower", feature = "reqwest-middleware")))]
pub(super) fn enter_layer(entry: &'static SiteEntry) {
    let mut forms = lock();
    let layer = CalledForm { entry, kind: PolicyKind::Retry };
    forms.layers.push(layer);
    layer.follow(&forms.overrides);
}

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
        let Self { location, name, kind } = self;
        let Forms { called, overrides, .. } = &mut *lock();
        let form =
            called.get_or_insert_default().entry((location, self.explicit_name())).or_insert_with(|| {
                // A helper may call the form for different operations, so a path would be wrong.
                let name = if name.is_given() { name } else { SiteName::Place(place(location).leak()) };
                let entry = SiteEntry::unlisted(SiteKind::Function, name, location.file(), location.line());
                let entry = Box::leak(Box::new(entry));
                sites::enter(entry);
                let form = CalledForm { entry, kind };
                if !overrides.is_empty() && name.is_given() {
                    form.follow(overrides);
                }
                form
            });
        form.entry
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
        let form = FunctionForm { kind: PolicyKind::Retry, location, name: SiteName::Given("one") };
        let entry = form.entry();
        assert!(std::ptr::eq(entry, form.entry()));
        let other = FunctionForm { kind: PolicyKind::Retry, location, name: SiteName::Given("other") };
        assert!(!std::ptr::eq(entry, other.entry()));
        assert!(std::ptr::eq(entry, form.entry()), "two names at one place do not disturb each other");
        assert_eq!(sites::all().filter(|entry| entry.name() == "one").count(), 1);
    }
}
