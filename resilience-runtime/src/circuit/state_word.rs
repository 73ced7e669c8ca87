//! The state of a circuit that calls read, packed into one word.
//!
//! ```text
//!  63      62                          6   5     4     3   2     0
//! ┌───────┬─────────────────────────────┬─────┬─────┬─────┬───────┐
//! │   0   │         generation          │timed│dirty│armed│ state │
//! └───────┴─────────────────────────────┴─────┴─────┴─────┴───────┘
//! ```
//!
//! A word whose low six bits are zero is *calm*: the circuit is closed, a success would change no count, no call is
//! timed, and no store waits for a call. A call that finds the word calm, and unchanged at its end, has nothing to
//! write.
//!
//! The highest bit is only set in the copy of a call that did not find the word calm. One comparison then shows
//! whether a success has anything to do.

use super::CircuitState;

const STATE_MASK: u64 = 0b111;
/// Beside the state, so that one test of four bits shows whether a call passes without the lock.
const ARMED: u64 = 1 << 3;
const DIRTY: u64 = 1 << 4;
const TIMED: u64 = 1 << 5;
const CALM_MASK: u64 = STATE_MASK | ARMED | DIRTY | TIMED;
const WATCHED: u64 = 1 << 63;
const GENERATION_SHIFT: u32 = 6;

/// The largest generation that a word holds.
const MAX_GENERATION: u64 = (WATCHED - 1) >> GENERATION_SHIFT;

/// State, generation, and whether a success has anything to do.
///
/// The generation increases with every transition. It has 57 bits: at one transition per nanosecond it lasts four
/// years.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StateWord(u64);

impl StateWord {
    pub(super) const fn new(state: CircuitState, generation: u64, dirty: bool, timed: bool) -> Self {
        let flags = if dirty { DIRTY } else { 0 } | if timed { TIMED } else { 0 };
        Self(generation << GENERATION_SHIFT | flags | state as u64)
    }

    /// The same state and generation, with this flag: whether a success would change a count.
    #[inline]
    pub(super) const fn with_dirty(self, dirty: bool) -> Self {
        Self(self.0 & !DIRTY | if dirty { DIRTY } else { 0 })
    }

    /// The same word, with this flag: whether the next call has to take the lock, for a store.
    pub(super) const fn with_armed(self, armed: bool) -> Self {
        Self(self.0 & !ARMED | if armed { ARMED } else { 0 })
    }

    /// The word of a call that carries a trial of a store. It belongs to no generation of the circuit.
    pub(super) const fn of_trial() -> Self {
        Self::new(CircuitState::HalfOpen, MAX_GENERATION, false, false)
    }

    /// Whether this is the word of [`of_trial`](Self::of_trial).
    pub(super) const fn is_of_trial(self) -> bool {
        self.generation() == MAX_GENERATION
    }

    /// The generation after this one.
    pub(super) const fn next_generation(self) -> u64 {
        self.generation().wrapping_add(1) & MAX_GENERATION
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// Whether the circuit is calm: a success has nothing to do.
    #[inline]
    pub(super) const fn is_calm(self) -> bool {
        self.0 & CALM_MASK == 0
    }

    /// The copy for a call that did not find the word calm. It is not equal to any published word.
    #[inline]
    pub(super) const fn watched(self) -> Self {
        Self(self.0 | WATCHED)
    }

    /// Whether a success would change a count.
    #[inline]
    pub(super) const fn is_dirty(self) -> bool {
        self.0 & DIRTY != 0
    }

    /// Whether the duration of calls is needed.
    #[inline]
    pub(super) const fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    #[inline]
    pub(super) const fn state(self) -> CircuitState {
        match self.0 & STATE_MASK {
            0 => CircuitState::Closed,
            1 => CircuitState::Open,
            2 => CircuitState::HalfOpen,
            3 => CircuitState::ForcedOpen,
            4 => CircuitState::Disabled,
            _ => CircuitState::MetricsOnly,
        }
    }

    /// Whether every call is admitted without the lock.
    #[inline]
    pub(super) const fn admits_at_once(self) -> bool {
        const CLOSED: u64 = CircuitState::Closed as u64;
        const DISABLED: u64 = CircuitState::Disabled as u64;
        const METRICS_ONLY: u64 = CircuitState::MetricsOnly as u64;
        matches!(self.0 & (STATE_MASK | ARMED), CLOSED | DISABLED | METRICS_ONLY)
    }

    /// Whether every call is admitted.
    #[inline]
    pub(super) const fn admits_all(self) -> bool {
        matches!(self.state(), CircuitState::Closed | CircuitState::MetricsOnly | CircuitState::Disabled)
    }

    #[inline]
    pub(super) const fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT & MAX_GENERATION
    }
}

impl std::fmt::Debug for StateWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateWord")
            .field("state", &self.state())
            .field("generation", &self.generation())
            .field("dirty", &self.is_dirty())
            .field("timed", &self.is_timed())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_do_not_overlap_and_only_a_closed_word_without_flags_is_calm() {
        for state in CircuitState::ALL {
            for generation in [0, 1, 1 << 56, MAX_GENERATION] {
                for (dirty, timed) in [(false, false), (false, true), (true, false), (true, true)] {
                    let word = StateWord::new(state, generation, dirty, timed);
                    assert_eq!(word, StateWord::from_bits(word.bits()));
                    assert_eq!((word.state(), word.generation()), (state, generation));
                    assert_eq!((word.is_dirty(), word.is_timed()), (dirty, timed));
                    assert_eq!(word.is_calm(), state == CircuitState::Closed && !dirty && !timed);
                    let armed = word.with_armed(true);
                    assert!(!armed.is_calm() && !armed.admits_at_once() && armed.with_armed(false) == word);
                    assert_eq!(word.admits_at_once(), word.admits_all());
                    assert_eq!((armed.admits_all(), armed.state()), (word.admits_all(), state));
                    let kept = word.watched();
                    assert!(kept != word && kept.state() == state && kept.generation() == generation);
                }
            }
        }
    }

    #[test]
    fn closed_disabled_and_metrics_only_admit_every_call() {
        let admits = CircuitState::ALL.map(|state| StateWord::new(state, 0, false, false).admits_all());
        assert_eq!(admits, [true, false, false, false, true, true]);
    }

    #[test]
    fn a_word_is_shown_by_its_fields() {
        let word = StateWord::new(CircuitState::Open, 1, false, true);
        assert_eq!(
            format!("{word:?}"),
            "StateWord { state: Open, generation: 1, dirty: false, timed: true }"
        );
    }
}
