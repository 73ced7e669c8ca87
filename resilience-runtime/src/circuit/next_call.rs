use std::fmt;
use std::time::Duration;

use super::store::Store;
use crate::sleep::{Cut, RejectionHint};
use crate::time::Nanos;

/// What a circuit would do with the next call: what a loop above it has to know before it waits.
#[derive(Clone, Copy)]
pub struct NextCall<'a>(Option<&'a Store>);

impl<'a> NextCall<'a> {
    #[inline]
    pub(super) const fn new(store: Option<&'a Store>) -> Self {
        Self(store)
    }

    /// `told` by circuits below, with what this one adds, which returns its rejections.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn rejected(self, told: RejectionHint) -> RejectionHint {
        let Some(left) = self.rejects() else { return told };
        let Some((below, is_real)) = told else { return Some((left.limit(), true)) };
        // Both have to admit the call.
        Some((left.max(below.map_or(Nanos::NEVER, Nanos::of)).limit(), is_real))
    }

    /// `told` by circuits below, as far as it reaches past this one, which answers in place of the calls that it rejects.
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

/// Who may drop a call in a future.
pub trait Above {
    /// Its caller, and no limit.
    const ONLY_CALLER: bool;

    /// The time limit that drops it now, if one does.
    fn limit(&self) -> Option<Duration>;

    /// Tells that limit what the circuit does with the next call.
    fn tell(&self, next: NextCall<'_>);
}

/// Its caller alone.
impl Above for () {
    const ONLY_CALLER: bool = true;

    #[inline]
    fn limit(&self) -> Option<Duration> {
        None
    }

    #[inline]
    fn tell(&self, _: NextCall<'_>) {}
}

/// A time limit of a layer above, too. `ANSWERS`: the circuit has a fallback.
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
