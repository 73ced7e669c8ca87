//! Loops inside of loops: their numbers of attempts multiply.
//!
//! Each thread keeps a stack of the attempts that it runs. Attempts of blocking calls are on it from their beginning to
//! their end, those of async calls while they are polled.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use super::calls::{Call, CallNumber};
use super::{Event, LISTENERS, Site, SiteEntry};

/// A loop runs inside an attempt of another loop: [`Event::Nested`].
///
/// The event is delivered once per program for each pair of sites, when the inner call begins. The layers of one
/// function are such a pair, too.
///
/// Work that an attempt passes to other threads or tasks is not inside of it. Everything that runs on the thread of a
/// blocking attempt is inside of it, even if the attempt drives an async runtime. Conditions, such as `on` and
/// `until`, belong to the attempt that they examine; `on_error` does not.
#[derive(Clone, Copy, Debug)]
pub struct NestedEvent {
    outer: Site,
    inner: Site,
    attempts: Option<u32>,
}

impl NestedEvent {
    /// The outer loop, whose attempt is running.
    #[must_use]
    pub const fn outer(&self) -> Site {
        self.outer
    }

    /// The inner loop.
    #[must_use]
    pub const fn inner(&self) -> Site {
        self.inner
    }

    /// The maximum number of inner attempts for one call of the outer loop: the product of both numbers. `None` if
    /// one of them is not bounded.
    #[must_use]
    pub const fn attempts(&self) -> Option<u32> {
        self.attempts
    }
}

/// A running observed call.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunningCall {
    number: CallNumber,
    entry: &'static SiteEntry,
    /// The maximum number of its attempts, if bounded.
    attempts: Option<u32>,
    /// It is between two attempts, where `on_error` runs.
    is_paused: bool,
}

impl RunningCall {
    pub(super) const fn new(number: CallNumber, entry: &'static SiteEntry, attempts: Option<u32>) -> Self {
        Self { number, entry, attempts, is_paused: false }
    }
}

/// Outer and inner site, by address.
type Pair = (usize, usize);

/// The pairs that have been reported.
static TOLD: Mutex<BTreeSet<Pair>> = Mutex::new(BTreeSet::new());

struct Thread {
    /// The calls whose attempts run on this thread, outermost first.
    running: Vec<RunningCall>,
    /// A cache of pairs in [`TOLD`], which need no lookup.
    known: Vec<Pair>,
}

thread_local! {
    static THREAD: RefCell<Thread> = const { RefCell::new(Thread { running: Vec::new(), known: Vec::new() }) };
}

/// A call begins on this thread. A call that `is_blocking` stays on it.
pub(super) fn begins(inner: RunningCall, is_blocking: bool) {
    if !LISTENERS.any() {
        return;
    }
    let outer = THREAD.try_with(|thread| {
        let mut thread = thread.borrow_mut();
        let outer = thread.running.iter().rfind(|call| !call.is_paused).copied();
        if is_blocking {
            thread.running.push(inner);
        }
        outer.filter(|outer| thread.meets(pair(outer.entry, inner.entry)))
    });
    // A thread that is ending has no stack.
    if let Ok(Some(outer)) = outer {
        tell(outer, inner);
    }
}

/// An attempt of a call has ended, and another one follows.
pub(super) fn pauses(number: CallNumber) {
    pause(number, true);
}

/// The next attempt of a call begins.
pub(super) fn resumes(number: CallNumber) {
    pause(number, false);
}

fn pause(number: CallNumber, is_paused: bool) {
    let _ = THREAD.try_with(|thread| {
        // An async call is not on the stack at this time.
        let running = &mut thread.borrow_mut().running;
        if let Some(call) = running.iter_mut().rfind(|call| call.number == number) {
            call.is_paused = is_paused;
        }
    });
}

/// An attempt of an async call is polled on this thread, until `leaves`.
#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "nothing is async"))]
#[cold]
#[inline(never)]
pub(super) fn enters(number: CallNumber) {
    if !LISTENERS.any() {
        return;
    }
    let Some(Call { entry, attempts, is_heard: true, .. }) = number.call() else { return };
    let running = RunningCall::new(number, entry, attempts);
    let _ = THREAD.try_with(|thread| thread.borrow_mut().running.push(running));
}

/// A call has ended, or leaves this thread.
#[cold]
#[inline(never)]
pub(super) fn leaves(number: CallNumber) {
    let _ = THREAD.try_with(|thread| {
        let running = &mut thread.borrow_mut().running;
        if let Some(place) = running.iter().rposition(|call| call.number == number) {
            running.truncate(place);
        }
    });
}

fn pair(outer: &'static SiteEntry, inner: &'static SiteEntry) -> Pair {
    (ptr::from_ref(outer).addr(), ptr::from_ref(inner).addr())
}

impl Thread {
    /// Whether this is the first time that any thread meets this pair. A function that calls itself is not a pair.
    fn meets(&mut self, pair: Pair) -> bool {
        if pair.0 == pair.1 || self.known.contains(&pair) {
            return false;
        }
        self.known.push(pair);
        TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(pair)
    }
}

fn tell(outer: RunningCall, inner: RunningCall) {
    let attempts = outer.attempts.zip(inner.attempts).map(|(outer, inner)| outer.saturating_mul(inner));
    let nested = NestedEvent { outer: Site(outer.entry), inner: Site(inner.entry), attempts };
    LISTENERS.tell(|listener| listener(&Event::Nested(nested)));
}
