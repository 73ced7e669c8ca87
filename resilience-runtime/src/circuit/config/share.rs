/// A part of a whole, above nothing and at most all of it, in billionths.
///
/// Whole numbers, because `7.0 >= 0.07 * 100.0` is false: a rate is reached by the call that makes it, not by the one
/// after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::circuit) struct Share(u32);

const WHOLE: u32 = 1_000_000_000;

impl Share {
    pub(super) const fn of(ratio: f64) -> Option<Self> {
        if !(ratio > 0.0 && ratio <= 1.0) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a billion"
        )]
        let billionths = (ratio * WHOLE as f64 + 0.5) as u32;
        // A rate so small that it rounds to nothing would open a circuit nobody has called.
        Some(Self(if billionths == 0 { 1 } else { billionths }))
    }

    /// Whether `part` of `whole` is that much.
    pub(in crate::circuit) const fn is_reached_by(self, part: u32, whole: u32) -> bool {
        part as u64 * WHOLE as u64 >= whole as u64 * self.0 as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_percentage_is_reached_by_the_call_that_makes_it() {
        for percent in 1..=100_u32 {
            let share = Share::of(f64::from(percent) / 100.0).unwrap();
            assert!(share.is_reached_by(percent, 100), "{percent} %");
            assert!(!share.is_reached_by(percent - 1, 100), "{percent} %");
        }
    }

    #[test]
    fn what_is_no_ratio_is_no_share() {
        for ratio in [0.0, -0.5, 1.1, f64::NAN, f64::INFINITY] {
            assert_eq!(Share::of(ratio), None, "{ratio}");
        }
        assert!(!Share::of(f64::MIN_POSITIVE).unwrap().is_reached_by(0, 1));
    }
}
