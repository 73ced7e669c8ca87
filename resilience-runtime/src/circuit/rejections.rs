//! What a circuit that rejects calls tells them, read side by side: without the circuit's lock, and without a write to
//! anything that threads share.
//!
//! A circuit publishes a snapshot under a new number whenever it begins to reject calls. Each thread keeps a copy of the
//! last few that it has seen, by number, and hands out references to that copy: two threads would otherwise count their
//! references in the same word, which halves the throughput of each.
//!
//! # Synchronization
//! The number is `Relaxed`: it names a snapshot and publishes nothing. The snapshot itself is read under its lock, which is
//! only taken by a thread that has no copy, and under which nothing else happens. A number that is out of date finds a
//! snapshot of another generation, which its reader discards, or one of a half-open circuit whose places were taken a moment
//! ago: then the call was rejected at that moment.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64 as Counter, Ordering as CounterOrdering};
use std::sync::{Arc, PoisonError};

use super::rejection::Rejection;
use crate::sync::{AtomicU64, Mutex, Ordering};

/// How many snapshots a thread keeps. A thread that is rejected by more circuits in turn copies them again and again.
const COPIES: usize = 8;

/// Nothing is published.
const NONE: u64 = 0;

/// The snapshot that is published, if calls are rejected.
pub(super) struct Rejections {
    number: AtomicU64,
    published: Mutex<Option<(u64, Arc<Rejection>)>>,
}

impl Rejections {
    pub(super) const fn new() -> Self {
        Self { number: AtomicU64::new(NONE), published: Mutex::new(None) }
    }

    /// Called under the circuit's lock, which orders the numbers.
    pub(super) fn publish(&self, rejection: Rejection) {
        let number = next_number();
        *self.published.lock().unwrap_or_else(PoisonError::into_inner) = Some((number, Arc::new(rejection)));
        // Relaxed: see the module's text.
        self.number.store(number, Ordering::Relaxed);
    }

    /// As [`publish`](Self::publish), where calls are no longer rejected.
    pub(super) fn withdraw(&self) {
        // Relaxed, as everything here: see the module's text.
        if self.number.load(Ordering::Relaxed) != NONE {
            self.number.store(NONE, Ordering::Relaxed);
            *self.published.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// This thread's copy of the snapshot, if there is one.
    #[inline]
    pub(super) fn get(&self) -> Option<Arc<Rejection>> {
        // Relaxed: see the module's text.
        let number = self.number.load(Ordering::Relaxed);
        if number == NONE {
            return None;
        }
        // A thread that is ending keeps no copies any more, and asks the circuit.
        THREAD.try_with(|copies| copies.borrow_mut().get(number, || self.copy(number))).ok().flatten()
    }

    #[cold]
    fn copy(&self, number: u64) -> Option<Arc<Rejection>> {
        let published = self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        (published.0 == number).then(|| Arc::new(Rejection::clone(&published.1)))
    }
}

/// No two snapshots of a program have the same number, so that a number is enough to find a copy by.
fn next_number() -> u64 {
    static NEXT: Counter = Counter::new(NONE + 1);
    // Relaxed: that they differ is all.
    NEXT.fetch_add(1, CounterOrdering::Relaxed)
}

#[cfg(not(resilience_loom))]
std::thread_local! {
    static THREAD: RefCell<Copies> = const { RefCell::new(Copies::new()) };
}
// Loom's threads are one thread of the system.
#[cfg(resilience_loom)]
loom::thread_local! {
    static THREAD: RefCell<Copies> = RefCell::new(Copies::new());
}

/// A thread's copies.
struct Copies {
    places: [Option<(u64, Arc<Rejection>)>; COPIES],
    /// The place that the next copy takes.
    next: usize,
}

impl Copies {
    const fn new() -> Self {
        Self { places: [const { None }; COPIES], next: 0 }
    }

    #[inline]
    fn get(&mut self, number: u64, copy: impl FnOnce() -> Option<Arc<Rejection>>) -> Option<Arc<Rejection>> {
        let kept = self.places.iter().flatten().find(|(kept, _)| *kept == number);
        if let Some((_, rejection)) = kept {
            return Some(Arc::clone(rejection));
        }
        let rejection = copy()?;
        self.places[self.next] = Some((number, Arc::clone(&rejection)));
        self.next = (self.next + 1) % COPIES;
        Some(rejection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::CircuitState;
    use crate::circuit::name::Name;

    fn rejection() -> Arc<Rejection> {
        Arc::new(Rejection {
            name: Name::Written("test"),
            state: CircuitState::Open,
            generation: 1,
            until: None,
            failures: 1,
            last_failure: None,
        })
    }

    #[test]
    fn a_thread_that_is_rejected_by_eight_circuits_in_turn_copies_each_snapshot_once() {
        let mut copies = Copies::new();
        let mut made = 0;
        for number in (0..8).map(|circuit| 1 + 8 * circuit).cycle().take(80) {
            let copy = || {
                made += 1;
                Some(rejection())
            };
            assert!(copies.get(number, copy).is_some());
        }
        assert_eq!(made, 8);
        assert!(copies.get(2, || None).is_none(), "what is not published is not kept");
    }
}
