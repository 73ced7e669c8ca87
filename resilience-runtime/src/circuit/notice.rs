use std::sync::Arc;

use super::CircuitState;
use super::core::{Refusal, is_over};
use super::ledger::Ledger;
use super::word::Word;
use crate::time::Nanos;

/// What hangs at the door while a circuit is open: all that a refusal has to say, and it stays true for the whole
/// generation.
#[derive(Debug)]
pub(super) struct Notice {
    /// The word it was written for; before the first, one that is not refused.
    word: Word,
    until: Nanos,
    failures: u32,
    last_failure: Option<Arc<str>>,
}

impl Notice {
    pub(super) const fn none() -> Self {
        Self { word: Word::first(0), until: Nanos::ZERO, failures: 0, last_failure: None }
    }

    pub(super) fn of(word: Word, ledger: &Ledger) -> Self {
        let last_failure = ledger.last_failure.clone();
        Self { word, until: ledger.until, failures: ledger.failures, last_failure }
    }

    /// The refusal of a call that saw this word. `None`, where there is more to be decided: the notice is another
    /// generation's, or the time is up.
    #[inline]
    pub(super) fn refusal(&self, seen: Word, now: Nanos) -> Option<Refusal> {
        if self.word != seen {
            return None;
        }
        let (state, time_left) = match seen.state() {
            CircuitState::Open if !is_over(self.until, now) => (CircuitState::Open, self.until.minus(now)),
            CircuitState::ForcedOpen => (CircuitState::ForcedOpen, Nanos::NEVER),
            _ => return None,
        };
        Some(Refusal { state, failures: self.failures, time_left, last_failure: self.last_failure.clone() })
    }
}
