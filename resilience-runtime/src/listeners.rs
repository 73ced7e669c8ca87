//! Lists of listeners.

use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The id of a listener, to remove it: [`telemetry::unlisten`](crate::telemetry::unlisten),
/// [`CircuitBreaker::unlisten`](crate::CircuitBreaker::unlisten).
///
/// Ids are unique in a program: passed to the wrong circuit, an id removes nothing.
/// ```
/// let id = resilience::circuits().listen(|event| eprintln!("{}: {:?}", event.name(), event.kind()));
/// assert!(resilience::circuits().unlisten(id));
/// assert!(!resilience::circuits().unlisten(id));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

impl ListenerId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Relaxed: only uniqueness is required.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

type Entries<F> = Arc<[(ListenerId, Arc<F>)]>;

/// Listeners of one type, `dyn Fn(..)`.
pub(crate) struct Listeners<F: ?Sized + 'static> {
    any: AtomicBool,
    /// Replaced as a whole, so that events are delivered without the lock.
    entries: Mutex<Option<Entries<F>>>,
}

thread_local! {
    static TELLING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a listener. Calls made there have no events, to prevent endless loops.
pub(crate) fn is_telling() -> bool {
    TELLING.try_with(Cell::get).unwrap_or(true)
}

impl<F: ?Sized + Send + Sync> Listeners<F> {
    pub(crate) const fn new() -> Self {
        Self { any: AtomicBool::new(false), entries: Mutex::new(None) }
    }

    pub(crate) fn add(&self, listener: Arc<F>) -> ListenerId {
        let id = ListenerId::next();
        self.replace(|entries| entries.push((id, listener)));
        id
    }

    /// Returns whether the listener was present.
    pub(crate) fn remove(&self, id: ListenerId) -> bool {
        let mut removed = None;
        self.replace(|entries| {
            let place = entries.iter().position(|(other, _)| *other == id);
            removed = place.map(|place| entries.remove(place));
        });
        let was_there = removed.is_some();
        // Without the lock: the listener's values are user code.
        contained(|| drop(removed));
        was_there
    }

    fn replace(&self, change: impl FnOnce(&mut Vec<(ListenerId, Arc<F>)>)) {
        let _old = {
            let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
            let mut list = entries.as_deref().map(<[_]>::to_vec).unwrap_or_default();
            change(&mut list);
            // Relaxed: the list itself is read under its lock. A thread that misses the change counts as an earlier
            // one. Stored under the lock, so that the last change wins.
            self.any.store(!list.is_empty(), Ordering::Relaxed);
            let new = (!list.is_empty()).then(|| list.into());
            std::mem::replace(&mut *entries, new)
        };
    }

    #[inline]
    pub(crate) fn any(&self) -> bool {
        // Relaxed: see `replace`.
        self.any.load(Ordering::Relaxed)
    }

    /// Calls the listeners without the lock. A panic in a listener is caught and ignored.
    pub(crate) fn tell(&self, tell: impl Fn(&F)) {
        if !self.any() {
            return;
        }
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(entries) = entries else { return };
        let outer = TELLING.replace(true);
        for (_, listener) in &*entries {
            contained(|| tell(listener));
        }
        // Drops a listener that was removed meanwhile.
        contained(|| drop(entries));
        TELLING.set(outer);
    }
}

/// Runs a user callback, and catches its panics.
#[cfg(feature = "tracing")]
pub(crate) fn telling(tell: impl FnOnce()) {
    let outer = TELLING.replace(true);
    contained(tell);
    TELLING.set(outer);
}

/// Runs a closure, and catches its panics.
fn contained(run: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(run)) else { return };
    // The panic's payload may itself panic when it is dropped. The payload of that panic is leaked.
    if let Err(worse) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(worse);
    }
}

impl<F: ?Sized> fmt::Debug for Listeners<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").finish_non_exhaustive()
    }
}
