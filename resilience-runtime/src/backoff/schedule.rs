//! The delay after a failure: a pure function of the number of delays before, a small state, and a random number.

use super::jitter::Spread;
use super::{Backoff, Growth, Jitter, ONE, fixed_point};
use crate::rng::Chance;
use crate::time::Nanos;

/// The state between delays: nothing, nanoseconds, or the bits of an `f64`, depending on the growth.
///
/// Stored in halves, so that it needs no padding beside a `u32`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DelayState([u32; 2]);

impl DelayState {
    /// Before the first delay.
    pub(crate) const NONE: Self = Self::of(0);

    #[expect(clippy::cast_possible_truncation, reason = "each half is cut out of the whole")]
    const fn of(value: u64) -> Self {
        Self([value as u32, (value >> 32) as u32])
    }

    const fn get(self) -> u64 {
        self.0[0] as u64 | (self.0[1] as u64) << 32
    }

    const fn set(&mut self, value: u64) {
        *self = Self::of(value);
    }
}

/// After this number of doublings, one nanosecond exceeds the range, and so does the formula below.
const LAST_DOUBLING: u32 = 63;

impl Backoff {
    /// The delay number `step`, from 0.
    pub(crate) fn wait(&self, step: u32, state: &mut DelayState, chance: Chance) -> Nanos {
        let delay = match self.growth {
            Growth::Constant => self.base,
            Growth::Linear => multiply(self.base, u128::from(step) + 1),
            Growth::Exponential if self.jitter == Jitter::Decorrelated => {
                return self.smoothed(step, state, chance);
            }
            Growth::Exponential => self.grown(step, state),
            Growth::Fibonacci => multiply(self.base, u128::from(fibonacci(step))),
            Growth::Decorrelated => return self.wandered(step, state, chance),
        };
        self.jitter.spread().apply(delay.min(self.cap), self.cap, chance)
    }

    /// Rounded up, so that a factor above 1 grows from every base.
    fn grown(&self, step: u32, state: &mut DelayState) -> Nanos {
        let factor = fixed_point(self.factor.unwrap_or(Self::DEFAULT_FACTOR)).max(ONE);
        let delay = if step == 0 {
            self.base
        } else {
            let product = u128::from(state.get()) * u128::from(factor);
            saturate(product.div_ceil(u128::from(ONE)))
        };
        state.set(delay.min(self.cap).get());
        delay
    }

    fn wandered(&self, step: u32, state: &mut DelayState, chance: Chance) -> Nanos {
        let base = self.base.min(self.cap);
        let before = if step == 0 { base.get() } else { state.get() };
        // A cap of "never" cannot be a bound for a random number. The largest finite wait is used instead.
        let top = before.saturating_mul(3).min(self.cap.get()).min(u64::MAX - 1);
        let wait = if base.is_never() { base.get() } else { chance.between(base.get(), top) };
        state.set(wait);
        Nanos::new(wait)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the formula is one of real numbers; the cast back saturates"
    )]
    fn smoothed(&self, step: u32, state: &mut DelayState, chance: Chance) -> Nanos {
        if self.base.is_zero() {
            return Nanos::ZERO;
        }
        if step <= LAST_DOUBLING {
            let t = f64::from(step) + chance.unit();
            let here = t.exp2() * (4.0 * t).sqrt().tanh();
            let grown = here - f64::from_bits(state.get());
            state.set(here.to_bits());
            let delay = Nanos::new((grown * self.base.get() as f64 / 1.4) as u64);
            if delay < self.cap {
                return delay;
            }
        }
        // Polly clips here, so that every client waits exactly the cap.
        Spread::Equal.apply(self.cap, self.cap, chance)
    }
}

fn multiply(base: Nanos, times: u128) -> Nanos {
    saturate(u128::from(base.get()) * times)
}

fn saturate(nanos: u128) -> Nanos {
    Nanos::new(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// 1, 1, 2, 3, 5, ...; saturates at step 93.
fn fibonacci(step: u32) -> u64 {
    let (mut here, mut next) = (1_u64, 1_u64);
    for _ in 0..step.min(93) {
        (here, next) = (next, here.saturating_add(next));
    }
    here
}

#[cfg(test)]
mod tests;
