use std::iter::FusedIterator;
use std::time::Duration;

use super::{Backoff, DelayState};
use crate::rng::Chance;

/// An endless iterator of the delays of a [`Backoff`]. "Never" is [`Duration::MAX`].
///
/// ```
/// use resilience::Backoff;
/// use std::time::Duration;
///
/// let backoff = Backoff::decorrelated(Duration::from_millis(10)).max(Duration::from_secs(1));
/// assert!(backoff.delays_seeded(7).take(50).eq(backoff.delays_seeded(7).take(50)));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Delays {
    backoff: Backoff,
    step: u32,
    state: DelayState,
    rng: fastrand::Rng,
}

impl Delays {
    pub(super) fn new(backoff: Backoff, rng: fastrand::Rng) -> Self {
        Self { backoff, step: 0, state: DelayState::NONE, rng }
    }
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let chance = Chance::draw_from(&mut self.rng);
        let wait = self.backoff.wait(self.step, &mut self.state, chance);
        self.step = self.step.saturating_add(1);
        Some(wait.to_duration())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::MAX, None)
    }
}

impl FusedIterator for Delays {}
