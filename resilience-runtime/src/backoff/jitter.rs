use crate::backoff::{ONE, fixed_point};
use crate::rng::Chance;
use crate::time::Nanos;

/// The random spread of a delay `d`: for [`Backoff::jitter`](crate::Backoff::jitter), and `jitter = ..` in the
/// attributes.
///
/// ```
/// use resilience::{Backoff, Jitter};
/// use std::time::Duration;
///
/// let (low, high) = (Duration::from_millis(750), Duration::from_millis(1250));
/// let second = Backoff::constant(Duration::from_secs(1)).jitter(Jitter::Ratio(0.25));
/// assert!(second.delays().take(100).all(|wait| low <= wait && wait <= high));
/// ```
#[derive(Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Jitter {
    /// No jitter.
    None,
    /// Uniform in `[0, d]`: the least load on a recovering server, by Marc Brooker's simulations.
    Full,
    /// Uniform in `[d/2, d]`: half of the delay is kept.
    Equal,
    /// Uniform in `d·(1 ± ratio)`, the ratio between 0 and 1.
    Ratio(f64),
    /// Smoothed exponential delays whose median grows evenly, the formula of Polly's `DecorrelatedJitterBackoffV2`:
    /// `t = n + U(0,1)`, `F(t) = 2^t·tanh(√(4t))`, `delay = (F(t) − F(previous t))·base/1.4`.
    Decorrelated,
}

/// A valid [`Jitter`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spread {
    None,
    Full,
    Equal,
    /// A fixed-point number with 32 fractional bits, at most one.
    Ratio(u64),
    Decorrelated,
}

impl Jitter {
    /// A ratio that is negative or not a number counts as 0, and one above 1 as 1.
    pub(super) const fn spread(self) -> Spread {
        match self {
            Self::None => Spread::None,
            Self::Full => Spread::Full,
            Self::Equal => Spread::Equal,
            Self::Decorrelated => Spread::Decorrelated,
            Self::Ratio(ratio) if ratio > 1.0 => Spread::Ratio(ONE),
            Self::Ratio(ratio) => Spread::Ratio(fixed_point(ratio)),
        }
    }

    /// The name in an attribute.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Full => "full",
            Self::Equal => "equal",
            Self::Ratio(_) => "a ratio",
            Self::Decorrelated => "decorrelated",
        }
    }
}

impl Spread {
    /// Spreads a capped delay, never above the cap. "Never" stays "never".
    pub(super) fn apply(self, delay: Nanos, cap: Nanos, chance: Chance) -> Nanos {
        if delay.is_never() {
            return delay;
        }
        let nanos = delay.get();
        Nanos::new(match self {
            // The decorrelated formula replaces the delay; the schedule has already applied it.
            Self::None | Self::Decorrelated => nanos,
            Self::Full => chance.between(0, nanos),
            Self::Equal => chance.between(nanos.div_ceil(2), nanos),
            Self::Ratio(ratio) => {
                let middle = nanos.min(scale(cap.get(), ONE, ONE + ratio));
                let width = scale(middle, ratio, ONE);
                chance.between(middle - width, middle.saturating_add(width))
            }
        })
    }
}

/// `value · numerator / denominator`, rounded down. The ratio is at most one, so the result fits.
fn scale(value: u64, numerator: u64, denominator: u64) -> u64 {
    #[expect(clippy::cast_possible_truncation, reason = "numerator <= denominator")]
    let scaled = (u128::from(value) * u128::from(numerator) / u128::from(denominator)) as u64;
    scaled
}
