use std::fmt;

use crate::error::Value;

/// A ratio above 0 and at most 1, stored as a fraction of two integers.
///
/// Counts are compared with it in integers: `7.0 >= 0.07 * 100.0` is false, although the seventh of 100 calls must
/// reach a rate of 7 %. For the same reason `2.0 / 3.0` must become 2/3, not a decimal close to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ratio {
    numerator: u32,
    denominator: u32,
}

/// The fixed-point format in which a float is expanded. Every `f64` from 2⁻¹⁰ to 1 is a multiple of 2⁻⁶².
const POINT: u32 = 62;

/// 2⁶²: a power of two, exact.
const SCALE: f64 = 4_611_686_018_427_387_904.0;

/// 2⁻⁵¹, in units of 2⁻⁶²: four times the rounding error of a division, so that it covers a percentage, which is
/// rounded twice. Two fractions with denominators up to 2²⁵ are farther apart, so a ratio of that many calls is found
/// exactly.
const TOLERANCE: u128 = 1 << (POINT - 51);

impl Ratio {
    /// The simplest fraction within the rounding error of `ratio`, by its continued fraction.
    ///
    /// Denominators fit into 32 bits, so that a comparison fits into 64. If no such fraction is close enough, this is
    /// the closest one, or the smallest one for a ratio that would round to 0.
    pub(crate) const fn of(ratio: f64) -> Option<Self> {
        if !(ratio > 0.0 && ratio <= 1.0) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 2⁶², and only what lies below 2⁻⁶² is cut off"
        )]
        let fixed = (ratio * SCALE) as u64;
        // The last two convergents, and the rest to be expanded.
        let (mut last, mut convergent) = ((1, 0), (0, 1));
        let (mut dividend, mut divisor) = (1_u64 << POINT, fixed);
        while divisor != 0 && !is_close(convergent, fixed) {
            let quotient = dividend / divisor;
            let Some(next) = following(last, convergent, quotient) else { break };
            (last, convergent) = (convergent, next);
            (dividend, divisor) = (divisor, dividend % divisor);
        }
        let (numerator, denominator) = convergent;
        // A ratio of 0 would open a circuit without any calls.
        Some(if numerator == 0 {
            Self { numerator: 1, denominator: u32::MAX }
        } else {
            Self { numerator, denominator }
        })
    }

    pub(crate) const fn value(self) -> Value {
        Value::number(self.get())
    }

    pub(crate) const fn get(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// This ratio of `whole`, rounded down.
    pub(crate) fn part_of(self, whole: u64) -> u64 {
        #[expect(clippy::cast_possible_truncation, reason = "at most the whole")]
        let part = (u128::from(whole) * u128::from(self.numerator) / u128::from(self.denominator)) as u64;
        part
    }

    /// Whether `part` of `whole` is at least this ratio.
    pub(crate) const fn is_reached_by(self, part: u32, whole: u32) -> bool {
        part as u64 * self.denominator as u64 >= whole as u64 * self.numerator as u64
    }
}

/// As written in an attribute: a percentage with up to two decimals, or otherwise a number.
impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = (u64::from(self.numerator), u64::from(self.denominator));
        let ratio = f64::from(self.numerator) / f64::from(self.denominator);
        if 10_000 * numerator % denominator != 0 {
            return write!(f, "{ratio}");
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 10 000")]
        let percent = (10_000 * numerator / denominator) as f64 / 100.0;
        write!(f, "{percent}%")
    }
}

/// Whether a fraction above 0 is within [`TOLERANCE`] of a fixed-point number.
const fn is_close((numerator, denominator): (u32, u32), fixed: u64) -> bool {
    let scaled = (numerator as u128) << POINT;
    numerator != 0 && scaled.abs_diff(fixed as u128 * denominator as u128) <= denominator as u128 * TOLERANCE
}

/// The convergent after two others; `None` if it does not fit.
const fn following(last: (u32, u32), convergent: (u32, u32), quotient: u64) -> Option<(u32, u32)> {
    let numerator = quotient as u128 * convergent.0 as u128 + last.0 as u128;
    let denominator = quotient as u128 * convergent.1 as u128 + last.1 as u128;
    if numerator > u32::MAX as u128 || denominator > u32::MAX as u128 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "both have been compared with `u32::MAX`")]
    let next = (numerator as u32, denominator as u32);
    Some(next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_exact(ratio: f64, part: u32, whole: u32) {
        let exact = Ratio::of(ratio).unwrap();
        assert!(exact.is_reached_by(part, whole), "{part} of {whole}, {exact:?}");
        assert!(!exact.is_reached_by(part - 1, whole), "{} of {whole}, {exact:?}", part - 1);
        assert!(part == whole || !exact.is_reached_by(part, whole + 1), "{part} of more, {exact:?}");
    }

    #[test]
    fn the_scale_is_that_of_the_fixed_point() {
        assert_eq!(SCALE.to_bits(), 2.0_f64.powi(62).to_bits());
        assert_eq!(POINT, 62);
    }

    #[test]
    fn every_ratio_of_up_to_64_calls_is_exact() {
        for whole in 1..=64_u32 {
            for part in 1..=whole {
                assert_exact(f64::from(part) / f64::from(whole), part, whole);
            }
        }
    }

    #[test]
    fn every_percentage_with_up_to_two_decimals_is_exact() {
        for hundredths in 1..=10_000_u32 {
            // The macro reads `12.34%` this way.
            let percent: f64 = format!("{}.{:02}", hundredths / 100, hundredths % 100).parse().unwrap();
            assert_exact(percent / 100.0, hundredths, 10_000);
        }
    }

    #[test]
    fn what_is_not_a_ratio_is_rejected_and_the_smallest_ratio_is_above_zero() {
        for ratio in [0.0, -0.5, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Ratio::of(ratio), None, "{ratio}");
        }
        for ratio in [f64::MIN_POSITIVE, 1e-300, 1e-15, 1.0 / f64::from(u32::MAX)] {
            assert_eq!(Ratio::of(ratio), Some(Ratio { numerator: 1, denominator: u32::MAX }), "{ratio}");
        }
        assert_eq!(Ratio::of(1.0), Some(Ratio { numerator: 1, denominator: 1 }));
        assert_eq!(Ratio::of(1.0 - f64::EPSILON / 2.0), Some(Ratio { numerator: 1, denominator: 1 }));
    }

    proptest! {
        #[test]
        fn every_ratio_of_the_largest_windows_is_exact(whole in 1..=1_u32 << 20, part in any::<u32>()) {
            let part = part % whole + 1;
            assert_exact(f64::from(part) / f64::from(whole), part, whole);
        }

        #[test]
        fn a_fraction_is_close_to_any_ratio(ratio in 1e-9..=1.0_f64) {
            let Ratio { numerator, denominator } = Ratio::of(ratio).unwrap();
            let error = f64::from(numerator) / f64::from(denominator) - ratio;
            prop_assert!(error.abs() < 1e-9, "{numerator}/{denominator} for {ratio}");
        }
    }
}
