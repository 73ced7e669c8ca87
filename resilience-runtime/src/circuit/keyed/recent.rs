use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use crate::circuit::CircuitBreaker;

/// No slot: the list ends here.
const END: usize = usize::MAX;

/// How many circuits a new key looks at when there is no place. Eight: an idle one is nearly always among the oldest,
/// and when none is, a flood of keys must not hold the lock for as long as it takes to ask a thousand circuits each time.
const LOOKS: usize = 8;

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
        is_at_rest: impl Fn(&CircuitBreaker) -> bool,
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
        } else if let Some(slot) = self.oldest_idle(is_at_rest) {
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
    ///
    /// Those that were looked at in vain go to the front, as the hand of a clock does with pages: whoever looks next
    /// finds others, and all have been looked at after as many looks as there are circuits.
    fn oldest_idle(&mut self, is_at_rest: impl Fn(&CircuitBreaker) -> bool) -> Option<usize> {
        for _ in 0..LOOKS.min(self.slots.len()) {
            let slot = self.oldest;
            let circuit = &self.slots[slot].circuit;
            if Arc::strong_count(circuit) == 1 && is_at_rest(circuit) {
                return Some(slot);
            }
            self.unlink(slot);
            self.link(slot);
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::circuit::CircuitConfig;

    /// How many circuits a new key looks at in a full set of a thousand, of which only `idle` is at rest; and whether it
    /// found that one.
    fn looks(recent: &mut Recent, key: &str, idle: Option<&str>) -> (usize, bool) {
        let looks = Cell::new(0);
        let make = || Arc::new(CircuitBreaker::new("new", CircuitConfig::new()));
        let (_, evicted) = recent.get_or_insert(key, 1000, make, |circuit| {
            looks.set(looks.get() + 1);
            Some(circuit.name()) == idle
        });
        (looks.get(), evicted.is_some())
    }

    fn full() -> Recent {
        let mut recent = Recent::new();
        for number in 0..1000 {
            let name = if number == 100 { "idle" } else { "busy" };
            let make = || Arc::new(CircuitBreaker::new(name, CircuitConfig::new()));
            recent.get_or_insert(&number.to_string(), 1000, make, |_| unreachable!("there is place"));
        }
        recent
    }

    #[test]
    fn a_new_key_looks_at_a_few_circuits_only_however_many_are_busy() {
        let mut recent = full();
        for number in 1000..2000 {
            assert_eq!(looks(&mut recent, &number.to_string(), None), (LOOKS, false));
        }
    }

    #[test]
    fn an_idle_circuit_behind_many_busy_ones_is_found_by_one_of_the_next_keys() {
        let mut recent = full();
        let keys: Vec<_> = (1000..2000).map(|number| number.to_string()).collect();
        let found = keys.iter().position(|key| looks(&mut recent, key, Some("idle")).1);
        assert_eq!(found, Some(100 / LOOKS));
        assert_eq!(recent.circuits().len(), 1000);
    }
}
