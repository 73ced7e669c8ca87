use super::CircuitState;
use super::name::Name;
use super::word::Word;
use crate::time::Nanos;
use std::sync::Arc;

/// What hangs at the door while a circuit refuses calls: all that a refusal has to say, and it stays true for the whole
/// generation. Every refusal of a generation holds the same one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) name: Name,
    /// The word it was written for.
    pub(super) word: Word,
    /// Until the recovery timeout has elapsed; never, where nobody knows.
    pub(super) until: Nanos,
    pub(super) failures: u32,
    pub(super) last_failure: Option<Arc<str>>,
}

impl Notice {
    /// Whether it refuses a call that saw this word at this moment. It does not say so where there is more to be
    /// decided: it is another generation's, the time is up, or trials may be let in.
    #[inline]
    pub(super) fn refuses(&self, seen: Word, now: Nanos) -> bool {
        self.word == seen && seen.state() != CircuitState::HalfOpen && !self.until.is_over(now)
    }
}
