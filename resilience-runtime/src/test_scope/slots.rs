use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ScopeState;

/// The identity of a value that each scope replaces by its own. Unlike an address, it is not used again.
#[derive(Debug)]
pub(crate) struct SlotId(AtomicU32);

impl SlotId {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    fn get(&self) -> u32 {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        // Relaxed, here and below: only distinct numbers are required.
        match self.0.load(Ordering::Relaxed) {
            0 => {
                let new = NEXT.fetch_add(1, Ordering::Relaxed);
                let first = self.0.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
                first.err().unwrap_or(new)
            }
            known => known,
        }
    }
}

type SlotValue = Arc<dyn Any + Send + Sync>;

/// The values of one scope.
#[derive(Default)]
pub(super) struct ScopeSlots(HashMap<u32, ScopeSlot>);

struct ScopeSlot {
    names: Vec<String>,
    value: SlotValue,
}

impl ScopeSlots {
    fn find(&self, id: u32) -> Option<SlotValue> {
        self.0.get(&id).map(|slot| Arc::clone(&slot.value))
    }

    /// Removes the values of this name.
    pub(super) fn take(&mut self, name: &str) -> Vec<SlotValue> {
        let is_called = |slot: &ScopeSlot| slot.names.iter().any(|other| other == name);
        let ids: Vec<_> = self.0.iter().filter(|(_, slot)| is_called(slot)).map(|(id, _)| *id).collect();
        ids.iter().filter_map(|id| self.0.remove(id)).map(|slot| slot.value).collect()
    }
}

impl ScopeState {
    /// The value of this scope, if it has one.
    pub(crate) fn slot<T: Send + Sync + 'static>(&self, id: &SlotId) -> Option<Arc<T>> {
        let value = self.content().slots.find(id.get())?;
        value.downcast().ok()
    }

    /// Sets the value of this scope, unless another thread has done so. Returns the value that is set.
    pub(crate) fn fill<T: Send + Sync + 'static>(&self, id: &SlotId, names: &[&str], value: T) -> Arc<T> {
        let value = Arc::new(value);
        let known = {
            let slots = &mut self.content().slots;
            let known = slots.find(id.get());
            if known.is_none() {
                let names = names.iter().map(ToString::to_string).collect();
                slots.0.insert(id.get(), ScopeSlot { names, value: value.clone() });
            }
            known
        };
        known.and_then(|known| known.downcast().ok()).unwrap_or(value)
    }
}

/// The value that replaces another one here. Scopes inside of others use that of the outermost one.
pub(crate) fn replaced<T: Send + Sync + 'static>(id: &SlotId, new: impl FnOnce() -> T) -> Option<Arc<T>> {
    let scopes = super::here();
    let outermost = scopes.last()?;
    Some(outermost.slot(id).unwrap_or_else(|| outermost.fill(id, &[], new())))
}
