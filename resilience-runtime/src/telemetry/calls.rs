//! Records of the observed running calls. They are stored outside of the calls, so that futures stay small: a call
//! has a number, or 0 if it is not observed.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::trace::CallSpan;
use super::{CallOutcome, SiteEntry, StatsCell};
use crate::attempts::AnyPolicy;
use crate::time::Instant;

/// The record of an observed call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) entry: &'static SiteEntry,
    /// `None`: it has no listeners and no statistics.
    pub(super) began: Option<Instant>,
    /// Whether listeners get its events. Otherwise it only has statistics.
    pub(super) is_heard: bool,
    /// The policy that it uses instead of that in the code.
    pub(super) replaced: Option<AnyPolicy>,
    pub(super) stats: Option<&'static StatsCell>,
    pub(super) span: CallSpan,
    /// The maximum number of its attempts, if bounded.
    pub(super) attempts: Option<u32>,
    /// The number of its attempts that have been reported.
    pub(super) told: u32,
    /// Its outcome, if the returned error has not been reported yet.
    pub(super) ends: Option<CallOutcome>,
}

/// Threads are distributed over the shards, so that two threads rarely compete for one.
const SHARDS: u32 = 16;

static CALLS: [Mutex<CallShard>; SHARDS as usize] = [const { Mutex::new(CallShard::new()) }; SHARDS as usize];

struct CallShard {
    calls: Vec<Option<Call>>,
    /// Indices of vacant places.
    free: Vec<u32>,
}

impl CallShard {
    const fn new() -> Self {
        Self { calls: Vec::new(), free: Vec::new() }
    }

    /// The index of a vacant place.
    fn place(&mut self) -> Option<u32> {
        if let Some(index) = self.free.pop() {
            return Some(index);
        }
        let index = u32::try_from(self.calls.len()).ok().filter(|index| *index < (1 << 30) / SHARDS - 1)?;
        self.calls.push(None);
        Some(index)
    }
}

/// The number of an observed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallNumber(NonZeroU32);

impl CallNumber {
    pub(super) const fn of(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    pub(super) const fn get(self) -> u32 {
        self.0.get()
    }

    /// Stores a call. `None` if 67 million calls are running: the call is then not observed.
    ///
    /// The number is below 2³⁰.
    pub(super) fn enter(call: Call) -> Option<Self> {
        let shard = own_shard();
        let mut calls = lock(shard);
        let index = calls.place()?;
        calls.calls[index as usize] = Some(call);
        NonZeroU32::new(index * SHARDS + shard + 1).map(Self)
    }

    /// Counts one more reported attempt, and returns the record.
    pub(super) fn tell(self) -> Option<Call> {
        let (shard, index) = self.place();
        let mut calls = lock(shard);
        let call = calls.calls.get_mut(index as usize)?.as_mut()?;
        call.told = call.told.saturating_add(1);
        Some(call.clone())
    }

    /// Returns the record unchanged.
    pub(super) fn call(self) -> Option<Call> {
        let (shard, index) = self.place();
        lock(shard).calls.get(index as usize)?.clone()
    }

    /// Stores its outcome.
    pub(super) fn end(self, outcome: CallOutcome) {
        let (shard, index) = self.place();
        if let Some(Some(call)) = lock(shard).calls.get_mut(index as usize) {
            call.ends = Some(outcome);
        }
    }

    /// Removes the record. Its number may be reused from now on.
    pub(super) fn leave(self) -> Option<Call> {
        let (shard, index) = self.place();
        let mut calls = lock(shard);
        let call = calls.calls.get_mut(index as usize)?.take()?;
        calls.free.push(index);
        Some(call)
    }

    const fn place(self) -> (u32, u32) {
        let number = self.0.get() - 1;
        (number % SHARDS, number / SHARDS)
    }
}

fn lock(shard: u32) -> MutexGuard<'static, CallShard> {
    CALLS[shard as usize].lock().unwrap_or_else(PoisonError::into_inner)
}

/// The shard for this thread's calls.
fn own_shard() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local! {
        static OWN: Cell<Option<u32>> = const { Cell::new(None) };
    }
    // A thread that is ending may have no shard.
    OWN.try_with(|own| {
        own.get().unwrap_or_else(|| {
            // Relaxed: only distinct numbers are required.
            let shard = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            own.set(Some(shard));
            shard
        })
    })
    .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site_name::SiteName;
    use crate::telemetry::SiteKind;

    static ENTRY: SiteEntry = SiteEntry::new(SiteKind::Retry, SiteName::Given("f"), "", 1);

    #[test]
    fn a_call_is_found_under_its_number_until_it_leaves() {
        let call = Call {
            entry: &ENTRY,
            began: None,
            is_heard: true,
            replaced: None,
            stats: None,
            span: CallSpan::none(),
            attempts: None,
            told: 0,
            ends: None,
        };
        let numbers: Vec<_> =
            (0..100).map(|_| CallNumber::enter(call.clone()).expect("there is room")).collect();
        for number in &numbers {
            assert_eq!(number.tell().map(|call| call.told), Some(1));
            assert!(number.leave().is_some());
            assert!(number.tell().is_none());
            assert!(number.leave().is_none(), "it has left");
        }
        let next = CallNumber::enter(call.clone()).expect("there is room");
        assert!(numbers.contains(&next), "places are used again");
        next.leave();
    }
}
