//! Replaces the policies of named sites while the program runs.
//!
//! Policies are interned and live as long as the program, so a number stays valid for running calls even if the
//! policy of a site is replaced repeatedly.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::site::{SiteEntry, watch};
use super::{SiteKind, sites};
use crate::attempts::{AnyPolicy, Policy};

/// The policy that a call uses instead of that in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchanged(u32);

/// The interned policies, by number. Shard `n` has `2ⁿ` places, so that no policy moves and readers need no lock.
static INTERNED: [OnceLock<Box<[OnceLock<AnyPolicy>]>>; 32] = [const { OnceLock::new() }; 32];

/// The number of interned policies. The lock serializes writers.
static COUNT: Mutex<u32> = Mutex::new(0);

impl Exchanged {
    /// The policy in the code.
    pub(super) const NONE: Self = Self(0);

    /// The policy for a call that begins now.
    pub(super) fn at(entry: &SiteEntry) -> Self {
        // Acquire: the policy of this number has been written.
        Self(entry.exchanged.load(Ordering::Acquire))
    }

    pub(super) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The policy with the attempts that the current test scope allows.
    #[cfg(feature = "testing")]
    pub(super) fn within_scope<P: Policy>(self, in_code: &P) -> Self {
        match crate::test_scope::max_attempts() {
            Some(most) => Self::intern(self.get().unwrap_or(in_code).limited_to(most)),
            None => self,
        }
    }

    /// The number of this policy, from 1. Equal policies have the same number.
    fn intern(policy: AnyPolicy) -> Self {
        let mut count = COUNT.lock().unwrap_or_else(PoisonError::into_inner);
        let known = (1..=*count).map(Self).find(|number| number.any() == Some(&policy));
        known.unwrap_or_else(|| {
            // Cannot overflow: 2³² policies do not fit into memory.
            *count = count.saturating_add(1);
            let (shard, index) = place(*count);
            let shard = INTERNED[shard].get_or_init(|| (0..1 << shard).map(|_| OnceLock::new()).collect());
            shard[index].get_or_init(|| policy);
            Self(*count)
        })
    }

    /// The policy. `None` also if it is of the other kind.
    pub(super) fn get<P: Policy>(self) -> Option<&'static P> {
        self.any().and_then(P::of)
    }

    fn any(self) -> Option<&'static AnyPolicy> {
        if self.is_none() {
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
    /// Calls that begin from now on use this policy; running calls keep theirs. Returns whether the policy was
    /// replaced: this requires a site with a name, and a policy of the site's kind.
    pub(crate) fn exchange(&self, policy: AnyPolicy) -> bool {
        let is_poll = matches!(policy, AnyPolicy::Poll(_));
        let fits = match self.kind {
            SiteKind::Retry | SiteKind::AsyncBackoff | SiteKind::AsyncRetry => !is_poll,
            SiteKind::Poll => is_poll,
            // A function form ignores a policy of the other kind.
            SiteKind::Function => true,
            SiteKind::Circuit => false,
        };
        if fits && self.name.is_given() {
            self.follow(Exchanged::intern(policy));
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

    #[test]
    fn equal_policies_have_one_number_and_a_number_stays_valid() {
        let policy = |times| AnyPolicy::Retry(RetryPolicy::new().times(times));
        let numbers: Vec<_> = (1..=100).map(|times| Exchanged::intern(policy(times))).collect();
        for (times, number) in (1..=100).zip(&numbers) {
            assert_eq!(number.get(), Some(&RetryPolicy::new().times(times)));
            assert_eq!(number.get::<PollPolicy>(), None, "it is of the other kind");
            assert_eq!(Exchanged::intern(policy(times)), *number);
        }
        assert_eq!(Exchanged::NONE.get::<RetryPolicy>(), None);
    }
}
