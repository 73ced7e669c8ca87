//! How long to wait between attempts.

mod delays;
mod jitter;
mod schedule;

pub use delays::Delays;
pub use jitter::Jitter;
pub(crate) use schedule::Memory;

use std::time::Duration;

use crate::error::{ConfigError, or_panic};
use crate::time::Nanos;
use jitter::Spread;

/// A schedule of waits, as a `const`-constructible value.
///
/// ```
/// use resilience::{Backoff, Jitter};
/// use std::time::Duration;
///
/// const PATIENT: Backoff = Backoff::exponential(Duration::from_millis(100)).max(Duration::from_secs(10));
///
/// let delays: Vec<u128> = PATIENT.delays().take(5).map(|delay| delay.as_millis()).collect();
/// assert_eq!(delays, [100, 200, 400, 800, 1600]);
///
/// const SPREAD: Backoff = PATIENT.jitter(Jitter::Full);
/// assert!(SPREAD.delays().take(1000).all(|delay| delay <= Duration::from_secs(10)));
/// ```
///
/// | shape | waits | its own randomness |
/// |---|---|---|
/// | [`Backoff::constant`] | `d, d, d, ..` | no |
/// | [`Backoff::linear`] | `d, 2d, 3d, ..` | no |
/// | [`Backoff::exponential`] | `d, d·f, d·f², ..` with `f` = [`DEFAULT_FACTOR`](Self::DEFAULT_FACTOR) | no |
/// | [`Backoff::fibonacci`] | `d, d, 2d, 3d, 5d, ..` | no |
/// | [`Backoff::decorrelated`] | uniform between `d` and three times the wait before | yes |
///
/// **The promise about the cap**: no wait is ever longer than [`Backoff::max`], and with jitter the waits at the cap
/// are still spread out, so that clients which all reached it do not return in step.
///
/// All arithmetic is on whole nanoseconds and saturates: past 584 years a wait is "never".
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use]
pub struct Backoff {
    shape: Shape,
    base: Nanos,
    /// `Nanos::NEVER` without a cap.
    cap: Nanos,
    spread: Spread,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Constant,
    Linear,
    Exponential {
        /// Fixed point, 32 bits behind the point.
        factor: u64,
    },
    Fibonacci,
    Decorrelated,
}

/// One in the fixed-point format of factors and ratios.
const ONE: u64 = 1 << 32;

impl Backoff {
    /// Doubling is what the field means by "exponential backoff", and what TCP, Ethernet and every peer default to.
    pub const DEFAULT_FACTOR: f64 = 2.0;

    /// The same wait every time.
    pub const fn constant(delay: Duration) -> Self {
        Self::shaped(Shape::Constant, delay)
    }

    /// `step`, twice `step`, three times `step`, ...
    pub const fn linear(step: Duration) -> Self {
        Self::shaped(Shape::Linear, step)
    }

    /// `base`, doubling every time; see [`factor`](Self::factor).
    pub const fn exponential(base: Duration) -> Self {
        Self::shaped(Shape::Exponential { factor: 2 * ONE }, base)
    }

    /// `base` times 1, 1, 2, 3, 5, 8, ...
    pub const fn fibonacci(base: Duration) -> Self {
        Self::shaped(Shape::Fibonacci, base)
    }

    /// Uniform between `base` and three times the wait before, as in Marc Brooker's
    /// [*Exponential Backoff And Jitter*](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/);
    /// his `min(cap, ..)` is taken before the draw, so that waits at the cap stay spread out.
    pub const fn decorrelated(base: Duration) -> Self {
        Self::shaped(Shape::Decorrelated, base)
    }

    const fn shaped(shape: Shape, base: Duration) -> Self {
        Self { shape, base: Nanos::of(base), cap: Nanos::NEVER, spread: Spread::None }
    }

    /// The factor from one wait to the next, at least 1, of an exponential backoff.
    ///
    /// # Panics
    /// On a factor below 1, infinite or not a number, and on a shape that has none: in a `const`, a compile error.
    #[track_caller]
    pub const fn factor(self, factor: f64) -> Self {
        or_panic!(self.try_factor(factor))
    }

