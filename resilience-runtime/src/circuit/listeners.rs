//! Who is told of events. Not part of what loom models: whoever begins to listen hears what happens afterwards.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::event::{CircuitEvent, Listener};

/// Some listeners, and whether there are any.
#[derive(Debug)]
pub(super) struct Listeners {
    any: AtomicBool,
    list: Mutex<Vec<Listener>>,
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
        Self { any: AtomicBool::new(false), list: Mutex::new(Vec::new()) }
    }

    pub(super) fn add(&self, listener: Listener) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
        // Relaxed: the list itself is read under its lock; a circuit that misses this for a moment is one that changed
        // before.
        self.any.store(true, Ordering::Relaxed);
    }

    pub(super) fn any(&self) -> bool {
        // Relaxed: see `add`.
        self.any.load(Ordering::Relaxed)
    }

    /// Tells them, with no lock held.
    pub(super) fn tell(&self, event: &CircuitEvent) {
        if !self.any() {
            return;
        }
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let outer = TELLING.replace(true);
        for listener in list {
            listener.tell(event);
        }
        TELLING.set(outer);
    }
}
