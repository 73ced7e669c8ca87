use std::sync::Arc;

use super::CircuitState;
use super::config::CircuitConfig;
use super::event_queue::EventQueue;
use super::name::Name;
use super::notice::Notice;
use super::window::Window;
use super::word::Word;
use crate::event::CircuitEventKind;
use crate::time::Nanos;

/// What does not fit into the word, and no healthy call needs: changed by the core, under the memory's lock.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// When an open circuit tries to recover.
    pub(super) until: Nanos,
    pub(super) failed_recoveries: u32,
    /// The failures that opened it, and one for every recovery that failed since.
    pub(super) failures: u32,
    /// What the failure that opened it said.
    pub(super) last_failure: Option<Arc<str>>,
    /// The trials under way, the oldest first.
    pub(super) trials: Vec<Trial>,
    /// The number of the next trial.
    pub(super) next_trial: u64,
    /// How many trials have succeeded since it became half-open.
    pub(super) successes: u32,
    /// How many results belonged to an older generation.
    pub(super) late: u64,
    pub(super) window: Window,
    /// What the calls of this generation are told, where they may be refused.
    pub(super) notice: Option<Arc<Notice>>,
    pub(super) outbox: Outbox,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) number: u64,
    pub(super) began: Nanos,
}

/// The events that have not been delivered.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Whether anybody listens: else nothing is kept.
    pub(super) open: bool,
    /// What happens now is a listener's own doing.
    pub(super) transitions_only: bool,
    pub(super) queue: EventQueue<Note>,
}

/// An event as the core sees it, which does not know the circuit's name.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) kind: CircuitEventKind,
    pub(super) generation: u32,
    pub(super) failures: u32,
    pub(super) time_left: Nanos,
    pub(super) last_failure: Option<Arc<str>>,
}

impl Ledger {
    pub(super) const fn new(config: &CircuitConfig) -> Self {
        Self {
            until: Nanos::NEVER,
            failed_recoveries: 0,
            failures: 0,
            last_failure: None,
            trials: Vec::new(),
            next_trial: 0,
            successes: 0,
            late: 0,
            window: Window::new(config),
            notice: None,
            outbox: Outbox { open: false, transitions_only: false, queue: EventQueue::new() },
        }
    }

    /// Back to where it began, but for the numbers that only grow.
    pub(super) fn clear(&mut self) {
        self.until = Nanos::NEVER;
        self.failed_recoveries = 0;
        self.failures = 0;
        self.last_failure = None;
        self.trials.clear();
        self.successes = 0;
        self.window.clear();
    }

    /// A new generation: what its calls are told, if they may be refused.
    pub(super) fn turn_notice(&mut self, name: &Name, word: Word) {
        self.notice = match word.state() {
            CircuitState::Open | CircuitState::HalfOpen | CircuitState::ForcedOpen => {
                Some(Arc::new(self.write_notice(name, word)))
            }
            CircuitState::Closed | CircuitState::Disabled | CircuitState::MetricsOnly => None,
        };
    }

    /// What a call of this generation is told that is refused.
    pub(super) fn notice(&mut self, name: &Name, word: Word) -> Arc<Notice> {
        let notice = self.notice.take().unwrap_or_else(|| Arc::new(self.write_notice(name, word)));
        self.notice = Some(Arc::clone(&notice));
        notice
    }

    fn write_notice(&self, name: &Name, word: Word) -> Notice {
        // Nobody knows when a trial reports, or when an operator changes their mind.
        let until = if word.state() == CircuitState::Open { self.until } else { Nanos::NEVER };
        let (name, last_failure) = (name.clone(), self.last_failure.clone());
        Notice { name, word, until, failures: self.failures, last_failure }
    }

    pub(super) fn tell(&mut self, kind: CircuitEventKind, word: Word, time_left: Nanos) {
        let why = self.last_failure.clone();
        self.tell_why(kind, word, time_left, why.as_ref());
    }

    pub(super) fn tell_why(
        &mut self,
        kind: CircuitEventKind,
        word: Word,
        time_left: Nanos,
        why: Option<&Arc<str>>,
    ) {
        if !self.outbox.open || self.outbox.transitions_only && kind.is_minor() {
            return;
        }
        let (failures, last_failure) = (self.failures, why.cloned());
        let generation = word.generation();
        self.outbox.queue.push(kind, || Note { kind, generation, failures, time_left, last_failure });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_hangs_where_calls_may_be_refused_and_nowhere_else() {
        let mut ledger = Ledger::new(&CircuitConfig::new());
        for (state, hangs) in [
            (CircuitState::Open, true),
            (CircuitState::Closed, false),
            (CircuitState::HalfOpen, true),
            (CircuitState::Disabled, false),
            (CircuitState::ForcedOpen, true),
            (CircuitState::MetricsOnly, false),
        ] {
            let word = Word::first(0).turned(state, 1);
            ledger.turn_notice(&Name::Written("test"), word);
            assert_eq!(ledger.notice.as_ref().map(|notice| notice.word), hangs.then_some(word), "{state:?}");
        }
    }

    #[test]
    fn nothing_is_kept_where_nobody_listens_and_of_what_a_listener_causes_transitions_only() {
        let mut ledger = Ledger::new(&CircuitConfig::new());
        let mut kept = |kind, open, transitions_only| {
            (ledger.outbox.open, ledger.outbox.transitions_only) = (open, transitions_only);
            ledger.tell(kind, Word::first(0), Nanos::ZERO);
            ledger.outbox.queue.next().map(|(note, dropped)| (note.kind, dropped))
        };
        for kind in [CircuitEventKind::Opened, CircuitEventKind::Refused, CircuitEventKind::LateResult] {
            assert_eq!(kept(kind, false, false), None);
            assert_eq!(kept(kind, true, false), Some((kind, 0)));
        }
        assert_eq!(kept(CircuitEventKind::Refused, true, true), None);
        assert_eq!(kept(CircuitEventKind::LateResult, true, true), None);
        assert_eq!(kept(CircuitEventKind::Opened, true, true), Some((CircuitEventKind::Opened, 0)));
    }
}
