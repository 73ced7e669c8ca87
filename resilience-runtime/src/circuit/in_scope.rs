//! Circuits in test scopes: each scope has its own state of every circuit.

use super::events::Events;
use super::listeners::CircuitListeners;
use super::store::Store;
use super::{CircuitBreaker, CircuitState};
use crate::test_scope::{self, ScopeState};

impl CircuitBreaker {
    /// The state for the current scope. Scopes inside of others use that of the outermost one, unless they set it.
    #[cold]
    #[inline(never)]
    pub(super) fn store_in_scope(&self) -> Option<&'static Store> {
        let scopes = test_scope::here();
        let outermost = scopes.last()?;
        let names = self.store.names();
        for scope in &scopes {
            if let Some(store) = scope.slot::<&'static Store>(&self.store.events.listeners.in_scopes) {
                return Some(*store);
            }
            if let Some(state) = scope.circuit(&names) {
                return Some(self.new_store(scope, &names, Some(state)));
            }
        }
        Some(self.new_store(outermost, &names, None))
    }

    /// A permit borrows the state from the circuit, so it has to live as long: it is never freed.
    fn new_store(&self, scope: &ScopeState, names: &[&str], state: Option<CircuitState>) -> &'static Store {
        let listeners = CircuitListeners::new(self.store.events.listeners.origin.clone());
        listeners.measured.exclude();
        let config = self.store.peek(|machine| machine.config());
        let store =
            Box::leak(Box::new(Store::new(self.store.name().clone(), config, Events::new(listeners))));
        if let Some(state) = state {
            store.preset(state);
        }
        *scope.fill(&self.store.events.listeners.in_scopes, names, &*store)
    }
}
