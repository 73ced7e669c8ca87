//! One circuit's state, shared: a word that every call reads, a notice for those that are refused, and a ledger under a
//! lock that only trouble needs.
//!
//! # Synchronization
//! The word says all that a healthy call needs to know, so nothing else is read on the strength of it: its loads are
//! `Relaxed`, and there is no release for them to be the partner of. A thread that has seen another's change of the
//! circuit, in whatever way, also sees its word: that is what coherence of a single atomic promises.
//!
//! The word is written in two ways only, both `Relaxed`, because it publishes nothing but itself.
//! - By the one compare-and-swap loop ([`Memory::count`]), without the lock: it counts failures in a row, within one
//!   generation, up to the threshold. There the count stands still.
//! - By whoever holds the lock, with a swap. It cannot lose a count that matters: either it begins a new generation,
//!   for which the old count means nothing, or the circuit does not count in its word. A store would do by the letter
//!   of the memory model; a swap takes its place right behind the word that it replaces, which loom can see as well.
//!
//! The notice is what refused calls read, side by side and without the ledger's lock. It is written for one word, under
//! the ledger's lock, whenever a generation begins. A call takes it for the word that it saw itself and for no other; in
//! all other cases, and while a notice is being written, it asks the ledger. So nothing depends on which of the two, word
//! or notice, another thread sees first: that the notice is written before the word only spares the ledger's lock to calls
//! that see the new word. What is in it is ordered by its own lock. The ledger's lock is never asked for under it.
//!
//! The ledger is only ever touched under the lock, whose own acquire and release order everything in it. No user code
//! runs there, so the lock cannot be poisoned by a panic of the user's.

use std::sync::{Arc, PoisonError};

use super::config::CircuitConfig;
use super::core::{self, Admission, Cause, Count, Effect, InARow, Pass, Report};
use super::ledger::Ledger;
use super::listeners::is_telling;
use super::name::Name;
use super::notice::Notice;
use super::word::Word;
use super::{CircuitOpen, CircuitState};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, RwLock};
use crate::time::Nanos;

/// The shared state of one circuit.
pub(crate) struct Memory {
    word: AtomicU64,
    /// How failures in a row are counted in the word, without the lock.
    in_a_row: Option<InARow>,
    /// The same, where nobody has to know how long a call took.
    untimed: Option<InARow>,
    /// What refused calls are told, while it is open: they read it side by side.
    notice: RwLock<Option<Arc<Notice>>>,
    ledger: Mutex<Ledger>,
}

/// What is to be done once the lock is free again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Mail {
    None,
    /// There are events to be read out.
    Waiting,
}

/// What came of counting without the lock.
enum Counted {
    Done,
    NeedsCause,
    /// This call has written the word that opens the circuit, and is to open it.
    Tripped(Word),
    Unknown,
}

impl Memory {
    pub(super) const fn new(config: &CircuitConfig) -> Self {
        // What `core::rest` says of a new window, in a `const`.
        let watched =
            config.times_calls() || config.calls_in_window().is_some() || config.time_of_window().is_some();
        Self {
            word: AtomicU64::new(Word::first(if watched { 1 } else { 0 }).bits()),
            in_a_row: core::in_a_row(config),
            untimed: if config.times_calls() { None } else { core::in_a_row(config) },
            notice: RwLock::new(None),
            ledger: Mutex::new(Ledger::new(config)),
        }
    }

    #[inline]
    pub(super) fn word(&self) -> Word {
        // Relaxed: see the module's text.
        Word::from_bits(self.word.load(Ordering::Relaxed))
    }

    /// Whether the failure that opens it has been counted, and it is about to open.
    #[inline]
    pub(super) fn has_tripped(&self, closed: Word) -> bool {
        self.in_a_row.is_some_and(|rule| rule.is_full(closed))
    }

    /// The way in for a call that the word alone neither lets in nor refuses.
    pub(super) fn enter(
        &self,
        now: Nanos,
        config: &CircuitConfig,
        name: &Name,
        listened: bool,
    ) -> (Result<Pass, CircuitOpen>, Mail) {
        let step = |word, ledger: &mut Ledger| core::enter(word, ledger, now, config);
        let (admission, mut ledger) = self.stepped(name, listened, step);
        let entered = match admission {
            Admission::Admitted(pass) => Ok(pass),
            Admission::Refused => Err(CircuitOpen::new(ledger.notice(name, self.word()), now)),
            Admission::Tripped => {
                let notice = core::notice_of_tripped(self.word(), name, now, config);
                Err(CircuitOpen::new(Arc::new(notice), now))
            }
        };
        (entered, mail(&ledger))
    }

    /// What the notice says to a call that saw this word. A notice that is being written is not waited for.
    #[inline]
    pub(super) fn refusal(&self, seen: Word, now: Nanos) -> Option<CircuitOpen> {
        let hanging = self.notice.try_read().ok()?;
        let notice = hanging.as_ref().filter(|notice| notice.refuses(seen, now))?;
        Some(CircuitOpen::new(Arc::clone(notice), now))
    }

    /// Counts a result in a row, where calls are not timed: all that there is to do for nearly all of them.
    #[inline]
    pub(super) fn count_in_a_row(&self, pass: Pass, failed: bool) -> Option<Effect> {
        match self.count(pass, failed, self.untimed?, None) {
            Counted::Done => Some(Effect::Done),
            Counted::NeedsCause => Some(Effect::NeedsCause),
            Counted::Tripped(_) | Counted::Unknown => None,
        }
    }

