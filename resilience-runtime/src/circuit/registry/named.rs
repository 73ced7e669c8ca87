//! The circuits that settings from outside can name.

use std::sync::OnceLock;

use super::registered::Registered;
use super::view::homes;
use crate::circuit::overriding::CircuitOverride;
use crate::circuit::{CircuitBreaker, CircuitConfig, CircuitState, KeyedCircuits};

/// A circuit whose attribute has a `name`, or that was registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NamedCircuit {
    pub(crate) name: &'static str,
    /// File and line. A registered circuit has none.
    pub(crate) place: Option<(&'static str, u32)>,
    target: Named,
}

#[derive(Clone, Copy, Debug)]
enum Named {
    One(&'static CircuitBreaker),
    Keyed(&'static KeyedCircuits),
}

/// Applies the settings in force to a circuit that was registered.
static FOLLOW: OnceLock<fn(NamedCircuit)> = OnceLock::new();

/// Calls `follow` with each circuit that is registered from now on.
pub(crate) fn follow_registrations(follow: fn(NamedCircuit)) {
    FOLLOW.get_or_init(|| follow);
}

/// To be called without a lock.
pub(super) fn follow(circuit: &'static CircuitBreaker) {
    if let Some(follow) = FOLLOW.get() {
        follow(NamedCircuit { name: circuit.name(), place: None, target: Named::One(circuit) });
    }
}

/// All circuits with a name, in no particular order. Functions that share a circuit are listed once.
pub(crate) fn named_circuits() -> Vec<NamedCircuit> {
    let registered = Registered::lock();
    let of_one = homes::<CircuitBreaker>()
        .filter(|site| site.shares() && registered.get(site.name()).is_none())
        .map(|site| (site.name(), Some(site.place()), Named::One(site.circuit())));
    let of_keys = homes::<KeyedCircuits>()
        .filter(|site| site.shares())
        .map(|site| (site.name(), Some(site.place()), Named::Keyed(site.circuit())));
    let of_program = registered.all().into_iter().map(|circuit| (circuit.name(), None, Named::One(circuit)));
    let named = of_one.chain(of_keys).chain(of_program);
    named
        .map(|(name, place, target)| NamedCircuit {
            name,
            place: place.map(|place| place.file_and_line()),
            target,
        })
        .collect()
}

impl NamedCircuit {
    /// The configuration in force in the program, also in a test scope.
    pub(crate) fn config(&self) -> CircuitConfig {
        match self.target {
            Named::One(circuit) => circuit.program_config(),
            Named::Keyed(circuits) => circuits.config(),
        }
    }

    /// The current state in the program. A set of keyed circuits has none.
    pub(crate) fn state(&self) -> Option<CircuitState> {
        match self.target {
            Named::One(circuit) => Some(circuit.program_state()),
            Named::Keyed(_) => None,
        }
    }

    /// Applies settings. Delivers no events, because the caller holds a lock.
    pub(crate) fn change(&self, settings: CircuitOverride) {
        match self.target {
            Named::One(circuit) => circuit.change(settings),
            Named::Keyed(circuits) => circuits.change(settings),
        }
    }

    /// Delivers the events of changes.
    pub(crate) fn deliver(&self) {
        match self.target {
            Named::One(circuit) => circuit.deliver(),
            Named::Keyed(circuits) => circuits.deliver(),
        }
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self.target, other.target) {
            (Named::One(one), Named::One(other)) => std::ptr::eq(one, other),
            (Named::Keyed(one), Named::Keyed(other)) => std::ptr::eq(one, other),
            _ => false,
        }
    }
}
