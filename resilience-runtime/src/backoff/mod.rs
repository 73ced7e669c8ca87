//! Delays between attempts: [`Backoff`] and [`Jitter`].
//!
//! ```
//! use resilience::{Backoff, Jitter};
//! use std::time::Duration;
//!
//! const BACKOFF: Backoff =
//!     Backoff::exponential(Duration::from_millis(100)).max(Duration::from_secs(10)).jitter(Jitter::Full);
//! assert!(BACKOFF.delays().take(100).all(|delay| delay <= Duration::from_secs(10)));
//! ```
//!
//! [Delays](mod@crate::guide::delays) in the guide shows each backoff with each jitter.

mod debug;
mod delays;
mod jitter;
mod schedule;
mod validate;

pub use delays::Delays;
pub use jitter::Jitter;
pub(crate) use schedule::DelayState;

use std::time::Duration;

use crate::error::ConfigError;
use crate::time::Nanos;

/// A schedule of delays: a `const` value.
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
/// | growth | delays | random by itself |
/// |---|---|---|
/// | [`Backoff::constant`] | `d, d, d, ..` | no |
/// | [`Backoff::linear`] | `d, 2d, 3d, ..` | no |
/// | [`Backoff::exponential`] | `d, d·f, d·f², ..` with `f` = [`DEFAULT_FACTOR`](Self::DEFAULT_FACTOR) | no |
/// | [`Backoff::fibonacci`] | `d, d, 2d, 3d, 5d, ..` | no |
/// | [`Backoff::decorrelated`] | uniform between `d` and three times the previous delay | yes |
///
/// No delay is longer than [`Backoff::max`], jitter included. At the maximum, delays with jitter are still spread, so
/// that clients which all reached it do not return together.
///
/// All arithmetic is on whole nanoseconds and saturates: more than 584 years is "never".
///
/// No method panics. An invalid setting is kept, and [`validate`](Self::validate) reports it. In a `const` policy and
/// in an attribute it is a compile error. Without validation, the delays follow the nearest valid setting.
#[derive(Clone, Copy)]
#[must_use]
pub struct Backoff {
    growth: Growth,
    base: Nanos,
    /// `None`: not set.
    factor: Option<f64>,
    /// `Nanos::NEVER` without a cap.
    cap: Nanos,
    jitter: Jitter,
}

#[derive(Clone, Copy, PartialEq)]
enum Growth {
    Constant,
    Linear,
    Exponential,
    Fibonacci,
    Decorrelated,
}

/// The settings of a backoff. The growth has the name of its constructor.
#[cfg(feature = "serde")]
pub(crate) struct BackoffParts {
    pub(crate) growth: &'static str,
    pub(crate) base: Nanos,
    pub(crate) factor: Option<f64>,
    pub(crate) cap: Nanos,
    pub(crate) jitter: Jitter,
}

impl Growth {
    /// The name of the constructor.
    const fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Exponential => "exponential",
            Self::Fibonacci => "fibonacci",
            Self::Decorrelated => "decorrelated",
        }
    }
}

/// A missing factor equals the default one.
impl PartialEq for Backoff {
    fn eq(&self, other: &Self) -> bool {
        let parts = |backoff: &Self| {
            let default = (backoff.growth == Growth::Exponential).then_some(Self::DEFAULT_FACTOR);
            (backoff.growth, backoff.base, backoff.factor.or(default), backoff.cap, backoff.jitter)
        };
        parts(self) == parts(other)
    }
}

/// One, in the fixed-point format of factors and ratios.
const ONE: u64 = 1 << 32;

impl Backoff {
    /// Two: the usual value for "exponential backoff", as in TCP and Ethernet.
    pub const DEFAULT_FACTOR: f64 = 2.0;

    /// The same delay every time.
    pub const fn constant(delay: Duration) -> Self {
        Self::with_growth(Growth::Constant, delay)
    }

    /// `step`, twice `step`, three times `step`, ...
    pub const fn linear(step: Duration) -> Self {
        Self::with_growth(Growth::Linear, step)
    }

    /// `base`, doubling every time; see [`factor`](Self::factor).
    pub const fn exponential(base: Duration) -> Self {
        Self::with_growth(Growth::Exponential, base)
    }

    /// `base` times 1, 1, 2, 3, 5, 8, ...
    pub const fn fibonacci(base: Duration) -> Self {
        Self::with_growth(Growth::Fibonacci, base)
    }

    /// Uniform between `base` and three times the previous delay, as in Marc Brooker's
    /// [*Exponential Backoff And Jitter*](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/);
    /// here, the cap applies before the draw, so that delays at the cap stay spread.
    pub const fn decorrelated(base: Duration) -> Self {
        Self::with_growth(Growth::Decorrelated, base)
    }

    #[cfg(feature = "serde")]
    pub(crate) fn parts(&self) -> BackoffParts {
        let Self { growth, base, factor, cap, jitter } = *self;
        BackoffParts { growth: growth.name(), base, factor, cap, jitter }
    }

    /// The interval, if the delays are constant and have no maximum.
    pub(crate) fn interval(&self) -> Option<Nanos> {
        let is_plain = self.growth == Growth::Constant && self.factor.is_none() && self.cap.is_never();
        is_plain.then_some(self.base)
    }

    #[cfg(feature = "serde")]
    pub(crate) const fn own_jitter(&self) -> Jitter {
        self.jitter
    }

    const fn with_growth(growth: Growth, base: Duration) -> Self {
        Self { growth, base: Nanos::of(base), factor: None, cap: Nanos::NEVER, jitter: Jitter::None }
    }

    /// Sets the factor from one delay to the next in an exponential backoff, at least 1.
    pub const fn factor(mut self, factor: f64) -> Self {
        self.factor = Some(factor);
        self
    }

    /// Like [`factor`](Self::factor), with a check.
    ///
    /// # Errors
    /// See [`validate`](Self::validate).
    pub const fn try_factor(self, factor: f64) -> Result<Self, ConfigError> {
        self.factor(factor).checked()
    }

    /// Sets the maximum: no delay is longer, including jitter.
    pub const fn max(mut self, cap: Duration) -> Self {
        self.cap = Nanos::of(cap);
        self
    }

    /// Like [`max`](Self::max), with a check.
    ///
    /// # Errors
    /// See [`validate`](Self::validate).
    pub const fn try_max(self, cap: Duration) -> Result<Self, ConfigError> {
        self.max(cap).checked()
    }

    /// Sets the jitter of the delays, so that clients that failed together do not return together.
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Like [`jitter`](Self::jitter), with a check.
    ///
    /// # Errors
    /// See [`validate`](Self::validate).
    pub const fn try_jitter(self, jitter: Jitter) -> Result<Self, ConfigError> {
        self.jitter(jitter).checked()
    }

    /// An endless iterator of the delays. Random ones use the thread's generator.
    pub fn delays(&self) -> Delays {
        Delays::new(*self, fastrand::Rng::new())
    }

    /// An endless iterator of the delays, the same for the same `seed`.
    pub fn delays_seeded(&self, seed: u64) -> Delays {
        Delays::new(*self, fastrand::Rng::with_seed(seed))
    }
}

/// Saturating: above 2^32 counts as 2^32; below 0 and NaN count as 0.
const fn fixed_point(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the cast saturates"
    )]
    let fixed = (value * ONE as f64) as u64;
    fixed
}

#[cfg(test)]
mod tests;
