//! Durations as whole nanoseconds in one word. Arithmetic saturates, and the maximum means "never".

use std::fmt;
use std::time::Duration;

/// A point in time of the library's clock: tokio's with the feature `tokio`, which follows a paused runtime.
#[cfg(not(feature = "tokio"))]
pub(crate) use std::time::Instant;
#[cfg(feature = "tokio")]
pub(crate) use tokio::time::Instant;

/// A duration of up to 584 years in nanoseconds, or [`Nanos::NEVER`].
///
/// Arithmetic saturates at `NEVER`, so that a configured `Duration::MAX` is an unlimited wait, not a panic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nanos(u64);

/// As written in an attribute.
impl fmt::Debug for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0s"),
            u64::MAX => f.write_str("forever"),
            nanos => f.write_str(&format!("{:?}", Duration::from_nanos(nanos)).replace('µ', "u")),
        }
    }
}

impl Nanos {
    pub(crate) const ZERO: Self = Self(0);
    pub(crate) const NEVER: Self = Self(u64::MAX);

    pub(crate) const fn new(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A duration that does not fit becomes `NEVER`.
    pub(crate) const fn of(duration: Duration) -> Self {
        // Durations below this bound need no 128-bit arithmetic, and most are.
        if duration.as_secs() < u64::MAX / 1_000_000_000 {
            return Self(duration.as_secs() * 1_000_000_000 + duration.subsec_nanos() as u64);
        }
        let nanos = duration.as_nanos();
        if nanos >= u64::MAX as u128 {
            return Self::NEVER;
        }
        #[expect(clippy::cast_possible_truncation, reason = "compared with u64::MAX just above")]
        Self(nanos as u64)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0
    }

    pub(crate) const fn is_never(self) -> bool {
        self.0 == u64::MAX
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `NEVER` becomes [`Duration::MAX`], the inverse of `of`.
    pub(crate) const fn to_duration(self) -> Duration {
        if self.is_never() { Duration::MAX } else { Duration::from_nanos(self.0) }
    }

    /// `None` for "no limit", as in public types.
    pub(crate) const fn limit(self) -> Option<Duration> {
        if self.is_never() { None } else { Some(Duration::from_nanos(self.0)) }
    }

    /// Whether this time has come. `NEVER` never comes, not even at the end of the range.
    #[inline]
    pub(crate) const fn is_over(self, now: Self) -> bool {
        !self.is_never() && now.0 >= self.0
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The remaining time of `self` after `other` has passed. `NEVER` minus anything is `NEVER`.
    pub(crate) const fn minus(self, other: Self) -> Self {
        if self.is_never() { self } else { Self(self.0.saturating_sub(other.0)) }
    }

    pub(crate) const fn min(self, other: Self) -> Self {
        if self.0 < other.0 { self } else { other }
    }

    pub(crate) const fn max(self, other: Self) -> Self {
        if self.0 > other.0 { self } else { other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_beyond_584_years_are_never() {
        assert!(Nanos::of(Duration::MAX).is_never());
        assert!(Nanos::of(Duration::from_nanos(u64::MAX)).is_never());
        assert_eq!(Nanos::of(Duration::from_nanos(u64::MAX - 1)).get(), u64::MAX - 1);
        assert_eq!(Nanos::NEVER.to_duration(), Duration::MAX);
        assert_eq!(Nanos::NEVER.limit(), None);
        assert_eq!(Nanos::new(5).limit(), Some(Duration::from_nanos(5)));
    }

    #[test]
    fn a_time_is_shown_as_it_is_written() {
        let cases = [(0, "0s"), (1_500_000_000, "1.5s"), (20_000, "20us"), (90_000_000_000, "90s")];
        for (nanos, text) in cases {
            assert_eq!(format!("{:?}", Nanos::new(nanos)), text);
        }
        assert_eq!(format!("{:?}", Nanos::NEVER), "forever");
    }

    #[test]
    fn sums_and_differences_saturate() {
        assert!(Nanos::new(u64::MAX - 1).plus(Nanos::new(5)).is_never());
        assert_eq!(Nanos::new(3).minus(Nanos::new(5)), Nanos::ZERO);
        assert!(Nanos::NEVER.minus(Nanos::new(5)).is_never());
    }
}
