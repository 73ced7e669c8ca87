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
//! snapshot of another generation, which its reader discards, or one of this generation that rejected calls a moment ago: a
//! thread that has seen the circuit change since has also seen the number change, because the change wrote it first.

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

/// A thread's copies, each at the place that its number leads to.
struct Copies([Option<(u64, Arc<Rejection>)>; COPIES]);

impl Copies {
    const fn new() -> Self {
        Self([const { None }; COPIES])
    }

    #[inline]
    fn get(&mut self, number: u64, copy: impl FnOnce() -> Option<Arc<Rejection>>) -> Option<Arc<Rejection>> {
        #[expect(clippy::cast_possible_truncation, reason = "below 8")]
        let place = &mut self.0[(number % COPIES as u64) as usize];
        match place {
            Some((kept, rejection)) if *kept == number => Some(Arc::clone(rejection)),
            _ => {
                let rejection = copy()?;
                *place = Some((number, Arc::clone(&rejection)));
                Some(rejection)
            }
        }
    }
}
