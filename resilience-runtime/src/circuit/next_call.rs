use std::fmt;
use std::time::Duration;

use super::store::Store;
use crate::sleep::{Cut, RejectionHint};
use crate::time::Nanos;

/// A query for how a circuit treats the next call. Outer loops need this before they wait.
#[derive(Clone, Copy)]
pub struct NextCall<'a>(Option<&'a Store>);

impl<'a> NextCall<'a> {
    #[inline]
    pub(super) const fn new(store: Option<&'a Store>) -> Self {
        Self(store)
    }

    /// Combines the hint of inner circuits with that of this circuit, whose rejections are returned.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn rejected(self, told: RejectionHint) -> RejectionHint {
        let Some(left) = self.rejects() else { return told };
        let Some((below, is_real)) = told else { return Some((left.limit(), true)) };
        // Both circuits have to admit the call.
        Some((left.max(below.map_or(Nanos::NEVER, Nanos::of)).limit(), is_real))
    }

    /// The part of the inner circuits' hint that gets past this circuit, which has a fallback for the calls that it
    /// rejects.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn answered(self, told: RejectionHint) -> RejectionHint {
        told.filter(|(_, is_real)| !is_real || self.rejects().is_none())
    }

    fn rejects(self) -> Option<Nanos> {
        self.0?.rejects()
    }
}

impl fmt::Debug for NextCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NextCall").field(&self.0.map(Store::name)).finish()
    }
}

/// The layers that may drop a call in a future.
pub trait Above {
    /// Whether only the caller may drop it, and no time limit.
    const ONLY_CALLER: bool;

    /// The time limit that is dropping the call now, if any.
    fn limit(&self) -> Option<Duration>;

    /// Passes the hint about the next call to the time limit.
    fn tell(&self, next: NextCall<'_>);
}

/// Only the caller.
impl Above for () {
    const ONLY_CALLER: bool = true;

    #[inline]
    fn limit(&self) -> Option<Duration> {
        None
    }

    #[inline]
    fn tell(&self, _: NextCall<'_>) {}
}

/// A time limit of an outer layer as well. `ANSWERS`: the circuit has a fallback.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'c, const ANSWERS: bool>(pub(super) &'c Cut);

impl<const ANSWERS: bool> Above for Limits<'_, ANSWERS> {
    const ONLY_CALLER: bool = false;

    fn limit(&self) -> Option<Duration> {
        self.0.limit()
    }

    fn tell(&self, next: NextCall<'_>) {
        let told = self.0.told();
        self.0.tell(if ANSWERS { next.answered(told) } else { next.rejected(told) });
    }
}
