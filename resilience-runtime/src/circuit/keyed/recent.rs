use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use crate::circuit::CircuitBreaker;

/// No slot: the list ends here.
const END: usize = usize::MAX;

/// Circuits by key, in a list from the most to the least recently used.
#[derive(Debug)]
pub(super) struct Recent {
    /// Made at the first key: a hash map cannot be made in a `const`.
    index: Option<HashMap<Arc<str>, usize>>,
    slots: Vec<Slot>,
    newest: usize,
    oldest: usize,
}

#[derive(Debug)]
struct Slot {
    key: Arc<str>,
    circuit: Arc<CircuitBreaker>,
    newer: usize,
    older: usize,
}

impl Recent {
    pub(super) const fn new() -> Self {
        Self { index: None, slots: Vec::new(), newest: END, oldest: END }
    }

    /// The key's circuit, and one that had to go for it.
    pub(super) fn get_or_insert(
        &mut self,
        key: &str,
        most: usize,
        make: impl FnOnce() -> Arc<CircuitBreaker>,
    ) -> (Arc<CircuitBreaker>, Option<Arc<CircuitBreaker>>) {
        if let Some(slot) = self.index.as_ref().and_then(|index| index.get(key).copied()) {
            self.unlink(slot);
            self.link(slot);
            return (Arc::clone(&self.slots[slot].circuit), None);
        }
        let circuit = make();
        let mut evicted = None;
        let index = self.index.get_or_insert_default();
        let key: Arc<str> = key.into();
        if self.slots.len() < most {
            let slot = self.slots.len();
            index.insert(Arc::clone(&key), slot);
            self.slots.push(Slot { key, circuit: Arc::clone(&circuit), newer: END, older: END });
            self.link(slot);
        } else if let Some(slot) = self.oldest_idle() {
            self.unlink(slot);
            let index = self.index.get_or_insert_default();
            index.remove(&self.slots[slot].key);
            index.insert(Arc::clone(&key), slot);
            let new = Slot { key, circuit: Arc::clone(&circuit), newer: END, older: END };
            evicted = Some(mem::replace(&mut self.slots[slot], new).circuit);
            self.link(slot);
        }
        (circuit, evicted)
    }

    pub(super) fn circuits(&self) -> Vec<Arc<CircuitBreaker>> {
        self.slots.iter().map(|slot| Arc::clone(&slot.circuit)).collect()
    }

    /// The last one that nobody holds and that has nothing to remember. Whoever wants to hold it has to come through
    /// the lock that this is called under.
    fn oldest_idle(&self) -> Option<usize> {
        let mut slot = self.oldest;
        while slot != END {
            let circuit = &self.slots[slot].circuit;
            if Arc::strong_count(circuit) == 1 && circuit.is_at_rest() {
                return Some(slot);
            }
            slot = self.slots[slot].newer;
        }
        None
    }

    /// Puts a slot that is in no list in front of all.
    fn link(&mut self, slot: usize) {
        self.slots[slot].older = self.newest;
        self.slots[slot].newer = END;
        match self.newest {
            END => self.oldest = slot,
            newest => self.slots[newest].newer = slot,
        }
        self.newest = slot;
    }

    fn unlink(&mut self, slot: usize) {
        let Slot { newer, older, .. } = self.slots[slot];
        match newer {
            END => self.newest = older,
            newer => self.slots[newer].older = older,
        }
        match older {
            END => self.oldest = newer,
            older => self.slots[older].newer = newer,
        }
    }
}
