//! All that a healthy call needs to know of a circuit, in one word.
//!
//! ```text
//!  63           35 34  32 31                    0
//! ┌───────────────┬──────┬───────────────────────┐
//! │  generation   │ state│         count         │
//! └───────────────┴──────┴───────────────────────┘
//! ```
//!
//! A word whose count is zero is *calm*: closed, with nothing to count. A call that finds it calm, and finds it unchanged
//! afterwards, has nothing to write. No other state ever has a count of zero, so that half a word tells.

use super::CircuitState;

const COUNT_BITS: u32 = 32;
const STATE_BITS: u32 = 3;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;
const STATE_MASK: u64 = (1 << STATE_BITS) - 1;

/// State, generation and count.
///
/// The count means, while closed or counting only: failures in a row, above the count of none, which is 0 or, where every
/// result has to be seen, 1. In all other states it is 1.
///
/// The generation grows with every transition and starts again after 2²⁹ of them: a call would have to last that many
/// transitions, to the one, to be taken for a younger one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(u64);

impl Word {
    /// Closed, at the first generation.
    pub(super) const fn first(count: u32) -> Self {
        Self(count as u64)
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// Closed, with nothing to count.
    #[inline]
    pub(super) const fn is_calm(self) -> bool {
        self.0 & COUNT_MASK == 0
    }

    pub(super) const fn state(self) -> CircuitState {
        match (self.0 >> COUNT_BITS) & STATE_MASK {
            0 => CircuitState::Closed,
            1 => CircuitState::Open,
            2 => CircuitState::HalfOpen,
            3 => CircuitState::ForcedOpen,
            4 => CircuitState::Disabled,
            _ => CircuitState::MetricsOnly,
        }
    }

    #[inline]
    pub(super) const fn is_closed(self) -> bool {
        (self.0 >> COUNT_BITS) & STATE_MASK == 0
    }

    /// Whether every call is let in.
    #[inline]
    pub(super) const fn lets_in(self) -> bool {
        matches!(self.state(), CircuitState::Closed | CircuitState::MetricsOnly | CircuitState::Disabled)
    }

    pub(super) const fn generation(self) -> u32 {
        (self.0 >> (COUNT_BITS + STATE_BITS)) as u32
    }

    /// Whether nothing but the count has changed between two words.
    pub(super) const fn is_of_one_period_with(self, other: Self) -> bool {
        (self.0 ^ other.0) >> COUNT_BITS == 0
    }

    pub(super) const fn count(self) -> u32 {
        (self.0 & COUNT_MASK) as u32
    }

    pub(super) const fn with_count(self, count: u32) -> Self {
        Self((self.0 & !COUNT_MASK) | count as u64)
    }

    /// The count, which is not the largest there is, and one.
    #[inline]
    pub(super) const fn one_more(self) -> Self {
        Self(self.0 + 1)
    }

    /// The next generation, in the given state. The count is never zero but in a closed circuit.
    pub(super) const fn turned(self, state: CircuitState, count: u32) -> Self {
        let state: u64 = match state {
            CircuitState::Closed => 0,
            CircuitState::Open => 1,
            CircuitState::HalfOpen => 2,
            CircuitState::ForcedOpen => 3,
            CircuitState::Disabled => 4,
            CircuitState::MetricsOnly => 5,
        };
        let count = if state != 0 && count == 0 { 1 } else { count };
        let generation = (self.generation() as u64 + 1) << (COUNT_BITS + STATE_BITS);
        Self(generation | (state << COUNT_BITS) | count as u64)
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Word")
            .field("state", &self.state())
            .field("generation", &self.generation())
            .field("count", &self.count())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [CircuitState; 6] = [
        CircuitState::Closed,
        CircuitState::Open,
        CircuitState::HalfOpen,
        CircuitState::ForcedOpen,
        CircuitState::Disabled,
        CircuitState::MetricsOnly,
    ];

    #[test]
    fn the_fields_do_not_touch_each_other() {
        for state in STATES {
            for count in [1, 2, u32::MAX] {
                let word = Word::first(7).turned(state, count);
                assert_eq!((word.state(), word.generation(), word.count()), (state, 1, count));
                let other = word.with_count(9);
                assert_eq!((other.state(), other.generation(), other.count()), (state, 1, 9));
            }
        }
    }

    #[test]
    fn only_closed_with_nothing_to_count_is_calm() {
        for state in STATES {
            for count in [0, 1, u32::MAX] {
                let word = Word::first(0).turned(state, count);
                assert_eq!(word.is_calm(), state == CircuitState::Closed && count == 0, "{word:?}");
            }
        }
    }

    #[test]
    fn each_state_says_whether_it_is_closed_and_whether_it_lets_calls_in() {
        let told = STATES.map(|state| {
            let word = Word::first(0).turned(state, 3);
            (word.is_closed(), word.lets_in())
        });
        let (shut, passive) = ((false, false), (false, true));
        assert_eq!(told, [(true, true), shut, shut, shut, passive, passive]);
    }

    #[test]
    fn a_word_is_shown_by_its_fields() {
        let word = Word::first(0).turned(CircuitState::Open, 3);
        assert_eq!(format!("{word:?}"), "Word { state: Open, generation: 1, count: 3 }");
    }

    #[test]
    fn the_generation_starts_again_without_touching_the_state() {
        let last = Word::from_bits(u64::MAX << (COUNT_BITS + STATE_BITS));
        let next = last.turned(CircuitState::Open, 0);
        assert_eq!((next.state(), next.generation(), next.count()), (CircuitState::Open, 0, 1));
    }
}
