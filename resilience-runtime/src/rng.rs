//! Random numbers, one per decision.
//!
//! All other code takes the number as an argument, so that tests can pass the smallest and the largest.

/// A random number, uniform over all of `u64`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// From the thread's generator.
    pub(crate) fn draw() -> Self {
        #[cfg(feature = "testing")]
        if let Some(number) = crate::test_scope::draw() {
            return Self(number);
        }
        Self(fastrand::u64(..))
    }

    /// From the caller's generator.
    pub(crate) fn draw_from(rng: &mut fastrand::Rng) -> Self {
        Self(rng.u64(..))
    }

    /// Uniform in `low..=high`, by one multiplication. `low` if the bounds are reversed.
    pub(crate) const fn between(self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low) as u128 + 1;
        // (r * span) >> 64 is below span, which fits after low.
        let offset = ((self.0 as u128 * span) >> 64) as u64;
        low + offset
    }

    /// Uniform in `0.0..1.0`.
    pub(crate) fn unit(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are what an f64 holds")]
        let unit = (self.0 >> 11) as f64 / (1_u64 << 53) as f64;
        unit
    }
}

#[cfg(test)]
impl Chance {
    pub(crate) const LEAST: Self = Self(0);
    pub(crate) const MOST: Self = Self(u64::MAX);

    pub(crate) const fn scripted(draw: u64) -> Self {
        Self(draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_reaches_both_ends_of_a_range_and_nothing_outside() {
        for (low, high) in [(0, 0), (0, 1), (5, 9), (0, u64::MAX), (u64::MAX, u64::MAX)] {
            assert_eq!(Chance::LEAST.between(low, high), low);
            assert_eq!(Chance::MOST.between(low, high), high);
        }
        assert_eq!(Chance::MOST.between(9, 5), 9);
    }

    #[test]
    fn a_unit_draw_is_below_one() {
        assert!(Chance::LEAST.unit() >= 0.0);
        assert!(Chance::MOST.unit() < 1.0);
    }
}
