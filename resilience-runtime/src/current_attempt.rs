use std::time::Duration;

use crate::clock;
use crate::time::Instant;

/// The running attempt, for the body of an annotated function: `attempt(a)`.
///
/// ```
/// use resilience::retry;
///
/// #[retry(times = 3, interval = 0s, attempt(a))]
/// fn fetch(log: &mut Vec<u32>) -> Result<u32, std::io::Error> {
///     log.push(a.number());
///     if a.number() < 3 { Err(std::io::Error::other("busy")) } else { Ok(a.number()) }
/// }
///
/// let mut log = Vec::new();
/// assert_eq!(fetch(&mut log)?, 3);
/// assert_eq!(log, [1, 2, 3]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The clock is only read by [`elapsed`](Self::elapsed) and [`time_left`](Self::time_left), and to calculate the end
/// of a later attempt with an `attempt_timeout`.
#[derive(Clone, Copy, Debug)]
pub struct CurrentAttempt {
    pub(crate) number: u32,
    pub(crate) call_began: Instant,
    pub(crate) ends: Option<Instant>,
}

impl CurrentAttempt {
    /// The number of the attempt, from 1.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The time since the call began, including earlier attempts and waits.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        clock::now().saturating_duration_since(self.call_began)
    }

    /// The remaining time of the attempt: until its `attempt_timeout`, or until the deadline or timeout of all
    /// attempts together, whichever comes first. Zero if that has passed, which only a synchronous attempt can
    /// observe. `None` without a limit.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.ends.map(|ends| ends.saturating_duration_since(clock::now()))
    }
}
