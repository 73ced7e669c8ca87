//! The origin of a circuit, and what it shares with other circuits of that origin.

use std::fmt;
use std::sync::Arc;

use crate::event::CircuitEvent;
use crate::listeners::Listeners;

/// A listener for circuits.
pub(super) type OnEvent = dyn Fn(&CircuitEvent) + Send + Sync;

/// The origin of a circuit.
#[derive(Clone, Debug)]
pub(super) enum CircuitOrigin {
    /// The user's code.
    Hand,
    Attribute {
        file: &'static str,
        line: u32,
    },
    /// A set of keyed circuits.
    Set(Arc<Set>),
}

/// The data that all circuits of a set share.
pub(super) struct Set {
    pub(super) name: &'static str,
    /// File and line of the attribute that made the set.
    pub(super) place: Option<(&'static str, u32)>,
    pub(super) listeners: Listeners<OnEvent>,
}

impl CircuitOrigin {
    pub(super) fn set(&self) -> Option<&Set> {
        match self {
            Self::Set(set) => Some(set),
            Self::Hand | Self::Attribute { .. } => None,
        }
    }

    /// File and line of the attribute that made the circuit or its set.
    pub(super) fn place(&self) -> Option<(&'static str, u32)> {
        match self {
            Self::Hand => None,
            Self::Attribute { file, line } => Some((file, *line)),
            Self::Set(set) => set.place,
        }
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set").field("name", &self.name).field("place", &self.place).finish_non_exhaustive()
    }
}
