//! What is kept of the observed calls under way, outside of the calls, so that a future has no room for it: a call holds a
//! number, and 0 if nobody observes it.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::Exchanged;
use super::trace::CallSpan;
use super::{CallOutcome, SiteEntry, StatsCell};
use crate::time::Instant;

/// An observed call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) entry: &'static SiteEntry,
    /// `None`: nobody is told of it, and it has no statistics.
    pub(super) began: Option<Instant>,
    /// Listeners are told of it. It has statistics otherwise.
    pub(super) is_heard: bool,
    /// What it follows in place of the policy in the code.
    pub(super) exchanged: Exchanged,
    pub(super) stats: Option<&'static StatsCell>,
    pub(super) span: CallSpan,
    /// The number of its attempts, if that is bounded.
    pub(super) attempts: Option<u32>,
    /// How many of its attempts have been told.
    pub(super) told: u32,
    /// How it ends, where the error that it returns is not told yet.
    pub(super) ends: Option<CallOutcome>,
}

/// Threads take turns in them, so that two threads seldom wait for each other.
const SHARDS: u32 = 16;

static CALLS: [Mutex<CallShard>; SHARDS as usize] = [const { Mutex::new(CallShard::new()) }; SHARDS as usize];

struct CallShard {
    calls: Vec<Option<Call>>,
    /// Indices of places without a call.
    free: Vec<u32>,
}

impl CallShard {
    const fn new() -> Self {
        Self { calls: Vec::new(), free: Vec::new() }
    }

    /// A place without a call.
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

    /// Keeps a call. `None` if 67 million are under way: then it is not observed.
    ///
    /// The number is below 2³⁰.
    pub(super) fn enter(call: Call) -> Option<Self> {
        let shard = own_shard();
        let mut calls = lock(shard);
        let index = calls.place()?;
        calls.calls[index as usize] = Some(call);
        NonZeroU32::new(index * SHARDS + shard + 1).map(Self)
    }

    /// The call, of which one more attempt is told.
    pub(super) fn tell(self) -> Option<Call> {
        let (shard, index) = self.place();
        let mut calls = lock(shard);
        let call = calls.calls.get_mut(index as usize)?.as_mut()?;
        call.told = call.told.saturating_add(1);
        Some(call.clone())
    }

    /// The call, as it is.
    pub(super) fn call(self) -> Option<Call> {
        let (shard, index) = self.place();
        lock(shard).calls.get(index as usize)?.clone()
    }

    /// Keeps how it ends.
    pub(super) fn end(self, outcome: CallOutcome) {
        let (shard, index) = self.place();
        if let Some(Some(call)) = lock(shard).calls.get_mut(index as usize) {
            call.ends = Some(outcome);
        }
    }

    /// Ends it. The number may be given to another call from now on.
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

/// Where this thread's calls begin.
fn own_shard() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local! {
        static OWN: Cell<Option<u32>> = const { Cell::new(None) };
    }
    // A thread that is ending may have none any more.
    OWN.try_with(|own| {
        own.get().unwrap_or_else(|| {
            // Relaxed: that threads differ is all.
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
            exchanged: Exchanged::NONE,
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
