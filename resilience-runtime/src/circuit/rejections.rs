//! Snapshots for rejected calls, read without the circuit's lock and without a write to shared memory.
//!
//! A circuit publishes a snapshot under a new number whenever it starts to reject calls. Each thread caches copies of
//! the last few snapshots by number and hands out references to its copy. With one shared copy, the threads would
//! update the same reference count, which halves the throughput of each. For the same reason each copy has a separate
//! count of the calls that it rejected. The circuit keeps a list of these counts and adds them up on request.
//!
//! # Synchronization
//! The number is `Relaxed`: it identifies a snapshot and publishes nothing. The snapshot is read under a lock that is
//! only taken by a thread without a copy, and under which nothing else happens. An outdated number identifies a
//! snapshot of another generation, which the reader discards, or of a half-open circuit whose places were taken a
//! moment ago: then the rejection was correct at that moment.
//!
//! A count is written by a single thread, and `Relaxed`: it publishes nothing. The thread's last write happens before
//! it drops the count, with a release. A thread that finds itself the only holder of the
//! count acquires that.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64 as Counter, Ordering as CounterOrdering, fence};
use std::sync::{Arc, PoisonError};

use super::rejection::Rejection;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// The number of snapshots in a thread's cache. A thread that is rejected by more circuits in turn copies them
/// repeatedly.
const COPIES: usize = 8;

/// The number if no snapshot is published.
const NONE: u64 = 0;

/// The snapshot that is published while calls are rejected, and the number of rejected calls.
pub(super) struct Rejections {
    number: AtomicU64,
    published: Mutex<Published>,
}

struct Published {
    snapshot: Option<(u64, Arc<Rejection>)>,
    /// Allocated for the first copy: most circuits never reject a call.
    counts: Option<Box<Counts>>,
}

/// The numbers of calls rejected by copies of the snapshots.
#[derive(Default)]
struct Counts {
    /// The sum of the copies that no longer exist.
    past: u64,
    /// One counter for each copy in a thread's cache.
    kept: Vec<Arc<Counter>>,
}

impl Rejections {
    pub(super) const fn new() -> Self {
        let published = Published { snapshot: None, counts: None };
        Self { number: AtomicU64::new(NONE), published: Mutex::new(published) }
    }

    /// Publishes a snapshot. Must be called under the circuit's lock, which orders the numbers.
    pub(super) fn publish(&self, rejection: Rejection) {
        let number = next_number();
        self.lock().snapshot = Some((number, Arc::new(rejection)));
        // Relaxed: see the module's documentation.
        self.number.store(number, Ordering::Relaxed);
    }

    /// Removes the snapshot when calls are no longer rejected. Must be called under the circuit's lock.
    pub(super) fn withdraw(&self) {
        // Relaxed, as everything here: see the module's documentation.
        if self.number.load(Ordering::Relaxed) != NONE {
            self.number.store(NONE, Ordering::Relaxed);
            self.lock().snapshot = None;
        }
    }

    /// Rejects a call with this thread's copy of the snapshot, if there is one and `rejection` returns a rejection
    /// for it.
    #[inline]
    pub(super) fn reject<T>(&self, rejection: impl FnOnce(&Arc<Rejection>) -> Option<T>) -> Option<T> {
        // Relaxed: see the module's documentation.
        let number = self.number.load(Ordering::Relaxed);
        if number == NONE {
            return None;
        }
        let reject = |copy: &Copy| {
            let rejected = rejection(&copy.rejection)?;
            // No read-modify-write is needed: only this thread writes the count.
            let count = copy.count.load(CounterOrdering::Relaxed);
            copy.count.store(count.wrapping_add(1), CounterOrdering::Relaxed);
            Some(rejected)
        };
        let reject =
            |copies: &RefCell<Copies>| copies.borrow_mut().with(number, || self.copy(number), reject);
        // A thread that is ending has no cache. The caller then reads the circuit.
        THREAD.try_with(reject).ok().flatten().flatten()
    }

