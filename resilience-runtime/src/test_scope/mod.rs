//! The state behind `testing::Scope`: what applies to the calls of one thread or task.
//!
//! A thread has a chain of open scopes, outermost first. A future that runs in a scope brings a chain with it, and
//! exchanges it for that of the thread whenever it is polled or dropped. A closed scope applies nowhere, even if a
//! chain still holds it.

mod fault;
#[cfg(feature = "tokio")]
mod limit;
mod slots;

use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::fault::ArmedFault;
pub use self::fault::Fault;
pub(crate) use self::fault::{FaultEnd, MetFault};
#[cfg(feature = "tokio")]
pub(crate) use self::limit::{polled_until, within_limit};
use self::slots::ScopeSlots;
pub(crate) use self::slots::{SlotId, replaced};
use crate::circuit::CircuitState;
use crate::time::Nanos;

/// One scope, shared by its handle and its tasks.
pub(crate) struct ScopeState {
    is_open: AtomicBool,
    skips_waits: AtomicBool,
    /// `u32::MAX`: not limited.
    max_attempts: AtomicU32,
    /// The sum of the skipped waits in nanoseconds. Only that of an outermost scope is used.
    skipped: AtomicU64,
    seeded: Mutex<Option<Seeded>>,
    content: Mutex<Content>,
}

/// Separate generators, so that an additional fault does not change the jitter.
struct Seeded {
    jitter: fastrand::Rng,
    faults: fastrand::Rng,
}

#[derive(Default)]
struct Content {
    faults: Vec<ArmedFault>,
    /// The initial states of circuits, by name. The last one of a name applies.
    circuits: Vec<(String, CircuitState)>,
    slots: ScopeSlots,
}

/// Open scopes, outermost first.
type Chain = Vec<Arc<ScopeState>>;

thread_local! {
    static CHAIN: RefCell<Chain> = const { RefCell::new(Vec::new()) };
}

/// The number of open scopes in the program.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Whether any thread has an open scope.
#[inline]
pub(crate) fn is_any_open() -> bool {
    // Relaxed, here and below: a thread observes the scopes that it opened, and those of its task.
    OPEN.load(Ordering::Relaxed) != 0
}

/// The open scopes that apply here, innermost first.
pub(crate) fn here() -> Chain {
    if !is_any_open() {
        return Vec::new();
    }
    // A thread that is ending has no scopes.
    let mut chain = CHAIN.try_with(|chain| chain.borrow().clone()).unwrap_or_default();
    chain.retain(|scope| scope.is_open());
    chain.reverse();
    chain
}

/// The first value that a scope has, from the innermost one.
fn find<T>(value: impl Fn(&ScopeState) -> Option<T>) -> Option<T> {
    here().iter().find_map(|scope| value(scope))
}

/// The limit on attempts of a call that begins here.
pub(crate) fn max_attempts() -> Option<u32> {
    let limits = here().into_iter().map(|scope| scope.max_attempts.load(Ordering::Relaxed));
    limits.min().filter(|most| *most != u32::MAX)
}

/// A number from the seeded generator for jitter, if there is one.
pub(crate) fn draw() -> Option<u64> {
    find(|scope| scope.seeded().as_mut().map(|seeded| seeded.jitter.u64(..)))
}

/// Skips a wait that begins here, and advances the time of the scope instead. Returns whether waits are skipped.
pub(crate) fn skip(wait: Nanos) -> bool {
    let scopes = here();
    let skips = scopes.iter().any(|scope| scope.skips_waits.load(Ordering::Relaxed));
    if let (true, Some(outermost)) = (skips, scopes.last()) {
        let skipped = &outermost.skipped;
        let mut before = skipped.load(Ordering::Relaxed);
        while let Err(other) = skipped.compare_exchange_weak(
            before,
            Nanos::new(before).plus(wait).get(),
            Ordering::Relaxed,
            Ordering::Relaxed,
        ) {
            before = other;
        }
    }
    skips
}

/// The time by which the scope's clock is ahead.
pub(crate) fn skipped() -> Nanos {
    let skipped = here().last().map_or(0, |outermost| outermost.skipped.load(Ordering::Relaxed));
    Nanos::new(skipped)
}

/// The fault for a call that passes through what these names stand for.
pub(crate) fn meet(names: &[&str]) -> Option<MetFault> {
    let mut met = MetFault::default();
    for scope in here() {
        let mut content = scope.content();
        let faults = content.faults.iter_mut().rev().filter(|fault| names.contains(&fault.name()));
        for fault in faults {
            fault.meet(&mut met);
        }
    }
    met.is_any().then_some(met)
}

