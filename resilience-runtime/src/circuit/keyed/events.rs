use std::sync::{Arc, OnceLock};

use crate::circuit::Name;
use crate::circuit::events::Pending;
use crate::circuit::listeners::{any_of_program, tell_program};
use crate::circuit::origin::Set;
use crate::event::{CircuitEvent, CircuitEventKind};
use crate::listeners::Listeners;
use crate::time::Nanos;

/// The listeners and events of a set as a whole.
#[derive(Debug)]
pub(super) struct SetEvents {
    name: &'static str,
    place: Option<(&'static str, u32)>,
    /// Shared with every circuit of the set. Created on first use, because an `Arc` cannot be created in a `const`.
    set: OnceLock<Arc<Set>>,
    pending: Pending,
}

impl SetEvents {
    pub(super) const fn new(name: &'static str, place: Option<(&'static str, u32)>) -> Self {
        Self { name, place, set: OnceLock::new(), pending: Pending::new() }
    }

    #[cfg(feature = "testing")]
    pub(super) const fn place(&self) -> Option<(&'static str, u32)> {
        self.place
    }

    pub(super) fn set(&self) -> &Arc<Set> {
        let Self { name, place, .. } = *self;
        self.set.get_or_init(|| Arc::new(Set { name, place, listeners: Listeners::new() }))
    }

    /// Delivers an event like a circuit does: one at a time, through a bounded queue. A listener that hangs blocks one
    /// call, not all.
    pub(super) fn tell(&self, kind: CircuitEventKind, text: impl FnOnce() -> Arc<str>) {
        if !self.set.get().is_some_and(|set| set.listeners.any()) && !any_of_program() {
            return;
        }
        self.pending.push(CircuitEvent {
            name: Name::Written(self.name),
            kind,
            set: Some(self.name),
            from: None,
            generation: 0,
            failures: 0,
            time_left: Nanos::ZERO,
            last_failure: Some(text()),
            dropped: 0,
        });
        self.pending.deliver(|event| {
            self.set().listeners.tell(|listener| listener(event));
            tell_program(event);
        });
    }
}