    #[cold]
    fn copy(&self, number: u64) -> Option<Copy> {
        let mut published = self.lock();
        let (of_number, rejection) = published.snapshot.as_ref()?;
        if *of_number != number {
            return None;
        }
        let rejection = Arc::new(Rejection::clone(rejection));
        let count = published.counts.get_or_insert_default().add();
        Some(Copy { number, rejection, count })
    }

    /// The number of calls that copies of the snapshots rejected.
    pub(super) fn counted(&self) -> u64 {
        self.lock().counts.as_ref().map_or(0, |counts| counts.sum())
    }

    fn lock(&self) -> MutexGuard<'_, Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Adds the counter of another copy.
    fn add(&mut self) -> Arc<Counter> {
        self.forget();
        let count = Arc::new(Counter::new(0));
        self.kept.push(Arc::clone(&count));
        count
    }

    /// Adds up and removes the counters of dropped copies: there are never more counters than copies.
    fn forget(&mut self) {
        let past = &mut self.past;
        self.kept.retain(|count| {
            if Arc::strong_count(count) > 1 {
                return true;
            }
            // Pairs with the release of the thread that dropped its copy.
            fence(CounterOrdering::Acquire);
            *past = past.wrapping_add(count.load(CounterOrdering::Relaxed));
            false
        });
    }

    fn sum(&self) -> u64 {
        let kept = self.kept.iter().map(|count| count.load(CounterOrdering::Relaxed));
        kept.fold(self.past, u64::wrapping_add)
    }
}

/// Numbers are unique in the program, so a number alone identifies a copy.
fn next_number() -> u64 {
    static NEXT: Counter = Counter::new(NONE + 1);
    // Relaxed: only uniqueness is required.
    NEXT.fetch_add(1, CounterOrdering::Relaxed)
}

#[cfg(not(resilience_loom))]
std::thread_local! {
    static THREAD: RefCell<Copies> = const { RefCell::new(Copies::new()) };
}
// Loom runs all its threads on one system thread.
#[cfg(resilience_loom)]
loom::thread_local! {
    static THREAD: RefCell<Copies> = RefCell::new(Copies::new());
}

/// The cache of a thread.
struct Copies {
    places: [Option<Copy>; COPIES],
    /// The index that the next copy replaces.
    next: usize,
}

/// A thread's copy of a snapshot.
struct Copy {
    number: u64,
    rejection: Arc<Rejection>,
    /// The number of calls that it has rejected.
    count: Arc<Counter>,
}

impl Copies {
    const fn new() -> Self {
        Self { places: [const { None }; COPIES], next: 0 }
    }

    /// Calls `use_copy` with the copy of this snapshot. If there is none, it is created with `copy`.
    #[inline]
    fn with<T>(
        &mut self,
        number: u64,
        copy: impl FnOnce() -> Option<Copy>,
        use_copy: impl FnOnce(&Copy) -> T,
    ) -> Option<T> {
        if let Some(kept) = self.places.iter().flatten().find(|kept| kept.number == number) {
            return Some(use_copy(kept));
        }
        let copy = copy()?;
        let place = self.next;
        self.next = (place + 1) % COPIES;
        Some(use_copy(self.places[place].insert(copy)))
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
            open_until: None,
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
                Some(Copy { number, rejection: rejection(), count: Arc::default() })
            };
            assert!(copies.with(number, copy, |_| ()).is_some());
        }
        assert_eq!(made, 8);
        assert!(copies.with(2, || None, |_| ()).is_none(), "what is not published is not kept");
    }

    #[test]
    fn rejections_are_counted_by_each_thread_and_no_count_outlives_its_copy() {
        let rejections = Rejections::new();
        assert_eq!(rejections.counted(), 0);
        for generation in 1..=100 {
            rejections.publish(Rejection { generation, ..Rejection::clone(&rejection()) });
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for _ in 0..5 {
                            assert!(rejections.reject(|_| Some(())).is_some());
                            assert!(
                                rejections.reject(|_| None::<()>).is_none(),
                                "the circuit rejected nothing"
                            );
                        }
                    });
                }
            });
        }
        assert_eq!(rejections.counted(), 1000);
        let kept = rejections.lock().counts.as_ref().map_or(0, |counts| counts.kept.len());
        assert!(kept <= 2, "{kept}");
    }
}
