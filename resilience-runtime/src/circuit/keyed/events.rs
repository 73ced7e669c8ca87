use std::sync::{Arc, OnceLock};

use crate::circuit::Name;
use crate::circuit::events::Pending;
use crate::circuit::listeners::{OnEvent, any_of_program, tell_program};
#[cfg(feature = "metrics")]
use crate::circuit::{CircuitBreaker, CircuitState};
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::Listeners;
use crate::time::Nanos;

/// What happens to a set as a whole, for its listeners.
#[derive(Debug)]
pub(super) struct SetEvents {
    /// Shared with every circuit of the set. Made when it is first needed: there is no `Arc` in a `const`.
    listeners: OnceLock<Arc<Listeners<OnEvent>>>,
    pending: Pending,
}

impl SetEvents {
    pub(super) const fn new() -> Self {
        Self { listeners: OnceLock::new(), pending: Pending::new() }
    }

    pub(super) fn listeners(&self) -> &Arc<Listeners<OnEvent>> {
        self.listeners.get_or_init(|| Arc::new(Listeners::new()))
    }

    /// Delivers an event as a circuit does: one at a time, through a bounded queue, so that a listener that hangs costs one
    /// call and not all.
    pub(super) fn tell(&self, set: &'static str, kind: CircuitEventKind, text: impl FnOnce() -> Arc<str>) {
        if !self.listeners.get().is_some_and(|set| set.any()) && !any_of_program() {
            return;
        }
        self.pending.push(CircuitEvent {
            name: Name::Written(set),
            kind,
            from: None,
            generation: 0,
            failures: 0,
            time_left: Nanos::ZERO,
            last_failure: Some(text()),
            dropped: 0,
        });
        self.pending.deliver(|event| {
            self.listeners().tell(|listener| listener(event));
            tell_program(event);
        });
    }
}

#[cfg(feature = "metrics")]
type OnKey = dyn Fn(&str, Option<CircuitState>) + Send + Sync;

/// Those who count the keys of all sets: the set's name; the state of the circuit that was evicted for a new one.
#[cfg(feature = "metrics")]
pub(crate) static KEYS: Listeners<OnKey> = Listeners::new();

/// A new key has entered, in place of this one. Called with no lock held.
#[cfg(feature = "metrics")]
pub(super) fn tell_of_keys(set: &str, evicted: Option<&CircuitBreaker>) {
    if KEYS.any() {
        let evicted = evicted.map(CircuitBreaker::told_state);
        KEYS.tell(|count| count(set, evicted));
    }
}
