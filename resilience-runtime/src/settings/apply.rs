use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::applied::{Applied, AppliedForm};
use super::overrides::Overrides;
use super::plan::Plan;
use super::problem::{OverrideErrors, OverrideWarnings};
use super::suggestions::folded;
use crate::circuit::{CircuitOverride, NamedCallTimeout, NamedCircuit, follow_registrations};
use crate::telemetry::{FormName, FormOverride, override_forms};

/// What is in force. The lock serializes [`Overrides::apply`], so that two of them do not mix.
static APPLIED: Mutex<Applied> = Mutex::new(Applied {
    sites: Vec::new(),
    forms: Vec::new(),
    circuits: Vec::new(),
    circuit_tables: Vec::new(),
});

pub(super) fn applied() -> MutexGuard<'static, Applied> {
    APPLIED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Overrides {
    /// Compares the overrides with the program, and changes nothing.
    ///
    /// An unknown name under `retry` or `poll` that is similar to a known one is an error. Otherwise it is a warning,
    /// because it may be the name of a function form (`retry(..).name("..")`), which is unknown before its first call, or of a
    /// layer, which is unknown before it is built. `#[retry]` and the other attributes are known before.
    ///
    /// ```
    /// use resilience::settings::Overrides;
    ///
    /// #[resilience::circuit(name = "payments")]
    /// fn pay() -> std::io::Result<()> {
    ///     Ok(())
    /// }
    ///
    /// let overrides: Overrides =
    ///     toml::from_str("[circuit.payment]\nmin_calls = 1\n[circuit.payments]\nfailure_treshold = 10").unwrap();
    /// assert_eq!(
    ///     overrides.check().unwrap_err().to_string(),
    ///     "circuit.payment: unknown name `payment`; did you mean `payments`?\n\
    ///      circuit.payments.failure_treshold: unknown option `failure_treshold` of a `circuit`; \
    ///      did you mean `failure_threshold`?",
    /// );
    /// ```
    ///
    /// # Errors
    /// - Unknown kinds, names and options, and functions without a `name`.
    /// - Values of a wrong type or out of range, and options that contradict each other or those in the code.
    /// - A `deadline`, an `attempt_timeout` or a `call_timeout` for an attribute that has none.
    /// - Any option of a function with `policy = ..`.
    ///
    /// All errors are returned at once.
    pub fn check(&self) -> Result<OverrideWarnings, OverrideErrors> {
        let Plan { errors, warnings, .. } = Plan::of(self, &applied());
        result(errors, warnings)
    }

    /// Replaces the overrides in force by these: all of them, or none if there is an error.
    ///
    /// What was overridden before and is not any more goes back to the code, option by option; a `state` goes back to
    /// closed. A running call keeps the policy that it began with. A circuit keeps its state, its listeners and its
    /// generation. Its window begins anew only if its kind or its size changes.
    ///
    /// A configuration that the program sets with
    /// [`reconfigure`](crate::CircuitBreaker::reconfigure) stays until the next `apply`.
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub fn apply(&self) -> Result<OverrideWarnings, OverrideErrors> {
        // Before the names are read, so that no circuit is missed.
        follow_registrations(follow);
        let mut applied = applied();
        let Plan { applied: next, errors, warnings } = Plan::of(self, &applied);
        let warnings = result(errors, warnings)?;
        let before = mem::replace(&mut *applied, next);
        let changed = change(&before, &applied);
        drop(applied);
        // Listeners may call this function, so they run without the lock.
        changed.iter().for_each(NamedCircuit::deliver);
        Ok(warnings)
    }
}

/// Applies what is in force to a circuit that was registered.
fn follow(circuit: NamedCircuit) {
    let mut applied = applied();
    if applied.circuit(&circuit).is_some() {
        return;
    }
    if let Some(new) = Plan::of_registered(circuit, &applied) {
        circuit.change(CircuitOverride { config: new.config, state: (None, new.state) });
        NamedCallTimeout::override_all(circuit.name, new.call_timeout);
        applied.circuits.push(new);
    }
    drop(applied);
    circuit.deliver();
}

fn result(
    errors: Vec<super::problem::OverrideProblem>,
    warnings: Vec<super::problem::OverrideProblem>,
) -> Result<OverrideWarnings, OverrideErrors> {
    if errors.is_empty() { Ok(OverrideWarnings(warnings)) } else { Err(OverrideErrors(errors)) }
}

/// Changes sites, function forms and circuits. Returns the circuits whose events are to be delivered.
fn change(before: &Applied, now: &Applied) -> Vec<NamedCircuit> {
    for site in &before.sites {
        if !now.sites.iter().any(|other| other.site == site.site) {
            site.site.0.revert();
        }
    }
    for site in &now.sites {
        site.site.0.exchange(site.by.clone());
    }
    override_forms(now.forms.iter().map(AppliedForm::to_override).collect());
    let mut changed = Vec::new();
    for old in before.circuits.iter().filter(|old| now.circuit(&old.circuit).is_none()) {
        old.circuit.change(CircuitOverride { config: old.code, state: (old.state, None) });
        NamedCallTimeout::override_all(old.circuit.name, None);
        changed.push(old.circuit);
    }
    for new in &now.circuits {
        let state = (before.circuit(&new.circuit).and_then(|old| old.state), new.state);
        new.circuit.change(CircuitOverride { config: new.config, state });
        NamedCallTimeout::override_all(new.circuit.name, new.call_timeout);
        changed.push(new.circuit);
    }
    changed
}

impl AppliedForm {
    fn to_override(&self) -> FormOverride {
        let name = self.name.clone();
        let name = if self.is_folded { FormName::Folded(name, folded) } else { FormName::Exact(name) };
        FormOverride { name, by: self.by.clone() }
    }
}
