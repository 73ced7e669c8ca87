//! Who is told of events. Not part of what loom models: whoever begins to listen hears what happens afterwards.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::event::{CircuitEvent, Listener};

/// A listener, for whoever wants to remove it: [`CircuitBreaker::unlisten`](crate::CircuitBreaker::unlisten).
///
/// No two listeners of a program have the same, so that an id that is given to the wrong circuit removes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

impl ListenerId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Relaxed: that they differ is all.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Some listeners, and whether there are any.
#[derive(Debug)]
pub(super) struct Listeners {
    any: AtomicBool,
    list: Mutex<Vec<(ListenerId, Listener)>>,
    /// Those of the set that the circuit is one of.
    above: Option<Arc<Listeners>>,
}

thread_local! {
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a listener. What is refused there is not told: it would never come to an end, not even
/// between circuits whose listeners call each other.
pub(super) fn is_telling() -> bool {
    TELLING.get()
}

/// Those who listen to every circuit.
pub(super) static EVERYWHERE: Listeners = Listeners::new();

impl Listeners {
    pub(super) const fn new() -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::new(Vec::new()), above: None }
    }

    pub(super) const fn below(above: Arc<Self>) -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::new(Vec::new()), above: Some(above) }
    }

    pub(super) fn add(&self, listener: Listener) -> ListenerId {
        let id = ListenerId::next();
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.push((id, listener));
        // Relaxed: the list itself is read under its lock; a circuit that misses this for a moment is one that changed
        // before. Stored under the lock, so that it is not overtaken by somebody who removes.
        self.any.store(true, Ordering::Relaxed);
        id
    }

    /// Whether it was there.
    pub(super) fn remove(&self, id: ListenerId) -> bool {
        let removed = {
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            let place = list.iter().position(|(other, _)| *other == id);
            let removed = place.map(|place| list.remove(place));
            // Relaxed: see `add`.
            self.any.store(!list.is_empty(), Ordering::Relaxed);
            removed
        };
        // It is dropped behind the lock: what it holds is the user's.
        removed.is_some()
    }

    /// Whether there are any, here or in the set above. A set has none above it: one step, and no recursion.
    #[inline]
    pub(super) fn any(&self) -> bool {
        self.any_here() || self.above.as_ref().is_some_and(|above| above.any_here())
    }

    #[inline]
    pub(super) fn any_here(&self) -> bool {
        // Relaxed: see `add`.
        self.any.load(Ordering::Relaxed)
    }

    /// Tells them, with no lock held.
    pub(super) fn tell(&self, event: &CircuitEvent) {
        if self.any_here() {
            let list = self.list.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let outer = TELLING.replace(true);
            for (_, listener) in list {
                listener.tell(event);
            }
            TELLING.set(outer);
        }
        if let Some(above) = &self.above {
            above.tell(event);
        }
    }
}
