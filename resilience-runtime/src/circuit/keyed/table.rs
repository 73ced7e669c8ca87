//! The circuits of a set, by key.
//!
//! Keys are distributed over [`SHARDS`] shards with one lock each. Lookups share the lock, so known keys of different
//! threads rarely conflict. Insertions are serialized by a separate lock. A new key in a full set also locks all
//! shards exclusively: while it selects a circuit to evict, no other thread can get a reference to one.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, PoisonError};

use super::hashing::Hashing;
use super::recency::{LastUse, Recency};
use crate::circuit::eviction::EvictionClass;
use crate::circuit::{CircuitBreaker, CircuitState};
use crate::clock;
use crate::sync::{Mutex, RwLock};
use crate::time::Nanos;

/// 16: two threads with different keys conflict in one of sixteen cases. The total size is 2 KiB for each set.
const SHARDS: usize = if cfg!(resilience_loom) { 2 } else { 16 };

/// The circuits of a set, by key.
pub(super) struct KeyTable {
    shards: [KeyShard; SHARDS],
    order: Mutex<Order>,
    recency: Recency,
    max_keys: usize,
}

type Index = HashMap<StoredKey, Arc<KeySlot>, Hashing>;

/// Two cache lines: processors fetch them in pairs.
#[repr(align(128))]
struct KeyShard(RwLock<Index>);

/// All slots, in the order in which evictions examine them.
struct Order {
    slots: Vec<Arc<KeySlot>>,
    hand: usize,
}

/// A key, as a part of its circuit's name: its text is stored once.
#[derive(Debug)]
struct StoredKey {
    name: Arc<str>,
    start: usize,
}

#[derive(Debug)]
struct KeySlot {
    circuit: Arc<CircuitBreaker>,
    last_use: LastUse,
    /// When a call last found the circuit not closed. `NEVER` if no call did.
    last_call: AtomicU64,
}

/// A circuit to be inserted.
pub(super) struct New {
    pub(super) circuit: Arc<CircuitBreaker>,
    /// The circuit's name.
    pub(super) name: Arc<str>,
    /// The offset of the key in the name.
    pub(super) start: usize,
}

/// The result of an insertion.
#[derive(Debug)]
#[must_use]
pub(super) enum Inserted {
    /// Another thread inserted the same key first.
    Known(Arc<CircuitBreaker>),
    /// With the evicted circuit, if any. It must be dropped without the lock: its listeners are user code.
    Added(Option<Arc<CircuitBreaker>>),
    /// No circuit may be evicted for it.
    NotRemembered,
}

impl KeyTable {
    pub(super) const fn new(max_keys: u32) -> Self {
        let max_keys = max_keys as usize;
        Self {
            shards: [const { KeyShard(RwLock::new(HashMap::with_hasher(Hashing))) }; SHARDS],
            order: Mutex::new(Order { slots: Vec::new(), hand: 0 }),
            recency: Recency::new(max_keys),
            max_keys,
        }
    }

    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<Arc<CircuitBreaker>> {
        let index = self.shards[shard_of(key)].0.read().unwrap_or_else(PoisonError::into_inner);
        let KeySlot { circuit, last_use, last_call } = &**index.get(key)?;
        self.recency.used(last_use);
        if !circuit.admits_all() {
            // Relaxed: it is only read under the exclusive lock.
            last_call.store(clock::moment().get(), Ordering::Relaxed);
        }
        Some(Arc::clone(circuit))
    }

    /// `recovery_timeout` is that of every circuit of the set.
    pub(super) fn insert(&self, new: New, now: Nanos, recovery_timeout: Nanos) -> Inserted {
        let New { circuit, name, start } = new;
        let key = StoredKey { name, start };
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.get(key.as_bytes()) {
            return Inserted::Known(known);
        }
        let last_call = AtomicU64::new(Nanos::NEVER.get());
        let entered = Arc::new(KeySlot { circuit, last_use: self.recency.added(), last_call });
        if order.slots.len() < self.max_keys {
            order.slots.push(Arc::clone(&entered));
            let shard = &self.shards[shard_of(key.as_bytes())];
            shard.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, entered);
            return Inserted::Added(None);
        }
        let mut shards =
            self.shards.each_ref().map(|shard| shard.0.write().unwrap_or_else(PoisonError::into_inner));
        let Order { slots, hand } = &mut *order;
        let class = |slot: usize| slots[slot].class(now, recovery_timeout);
        let Some(slot) = self.recency.victim(hand, slots, |slot| &slot.last_use, class) else {
            return Inserted::NotRemembered;
        };
        let evicted = Arc::clone(&mem::replace(&mut slots[slot], Arc::clone(&entered)).circuit);
        let evicted_key = key_in(evicted.name(), start);
        shards[shard_of(evicted_key)].remove(evicted_key);
        shards[shard_of(key.as_bytes())].insert(key, entered);
        Inserted::Added(Some(evicted))
    }

    pub(super) fn circuits(&self) -> Vec<Arc<CircuitBreaker>> {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.slots.iter().map(|slot| Arc::clone(&slot.circuit)).collect()
    }
}

fn shard_of(key: &[u8]) -> usize {
    // The upper half: a hash map uses the lower bits and the highest seven.
    (Hashing::of(key) >> 32) as usize % SHARDS
}

impl KeySlot {
    /// Must be called with all shards locked exclusively: no other thread can get a reference to the circuit.
    fn class(&self, now: Nanos, recovery_timeout: Nanos) -> EvictionClass {
        if Arc::strong_count(&self.circuit) > 1 {
            return EvictionClass::Protected;
        }
        // Pairs with the release of the drop of the second-last reference, so that what its call has counted is
        // visible.
        fence(Ordering::Acquire);
        let candidate = self.circuit.candidate(now);
        // Relaxed, here and below: it is written under the lock of a shard, and all of them are held.
        let last_call = Nanos::new(self.last_call.load(Ordering::Relaxed));
        let last_call = (!last_call.is_never()).then_some(last_call);
        if candidate.state == CircuitState::HalfOpen && last_call.is_none() {
            // Its calls bypassed the table, so its time starts now.
            self.last_call.store(now.get(), Ordering::Relaxed);
        }
        candidate.class(last_call, now, recovery_timeout)
    }
}

/// The key in a circuit's name, without the closing bracket.
#[inline]
fn key_in(name: &str, start: usize) -> &[u8] {
    // An unexpected name results in an empty key.
    name.as_bytes().get(start..name.len().saturating_sub(1)).unwrap_or_default()
}

impl StoredKey {
    #[inline]
    fn as_bytes(&self) -> &[u8] {
        key_in(&self.name, self.start)
    }
}

impl Borrow<[u8]> for StoredKey {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Hash for StoredKey {
    /// The same hash as that of the text, which is used to search the index.
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.as_bytes().hash(hasher);
    }
}

impl PartialEq for StoredKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for StoredKey {}