    /// A success of a closed circuit of which nothing comes but that it is counted. `false`: nothing was done.
    #[inline]
    pub(super) fn counts_quietly(&self, pass: Pass, now: Nanos, config: &CircuitConfig) -> bool {
        if let Some(rule) = self.in_a_row {
            return matches!(self.count(pass, false, rule, None), Counted::Done);
        }
        let mut ledger = self.ledger();
        pass.seen.is_closed()
            && self.word().is_of_one_period_with(pass.seen)
            && ledger.window.record_harmless(now, config)
    }

    /// The way out for a call that found the circuit not calm, or leaves it so.
    #[inline]
    pub(super) fn exit(
        &self,
        pass: Pass,
        report: Report,
        (config, name): (&CircuitConfig, &Name),
        now: impl Fn() -> Nanos,
        listened: impl FnOnce() -> bool,
        cause: Option<&Cause>,
    ) -> (Effect, Mail) {
        let mut at = None;
        if let (Some(rule), Report::Success | Report::Failure) = (self.in_a_row, report) {
            let failed = if config.times_calls() {
                let now = *at.insert(now());
                core::judge(report, Nanos::new(pass.note), now, config).failed
            } else {
                report == Report::Failure
            };
            match self.count(pass, failed, rule, cause) {
                Counted::Done => return (Effect::Done, Mail::None),
                Counted::NeedsCause => return (Effect::NeedsCause, Mail::None),
                Counted::Tripped(word) => {
                    return self.open_tripped(word, (config, name), now(), listened(), cause);
                }
                // A trial, or the circuit has moved on.
                Counted::Unknown => {}
            }
        }
        let state = pass.seen.state();
        let unheard = match report {
            Report::Nothing => state != CircuitState::HalfOpen,
            Report::Success | Report::Failure => {
                state == CircuitState::Disabled && self.word().is_of_one_period_with(pass.seen)
            }
        };
        if unheard {
            return (Effect::Done, Mail::None);
        }
        let now = at.unwrap_or_else(now);
        self.exit_by_ledger((pass, report), now, (config, name), listened(), cause)
    }

    #[inline(never)]
    fn exit_by_ledger(
        &self,
        came: (Pass, Report),
        now: Nanos,
        (config, name): (&CircuitConfig, &Name),
        listened: bool,
        cause: Option<&Cause>,
    ) -> (Effect, Mail) {
        self.locked(name, listened, |word, ledger| core::exit(word, ledger, came, now, config, cause))
    }

    /// The one compare-and-swap loop. The decision is `core::count`'s; no user code runs in it.
    #[inline]
    fn count(&self, pass: Pass, failed: bool, rule: InARow, cause: Option<&Cause>) -> Counted {
        let mut word = self.word();
        loop {
            let (next, counted) = match core::count(word, pass, failed, rule) {
                Count::Same => return Counted::Done,
                Count::Changed(next) => (next, Counted::Done),
                Count::Tripped(_) if cause.is_none() => return Counted::NeedsCause,
                Count::Tripped(next) => (next, Counted::Tripped(next)),
                Count::Late | Count::Unknown => return Counted::Unknown,
            };
            // Relaxed, twice: see the module's text.
            match self.word.compare_exchange_weak(
                word.bits(),
                next.bits(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return counted,
                Err(other) => word = Word::from_bits(other),
            }
        }
    }

    #[cold]
    fn open_tripped(
        &self,
        tripped: Word,
        (config, name): (&CircuitConfig, &Name),
        now: Nanos,
        listened: bool,
        cause: Option<&Cause>,
    ) -> (Effect, Mail) {
        self.locked(name, listened, |word, ledger| {
            // Another word: an operator was faster, and the failure belongs to a generation that is over.
            let next = match cause {
                Some(cause) if word == tripped => core::open_tripped(word, ledger, now, config, cause),
                _ => word,
            };
            (next, Effect::Done)
        })
    }

    /// A step under the lock.
    pub(super) fn locked<T>(
        &self,
        name: &Name,
        listened: bool,
        step: impl FnOnce(Word, &mut Ledger) -> (Word, T),
    ) -> (T, Mail) {
        let (answer, ledger) = self.stepped(name, listened, step);
        (answer, mail(&ledger))
    }

    /// The one place that takes the lock to change the circuit.
    fn stepped<T>(
        &self,
        name: &Name,
        listened: bool,
        step: impl FnOnce(Word, &mut Ledger) -> (Word, T),
    ) -> (T, MutexGuard<'_, Ledger>) {
        let mut ledger = self.ledger();
        ledger.outbox.open = listened;
        ledger.outbox.transitions_only = listened && is_telling();
        let word = self.word();
        let (next, answer) = step(word, &mut ledger);
        if next.generation() != word.generation() {
            ledger.turn_notice(name, next);
            // Before the word: whoever sees the new word then finds the new notice.
            self.notice.write().unwrap_or_else(PoisonError::into_inner).clone_from(&ledger.notice);
        }
        if next != word {
            // Relaxed: see the module's text.
            self.word.swap(next.bits(), Ordering::Relaxed);
        }
        (answer, ledger)
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A ledger is whole between any two statements that could panic: there are none.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mail(ledger: &Ledger) -> Mail {
    if ledger.outbox.queue.is_empty() { Mail::None } else { Mail::Waiting }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("word", &self.word()).finish_non_exhaustive()
    }
}
