use super::overrides::OverrideTable;
use crate::attempts::PolicyOverride;
use crate::circuit::{CircuitConfig, CircuitState, NamedCircuit};
use crate::telemetry::Site;
use crate::time::Nanos;

/// The overrides that are in force.
#[derive(Clone, Default)]
pub(super) struct Applied {
    pub(super) sites: Vec<AppliedSite>,
    pub(super) forms: Vec<AppliedForm>,
    pub(super) circuits: Vec<AppliedCircuit>,
    /// For circuits that are registered later: exact names first.
    pub(super) circuit_tables: Vec<OverrideTable>,
}

#[derive(Clone)]
pub(super) struct AppliedSite {
    pub(super) site: Site,
    pub(super) by: PolicyOverride,
}

/// For the function forms of a name, called or not.
#[derive(Clone)]
pub(super) struct AppliedForm {
    pub(super) name: String,
    pub(super) is_folded: bool,
    pub(super) by: PolicyOverride,
}

#[derive(Clone)]
pub(super) struct AppliedCircuit {
    pub(super) circuit: NamedCircuit,
    /// The configuration from before the first override.
    pub(super) code: CircuitConfig,
    pub(super) config: CircuitConfig,
    /// The options that are overridden.
    pub(super) keys: Vec<&'static str>,
    pub(super) state: Option<CircuitState>,
    /// For the functions of the circuit.
    pub(super) call_timeout: Option<Nanos>,
}

impl Applied {
    pub(super) fn circuit(&self, circuit: &NamedCircuit) -> Option<&AppliedCircuit> {
        self.circuits.iter().find(|applied| applied.circuit.is(circuit))
    }
}