    /// As [`factor`](Self::factor), for a value known only at run time.
    ///
    /// # Errors
    /// Where `factor` panics.
    pub const fn try_factor(mut self, factor: f64) -> Result<Self, ConfigError> {
        if !matches!(self.shape, Shape::Exponential { .. }) {
            return Err(ConfigError::new("factor", "`factor` belongs to an exponential backoff"));
        }
        if !(factor >= 1.0 && factor.is_finite()) {
            return Err(ConfigError::new(
                "factor",
                "`factor` must be a number of at least 1: waits do not shrink",
            ));
        }
        if matches!(self.spread, Spread::Decorrelated) && factor.to_bits() != Self::DEFAULT_FACTOR.to_bits() {
            return Err(DECORRELATED_FACTOR);
        }
        self.shape = Shape::Exponential { factor: fixed_point(factor) };
        Ok(self)
    }

    /// The cap: no wait is longer, jitter included.
    ///
    /// # Panics
    /// If the cap is below the base: in a `const`, a compile error.
    #[track_caller]
    pub const fn max(self, cap: Duration) -> Self {
        or_panic!(self.try_max(cap))
    }

    /// As [`max`](Self::max), for a value known only at run time.
    ///
    /// # Errors
    /// Where `max` panics.
    pub const fn try_max(mut self, cap: Duration) -> Result<Self, ConfigError> {
        let cap = Nanos::of(cap);
        if cap.get() < self.base.get() {
            return Err(ConfigError::new(
                "max",
                "`max` is below the first wait, so the backoff would never grow",
            ));
        }
        self.cap = cap;
        Ok(self)
    }

    /// How waits are spread out, so that clients that failed together do not return together.
    ///
    /// # Panics
    /// On a [`Jitter::Ratio`] outside 0 to 1, on [`Jitter::Decorrelated`] with anything but an exponential backoff of
    /// factor 2, and on any jitter for the [`decorrelated`](Self::decorrelated) shape, which has its own: in a `const`,
    /// a compile error.
    #[track_caller]
    pub const fn jitter(self, jitter: Jitter) -> Self {
        or_panic!(self.try_jitter(jitter))
    }

    /// As [`jitter`](Self::jitter), for a value known only at run time.
    ///
    /// # Errors
    /// Where `jitter` panics.
    pub const fn try_jitter(mut self, jitter: Jitter) -> Result<Self, ConfigError> {
        let spread = match jitter.spread() {
            Ok(spread) => spread,
            Err(error) => return Err(error),
        };
        match (self.shape, spread) {
            (Shape::Decorrelated, Spread::None) => {}
            (Shape::Decorrelated, _) => {
                return Err(ConfigError::new(
                    "jitter",
                    "a decorrelated backoff is random already: leave `jitter` out",
                ));
            }
            (Shape::Exponential { factor }, Spread::Decorrelated) if factor != 2 * ONE => {
                return Err(DECORRELATED_FACTOR);
            }
            (Shape::Exponential { .. }, _) => {}
            (_, Spread::Decorrelated) => {
                return Err(ConfigError::new("jitter", "decorrelated jitter needs an exponential backoff"));
            }
            _ => {}
        }
        self.spread = spread;
        Ok(self)
    }

    /// The waits, one after another, without end; random ones from the thread's generator.
    pub fn delays(&self) -> Delays {
        Delays::new(*self, fastrand::Rng::new())
    }

    /// The waits, one after another, without end; the same ones for the same `seed`.
    pub fn delays_seeded(&self, seed: u64) -> Delays {
        Delays::new(*self, fastrand::Rng::with_seed(seed))
    }
}

const DECORRELATED_FACTOR: ConfigError =
    ConfigError::new("factor", "decorrelated jitter is defined for doubling: leave `factor` at 2");

/// Saturating: a factor above four thousand million counts as that.
const fn fixed_point(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "checked to be at least zero; the cast saturates"
    )]
    let fixed = (value * ONE as f64) as u64;
    fixed
}

#[cfg(test)]
mod tests;
