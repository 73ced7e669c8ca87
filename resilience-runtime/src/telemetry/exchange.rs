//! Replaces options of the policies of named sites while the program runs.
//!
//! Overrides are interned and live as long as the program, so a number stays valid for calls that begin while the
//! override of a site is replaced.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::site::{SiteEntry, watch};
use super::{SiteKind, sites};
use crate::attempts::{Policy, PolicyKind, PolicyOverride};

/// The override of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchanged(u32);

/// The interned overrides, by number. Shard `n` has `2ⁿ` places, so that no override moves and readers need no lock.
static INTERNED: [OnceLock<Box<[OnceLock<PolicyOverride>]>>; 32] = [const { OnceLock::new() }; 32];

/// The number of interned overrides. The lock serializes writers.
static COUNT: Mutex<u32> = Mutex::new(0);

impl Exchanged {
    /// The policy in the code.
    pub(super) const NONE: Self = Self(0);

    /// The override for a call that begins now.
    pub(super) fn at(entry: &SiteEntry) -> Self {
        // Acquire: the override of this number has been written.
        Self(entry.exchanged.load(Ordering::Acquire))
    }

    /// The number of this override, from 1. Equal overrides have the same number.
    fn intern(by: PolicyOverride) -> Self {
        let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (1..=*count).map(Self).find(|number| number.get() == Some(&by));
        known.unwrap_or_else(|| {
            // Cannot overflow: 2³² overrides do not fit into memory.
            *count = count.saturating_add(1);
            let (shard, index) = place(*count);
            let shard = INTERNED[shard].get_or_init(|| (0..1 << shard).map(|_| OnceLock::new()).collect());
            shard[index].get_or_init(|| by);
            Self(*count)
        })
    }

    /// The policy with this override. `None` without one, or if it is for the other kind of policy.
    pub(super) fn replace<P: Policy>(self, policy: P) -> Option<P> {
        self.get()?.replace(policy)
    }

    pub(super) fn get(self) -> Option<&'static PolicyOverride> {
        if self == Self::NONE {
            return None;
        }
        let (shard, index) = place(self.0);
        INTERNED[shard].get()?.get(index)?.get()
    }
}

/// Shard and index. A number is at least 1.
const fn place(number: u32) -> (usize, usize) {
    let shard = number.ilog2();
    (shard as usize, (number - (1 << shard)) as usize)
}

impl SiteEntry {
    /// Calls that begin from now on use these options; running calls keep theirs. Returns whether the override was
    /// applied: this requires a site with a name, and options for the site's kind.
    pub(crate) fn exchange(&self, by: PolicyOverride) -> bool {
        let fits = match self.kind {
            SiteKind::Retry | SiteKind::AsyncBackoff | SiteKind::AsyncRetry => by.kind == PolicyKind::Retry,
            SiteKind::Poll => by.kind == PolicyKind::Poll,
            // A function form ignores an override of the other kind.
            SiteKind::Function => true,
            SiteKind::Circuit => false,
        };
        if fits && self.name.is_given() {
            self.follow(Exchanged::intern(by));
            return true;
        }
        false
    }

    /// Calls that begin from now on use the policy in the code.
    pub(crate) fn revert(&self) {
        self.follow(Exchanged::NONE);
    }

    fn follow(&self, exchanged: Exchanged) {
        let _lock = sites::lock();
        // Release: see `Exchanged::at`.
        self.exchanged.store(exchanged.0, Ordering::Release);
        self.watch(watch::EXCHANGED, exchanged != Exchanged::NONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempts::{PollPolicy, RetryPolicy};
    use crate::option_value::OptionValue;

    #[test]
    fn equal_overrides_have_one_number_and_a_number_stays_valid() {
        let by = |times| PolicyOverride {
            kind: PolicyKind::Retry,
            options: vec![("times", OptionValue::Count(times))],
            keeps_absent_limits: true,
        };
        let numbers: Vec<_> = (1..=100).map(|times| Exchanged::intern(by(times))).collect();
        for (times, number) in (1..=100).zip(&numbers) {
            assert_eq!(number.replace(RetryPolicy::new()), Some(RetryPolicy::new().times(times)));
            assert_eq!(number.replace(PollPolicy::new()), None, "it is of the other kind");
            assert_eq!(Exchanged::intern(by(times)), *number);
        }
        assert_eq!(Exchanged::NONE.replace(RetryPolicy::new()), None);
    }
}
