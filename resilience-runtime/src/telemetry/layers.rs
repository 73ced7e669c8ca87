//! The sites of layers, which are added to the list when the layer is built.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use super::{SiteEntry, SiteKind, sites};
use crate::site_name::{SiteName, place};

/// A layer: the place of its constructor in the source, its name, and its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LayerSite {
    pub(crate) location: &'static Location<'static>,
    pub(crate) name: Option<&'static str>,
    pub(crate) kind: SiteKind,
}

/// The sites of all layers. A layer that is built again, for example for each client, is the same site.
static ALL: Mutex<Option<HashMap<LayerSite, &'static SiteEntry>>> = Mutex::new(None);

impl LayerSite {
    /// The entry of the layer, which is created when it is first built.
    pub(crate) fn entry(self) -> &'static SiteEntry {
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_or_insert_default().entry(self).or_insert_with(|| {
            let entry =
                SiteEntry::unlisted(self.kind, self.site_name(), self.location.file(), self.location.line());
            let entry = Box::leak(Box::new(entry));
            sites::enter(entry);
            entry
        })
    }

    fn site_name(self) -> SiteName {
        self.name.map_or_else(|| SiteName::Place(place(self.location).leak()), SiteName::Given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_is_built_twice_is_one_site() {
        let location = Location::caller();
        let site = |name| LayerSite { location, name, kind: SiteKind::Retry };
        let entry = site(Some("a layer")).entry();
        assert!(std::ptr::eq(entry, site(Some("a layer")).entry()));
        assert!(!std::ptr::eq(entry, site(None).entry()));
        assert!(site(None).entry().name().contains("layers.rs:"));
        assert_eq!(sites::all().filter(|entry| entry.name() == "a layer").count(), 1);
    }
}