/// A number from `0.0` to `1.0` for a fault's probability.
fn chance() -> f64 {
    find(|scope| scope.seeded().as_mut().map(|seeded| seeded.faults.f64())).unwrap_or_else(fastrand::f64)
}

impl ScopeState {
    /// Opens a scope inside the current one of this thread.
    pub(crate) fn open() -> Arc<Self> {
        let scope = Arc::new(Self {
            is_open: AtomicBool::new(true),
            skips_waits: AtomicBool::new(false),
            max_attempts: AtomicU32::new(u32::MAX),
            skipped: AtomicU64::new(0),
            seeded: Mutex::new(None),
            content: Mutex::default(),
        });
        let _ = CHAIN.try_with(|chain| chain.borrow_mut().push(Arc::clone(&scope)));
        OPEN.fetch_add(1, Ordering::Relaxed);
        scope
    }

    /// Closes the scope everywhere.
    pub(crate) fn close(self: &Arc<Self>) {
        self.is_open.store(false, Ordering::Relaxed);
        OPEN.fetch_sub(1, Ordering::Relaxed);
        let _ = CHAIN.try_with(|chain| chain.borrow_mut().retain(|scope| !Arc::ptr_eq(scope, self)));
        // Faults hold closures of the user, which are dropped without the lock.
        let _content = mem::take(&mut *self.content());
    }

    fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Relaxed)
    }

    /// Whether it applies here.
    pub(crate) fn applies(self: &Arc<Self>) -> bool {
        here().iter().any(|scope| Arc::ptr_eq(scope, self))
    }

    /// The chain for a future that runs in this scope.
    pub(crate) fn chain(self: &Arc<Self>) -> ScopeChain {
        let mut chain = CHAIN.try_with(|chain| chain.borrow().clone()).unwrap_or_default();
        match chain.iter().position(|scope| Arc::ptr_eq(scope, self)) {
            Some(place) => chain.truncate(place + 1),
            // The scope was opened by a future that has left this thread.
            None => chain.push(Arc::clone(self)),
        }
        ScopeChain(chain)
    }

    pub(crate) fn skip_waits(&self) {
        self.skips_waits.store(true, Ordering::Relaxed);
    }

    pub(crate) fn limit_attempts(&self, most: u32) {
        self.max_attempts.store(most.max(1), Ordering::Relaxed);
    }

    pub(crate) fn seed(&self, seed: u64) {
        let [jitter, faults] = [(); 2].map(|()| fastrand::Rng::with_seed(seed));
        *self.seeded() = Some(Seeded { jitter, faults });
    }

    pub(crate) fn inject(&self, name: String, fault: Fault) {
        self.content().faults.push(ArmedFault::new(name, fault));
    }

    /// Circuits of this name begin in this state. Earlier ones of this scope are forgotten.
    pub(crate) fn set_circuit(&self, name: &str, state: CircuitState) {
        let forgotten = {
            let mut content = self.content();
            content.circuits.push((name.to_owned(), state));
            content.slots.take(name)
        };
        drop(forgotten);
    }

    /// The initial state of a circuit with one of these names, if this scope sets it.
    pub(crate) fn circuit(&self, names: &[&str]) -> Option<CircuitState> {
        let content = self.content();
        let mut circuits = content.circuits.iter().rev();
        circuits.find(|(name, _)| names.contains(&name.as_str())).map(|(_, state)| *state)
    }

    fn seeded(&self) -> MutexGuard<'_, Option<Seeded>> {
        self.seeded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ScopeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeState").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

/// The chain of a future.
#[derive(Clone, Debug)]
pub(crate) struct ScopeChain(Chain);

impl ScopeChain {
    /// Runs a part of the future in its scopes. Scopes that the part leaves open stay with the future.
    pub(crate) fn run<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let _swap = ChainSwap::new(&mut self.0);
        part()
    }
}

/// Exchanges the chains, and exchanges them again at the end, even after a panic.
struct ChainSwap<'c>(&'c mut Chain);

impl<'c> ChainSwap<'c> {
    fn new(chain: &'c mut Chain) -> Self {
        exchange(chain);
        Self(chain)
    }
}

impl Drop for ChainSwap<'_> {
    fn drop(&mut self) {
        exchange(self.0);
    }
}

fn exchange(chain: &mut Chain) {
    let _ = CHAIN.try_with(|of_thread| mem::swap(&mut *of_thread.borrow_mut(), chain));
}
