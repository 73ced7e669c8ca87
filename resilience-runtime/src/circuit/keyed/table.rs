use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use super::recency::Recency;
use crate::circuit::standing::Claim;
use crate::circuit::{CircuitBreaker, CircuitState};
use crate::clock;
use crate::time::Nanos;

/// The circuits of a set, by key.
///
/// Lookups share a lock and insertions have it alone. `max_keys` is a `u32`, and so is the number of a slot.
#[derive(Debug)]
pub(super) struct Table {
    /// Made at the first key: a hash map cannot be made in a `const`.
    index: Option<HashMap<Key, u32>>,
    slots: Vec<Slot>,
    recency: Recency,
    max_keys: usize,
}

/// A key, as a part of its circuit's name: its text is stored once.
#[derive(Debug)]
struct Key {
    name: Arc<str>,
    start: u32,
}

#[derive(Debug)]
struct Slot {
    circuit: Arc<CircuitBreaker>,
    /// When a call last found the circuit not closed; `NEVER` if none did.
    last_call: AtomicU64,
}

/// A circuit that is to be entered.
pub(super) struct New {
    pub(super) circuit: Arc<CircuitBreaker>,
    /// The circuit's name.
    pub(super) name: Arc<str>,
    /// Where in the name the key begins.
    pub(super) start: u32,
}

/// What became of a new circuit.
#[derive(Debug)]
#[must_use]
pub(super) enum Inserted {
    /// Another thread was faster with the same key.
    Known(Arc<CircuitBreaker>),
    /// With the circuit that was evicted for it. It is to be dropped without the lock: its listeners are the user's.
    Added(Option<Arc<CircuitBreaker>>),
    /// No circuit may be evicted for it.
    NotRemembered,
}

impl Table {
    pub(super) const fn new(max_keys: u32) -> Self {
        let max_keys = max_keys as usize;
        Self { index: None, slots: Vec::new(), recency: Recency::new(max_keys), max_keys }
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<CircuitBreaker>> {
        let slot = *self.index.as_ref()?.get(key)? as usize;
        self.recency.used(slot);
        let Slot { circuit, last_call, .. } = &self.slots[slot];
        if !circuit.admits_all() {
            // Relaxed: it is read by whoever holds the lock alone.
            last_call.store(clock::moment().get(), Ordering::Relaxed);
        }
        Some(Arc::clone(circuit))
    }

    /// `recovery_timeout` is that of every circuit of the set.
    pub(super) fn insert(&mut self, new: New, now: Nanos, recovery_timeout: Nanos) -> Inserted {
        let New { circuit, name, start } = new;
        let key = Key { name, start };
        if let Some(known) = self.get(key.as_str()) {
            return Inserted::Known(known);
        }
        let entered = Slot { circuit, last_call: AtomicU64::new(Nanos::NEVER.get()) };
        let (slot, evicted) = if self.slots.len() < self.max_keys {
            self.slots.push(entered);
            self.recency.add();
            (self.slots.len() - 1, None)
        } else {
            let slots = &mut self.slots;
            let Some(slot) = self.recency.victim(|slot| slots[slot].claim(now, recovery_timeout)) else {
                return Inserted::NotRemembered;
            };
            self.recency.replaced(slot);
            (slot, Some(mem::replace(&mut self.slots[slot], entered)))
        };
        let index = self.index.get_or_insert_default();
        if let Some(Slot { circuit, .. }) = &evicted {
            index.remove(key_in(circuit.name(), start));
        }
        #[expect(clippy::cast_possible_truncation, reason = "there are at most `max_keys` slots, a `u32`")]
        index.insert(key, slot as u32);
        Inserted::Added(evicted.map(|slot| slot.circuit))
    }

    pub(super) fn circuits(&self) -> Vec<Arc<CircuitBreaker>> {
        self.slots.iter().map(|slot| Arc::clone(&slot.circuit)).collect()
    }
}

impl Slot {
    /// Asked by whoever holds the lock alone: nobody else can begin to hold the circuit meanwhile.
    fn claim(&mut self, now: Nanos, recovery_timeout: Nanos) -> Claim {
        if Arc::strong_count(&self.circuit) > 1 {
            return Claim::Kept;
        }
        // With the release of the drop that left the last reference: what that call has counted is visible.
        fence(Ordering::Acquire);
        let standing = self.circuit.standing(now);
        let last_call = Nanos::new(*self.last_call.get_mut());
        let last_call = (!last_call.is_never()).then_some(last_call);
        if standing.state == CircuitState::HalfOpen && last_call.is_none() {
            // Its calls came past the table: its time begins when this is noticed.
            *self.last_call.get_mut() = now.get();
        }
        standing.claim(last_call, now, recovery_timeout)
    }
}

/// The key in a circuit's name. Behind it stands one bracket.
fn key_in(name: &str, start: u32) -> &str {
    // Were the name another one, the key would be empty.
    name.get(start as usize..name.len().saturating_sub(1)).unwrap_or_default()
}

impl Key {
    fn as_str(&self) -> &str {
        key_in(&self.name, self.start)
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Hash for Key {
    /// As the text does, which the index is searched by.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.as_str().hash(hasher);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Key {}
