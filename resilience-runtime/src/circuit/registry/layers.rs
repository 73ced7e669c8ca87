//! Keyed circuits of layers. Those that no attribute has are listed, and live as long as the program.

use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use super::list;
use crate::circuit::config::CircuitConfig;
use crate::circuit::keyed::KeyedCircuits;
use crate::circuit::site::Place;
use crate::circuit::{CircuitEntry, KeyedSite};

/// The keyed circuits of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LayerCircuits {
    pub(crate) name: &'static str,
    /// Shared with all attributes and layers of the name. Otherwise, they belong to the layer.
    pub(crate) is_shared: bool,
    /// Must be valid.
    pub(crate) config: CircuitConfig,
    pub(crate) location: &'static Location<'static>,
}

/// The sets of all layers. A layer that is built again is the same layer.
static KEYED: Mutex<Vec<(LayerCircuits, &'static KeyedSite)>> = Mutex::new(Vec::new());

impl LayerCircuits {
    /// The circuits of the attributes of the name, of a layer that was built before, or else new ones.
    pub(crate) fn find(self) -> &'static KeyedCircuits {
        if self.is_shared {
            if let Some(site) = list::sharing::<KeyedCircuits>(self.name).into_iter().next() {
                return self.checked(site.of_its_name());
            }
        }
        let known = self.get_or_add();
        self.checked(known.circuit())
    }

    fn get_or_add(self) -> &'static KeyedSite {
        let mut all = KEYED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, site)) = all.iter().find(|(known, _)| self.is_same(known)) {
            return site;
        }
        let Self { name, is_shared, config, location } = self;
        let place = Place::new("", location.file(), location.line(), location.column());
        let site = Box::leak(Box::new(if is_shared {
            KeyedSite::named_by_key(name, Some(config), None, place)
        } else {
            KeyedSite::own_by_key(name, config, None, place)
        }));
        all.push((self, site));
        list::enter(CircuitEntry::Keyed(site));
        site
    }

    fn is_same(&self, known: &Self) -> bool {
        let is_own = || self.location == known.location && self.config == known.config;
        self.name == known.name && self.is_shared == known.is_shared && (self.is_shared || is_own())
    }

    /// Reports a different configuration, which is not used, as an event.
    fn checked(self, found: &'static KeyedCircuits) -> &'static KeyedCircuits {
        if !found.is_configured_as(&self.config) {
            let (name, location) = (self.name, self.location);
            let text = format!(
                "the layer at {location} configures the circuits {name:?}, which have another configuration"
            );
            found.tell_of_conflict(&text);
        }
        found
    }
}
