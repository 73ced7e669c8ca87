//! A clock that tests advance.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::clock::by_hand;
use crate::time::Nanos;

/// A manual clock for the thread that installs it, until it is dropped. It stands still, except that every sync delay
/// advances it at once, and so does [`advance`](Self::advance).
///
/// ```
/// use resilience::{retry, testing::ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::install();
/// let result = retry(|| Err::<(), _>("down")).times(3).interval(Duration::from_secs(60)).call();
/// assert_eq!(result, Err("down"));
/// assert_eq!(clock.elapsed(), Duration::from_secs(120));
/// ```
#[must_use = "the clock is removed when this is dropped"]
pub struct ManualClock {
    id: by_hand::Id,
    /// The clock belongs to the thread.
    not_send: PhantomData<*const ()>,
}

impl ManualClock {
    /// Installs a clock for this thread, at zero. An earlier one applies again when this one is dropped.
    pub fn install() -> Self {
        Self { id: by_hand::install(), not_send: PhantomData }
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        by_hand::advance(self.id, Nanos::of(by));
    }

    /// The time since the clock was installed.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        by_hand::moved(self.id).map_or(Duration::ZERO, Nanos::to_duration)
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        by_hand::remove(self.id);
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("elapsed", &self.elapsed()).finish()
    }
}
