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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_refuses_its_generation_until_its_time_is_up_and_never_decides_on_trials() {
        let open = Word::first(0).turned(CircuitState::Open, 1);
        let half_open = open.turned(CircuitState::HalfOpen, 1);
        for (word, seen, now, refuses) in [
            (open, open, 9, true),
            (open, open, 10, false),
            (open, half_open, 9, false),
            (half_open, half_open, 9, false),
        ] {
            let (name, until) = (Name::Written("test"), Nanos::new(10));
            let notice = Notice { name, word, until, failures: 5, last_failure: None };
            assert_eq!(notice.refuses(seen, Nanos::new(now)), refuses, "{notice:?}, {seen:?} at {now}");
        }
    }
}
