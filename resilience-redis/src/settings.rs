//! What a fleet was configured with, as far as its task needs it.

use std::time::Duration;

use resilience::breaker::CircuitRef;
use resilience::circuit_store::Sharing;

/// What the task needs of the builder.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) selection: Selection,
    pub(crate) command_timeout: Duration,
    pub(crate) max_staleness: Duration,
}

/// Which circuits of the program are shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) by_name: Vec<(String, Sharing)>,
    pub(crate) all: Option<Sharing>,
}

impl Selection {
    pub(crate) const fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.all.is_none()
    }

    /// How a circuit of the program is shared, if it is. A keyed circuit is only shared by name: its own, or that of
    /// its set.
    pub(crate) fn of(&self, circuit: &CircuitRef) -> Option<Sharing> {
        let is_named = |name: &str| name == circuit.name() || Some(name) == circuit.set();
        let named = self.by_name.iter().rev().find(|(name, _)| is_named(name)).map(|(_, sharing)| *sharing);
        named.or(self.all.filter(|_| circuit.set().is_none()))
    }
}
