//! The circuit's decisions, apart from clocks, locks and threads: from a word, a ledger and a moment to the next word.
//!
//! ```text
//!                  failure: one too many
//!      ┌────────┐ ──────────────────────► ┌────────┐
//!      │ Closed │                         │  Open  │ ◄──────────────┐
//!      └────────┘                         └────────┘                │
//!           ▲                                  │ recovery timeout,  │ a trial fails,
//!           │ enough trials                    │ and a call         │ or does not report
//!           │ succeed                          ▼                    │
//!           │                             ┌──────────┐              │
//!           └──────────────────────────── │ HalfOpen │ ─────────────┘
//!                                         └──────────┘
//! ```

use std::sync::Arc;

use super::CircuitState;
use super::config::CircuitConfig;
use super::ledger::{Ledger, Trial};
use super::name::Name;
use super::notice::Notice;
use super::window::{Seen, Window};
use super::word::Word;
use crate::event::CircuitEventKind;
use crate::time::Nanos;

/// What a call was let in with, and has to bring back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    /// The word as the call saw it: a result counts in this generation only.
    pub(super) seen: Word,
    /// The number of a trial; for other calls the moment they began, where that matters.
    pub(super) note: u64,
}

impl Pass {
    /// A count that no word has. One comparison with the word then says whether a call may leave without a report:
    /// it may, if it found the circuit calm, and the circuit has not changed.
    const WATCHED: u32 = u32::MAX;

    #[inline]
    pub(super) const fn calm(seen: Word) -> Self {
        Self { seen, note: 0 }
    }

    pub(super) const fn watched(seen: Word, note: u64) -> Self {
        Self { seen: seen.with_count(Self::WATCHED), note }
    }
}

/// What became of a call that asked to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Admitted(Pass),
    Refused,
    /// Refused, by a circuit that is about to open.
    Tripped,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    Success,
    Failure,
    /// To be counted as nothing at all: ignored, or dropped.
    Nothing,
}

/// What a failure said, if it said anything.
pub(crate) type Cause = Option<Arc<str>>;

/// What came of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Effect {
    Done,
    /// Nothing has changed yet. This may open the circuit: come back with its cause.
    NeedsCause,
}

/// What a result does to a count of failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// Nothing is to be written.
    Same,
    Changed(Word),
    /// This is the failure that opens the circuit. Until that has been done the count stands still, so whoever wrote
    /// this word, and nobody else, opens it.
    Tripped(Word),
    /// The circuit has tripped already, and is about to open.
    Late,
    /// The word alone cannot tell.
    Unknown,
}

/// The count of a circuit that has nothing to remember: 1 keeps its word from looking calm.
fn rest(state: CircuitState, window: &Window, config: &CircuitConfig) -> u32 {
    u32::from(state != CircuitState::Closed || config.times_calls() || !window.ignores_success())
}

/// How failures in a row are counted in the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InARow {
    /// The count of none, while closed.
    rest: u32,
    /// The count that opens it. [`MOST_COUNTED`]: none does.
    full: u32,
}

impl InARow {
    /// Whether a closed circuit's count is the one that opens it.
    #[inline]
    pub(super) const fn is_full(self, closed: Word) -> bool {
        self.full != MOST_COUNTED && closed.count() >= self.full
    }

    /// The count of no failure, and the count at which it stands still.
    #[inline]
    fn range(self, state: CircuitState) -> Option<(u32, u32)> {
        match state {
            CircuitState::Closed => Some((self.rest, self.full)),
            // It counts, and there is no number at which anything happens.
            CircuitState::MetricsOnly => Some((1, MOST_COUNTED)),
            _ => None,
        }
    }
}

/// `None`: a window counts.
pub(super) const fn in_a_row(config: &CircuitConfig) -> Option<InARow> {
    let windowed = config.within_nanos().is_some()
        || config.calls_in_window().is_some()
        || config.time_of_window().is_some();
    if windowed {
        return None;
    }
    let rest = if config.times_calls() { 1 } else { 0 };
    // A threshold that does not fit is one that is never reached.
    let full =
        if config.threshold() > MOST_COUNTED - rest { MOST_COUNTED } else { config.threshold() + rest };
    Some(InARow { rest, full })
}

/// Whether a closed circuit has counted the failure that opens it.
#[inline]
pub(super) fn has_tripped(word: Word, config: &CircuitConfig) -> bool {
    in_a_row(config).is_some_and(|rule| rule.is_full(word))
}

/// Counts failures in a row.
#[inline]
pub(super) fn count(word: Word, pass: Pass, failed: bool, rule: InARow) -> Count {
    if !word.is_of_one_period_with(pass.seen) {
        return Count::Unknown;
    }
    let Some((rest, full)) = rule.range(word.state()) else { return Count::Unknown };
    if word.count() >= full {
        return if full == MOST_COUNTED { Count::Same } else { Count::Late };
    }
    if !failed {
        return if word.count() == rest { Count::Same } else { Count::Changed(word.with_count(rest)) };
    }
    let next = word.one_more();
    if next.count() == full && full != MOST_COUNTED { Count::Tripped(next) } else { Count::Changed(next) }
}

/// Below [`Pass::WATCHED`]. Here every count stands still, and nothing opens.
const MOST_COUNTED: u32 = u32::MAX - 1;

/// A call asks to be let in.
pub(super) fn enter(
    word: Word,
    ledger: &mut Ledger,
    now: Nanos,
    config: &CircuitConfig,
) -> (Word, Admission) {
    let word = settle(word, ledger, now, config);
    match word.state() {
        // Whoever has tripped it opens it as soon as it has the lock, and says so then.
        CircuitState::Closed if has_tripped(word, config) => (word, Admission::Tripped),
        CircuitState::Closed | CircuitState::MetricsOnly | CircuitState::Disabled => {
            (word, Admission::Admitted(Pass::watched(word, now.get())))
        }
        CircuitState::Open if ledger.until.is_over(now) => {
            let word = word.turned(CircuitState::HalfOpen, 1);
            ledger.successes = 0;
            ledger.tell(CircuitEventKind::HalfOpened, word, Nanos::ZERO);
            (word, Admission::Admitted(trial(word, ledger, now)))
        }
        CircuitState::HalfOpen if ledger.trials.len() < config.places() as usize => {
            (word, Admission::Admitted(trial(word, ledger, now)))
        }
        state @ (CircuitState::Open | CircuitState::HalfOpen | CircuitState::ForcedOpen) => {
            let time_left = if state == CircuitState::Open { ledger.until.minus(now) } else { Nanos::NEVER };
            ledger.tell(CircuitEventKind::Refused, word, time_left);
            (word, Admission::Refused)
        }
    }
}

fn trial(word: Word, ledger: &mut Ledger, now: Nanos) -> Pass {
    let number = ledger.next_trial;
    ledger.next_trial += 1;
    ledger.trials.push(Trial { number, began: now });
    Pass::watched(word, number)
}

/// A call that was let in reports.
pub(super) fn exit(
    word: Word,
    ledger: &mut Ledger,
    (pass, report): (Pass, Report),
    now: Nanos,
    config: &CircuitConfig,
    cause: Option<&Cause>,
) -> (Word, Effect) {
    let word = settle(word, ledger, now, config);
    if word.generation() != pass.seen.generation() {
        if report != Report::Nothing {
            ledger.late += 1;
            ledger.tell(CircuitEventKind::LateResult, word, Nanos::ZERO);
        }
        return (word, Effect::Done);
    }
    match word.state() {
        CircuitState::Closed | CircuitState::MetricsOnly if report != Report::Nothing => {
            counted(word, ledger, (pass, report), now, config, cause)
        }
        CircuitState::HalfOpen => tried(word, ledger, (pass, report), now, config, cause),
        // There is nothing to be counted, or there are no calls of this generation.
        _ => (word, Effect::Done),
    }
}

/// A result of a circuit that is closed, or only counting.
fn counted(
    word: Word,
    ledger: &mut Ledger,
    (pass, report): (Pass, Report),
    now: Nanos,
    config: &CircuitConfig,
    cause: Option<&Cause>,
) -> (Word, Effect) {
    let seen = judge(report, Nanos::new(pass.note), now, config);
    if let Some(rule) = in_a_row(config) {
        return match count(word, pass, seen.failed, rule) {
            Count::Same | Count::Unknown => (word, Effect::Done),
            Count::Late => {
                ledger.late += 1;
                (word, Effect::Done)
            }
            Count::Changed(word) => (word, Effect::Done),
            Count::Tripped(tripped) => match cause {
                None => (word, Effect::NeedsCause),
                Some(cause) => (open_tripped(tripped, ledger, now, config, cause), Effect::Done),
            },
        };
    }
    let opens = word.state() == CircuitState::Closed;
    if opens && cause.is_none() && ledger.window.could_open(seen, now, config) {
        return (word, Effect::NeedsCause);
    }
    if ledger.window.record(seen, now, config) && opens {
        ledger.failures = ledger.window.failures(now);
        let cause = match ledger.window.failing(now, config) {
            // Nobody failed just now: the rate did.
            Some(rate) if !seen.failed => {
                Some(format!("{} of {} calls failed", rate.failed, rate.calls).into())
            }
            _ => cause.cloned().flatten(),
        };
        return (open(word, ledger, (now, now), config, cause), Effect::Done);
    }
    (word.with_count(rest(word.state(), &ledger.window, config)), Effect::Done)
}

/// The result of a trial: one failure is enough, and so is the last success that was missing.
#[inline(never)]
fn tried(
    word: Word,
    ledger: &mut Ledger,
    (pass, report): (Pass, Report),
    now: Nanos,
    config: &CircuitConfig,
    cause: Option<&Cause>,
) -> (Word, Effect) {
    let Some(place) = ledger.trials.iter().position(|trial| trial.number == pass.note) else {
        return (word, Effect::Done);
    };
    let seen = judge(report, ledger.trials[place].began, now, config);
    // A slow trial is a bad one, whatever the rate of slow calls is to be.
    let bad = report != Report::Nothing && (seen.failed || seen.slow);
    if bad {
        let Some(cause) = cause else { return (word, Effect::NeedsCause) };
        return (reopen(word, ledger, (now, now), config, cause.clone()), Effect::Done);
    }
    ledger.trials.remove(place);
    if report == Report::Nothing {
        return (word, Effect::Done);
    }
    ledger.successes = ledger.successes.saturating_add(1);
    if ledger.successes >= config.successes_to_close() {
        return (force(word, ledger, CircuitState::Closed, config), Effect::Done);
    }
    (word, Effect::Done)
}

#[inline]
pub(super) fn judge(report: Report, began: Nanos, now: Nanos, config: &CircuitConfig) -> Seen {
    let slow = config.is_slow(now.minus(began));
    let failed = report == Report::Failure || slow && config.rate_of_slow_calls().is_none();
    Seen { failed, slow }
}

/// What has become due by itself.
#[inline]
pub(super) fn settle(word: Word, ledger: &mut Ledger, now: Nanos, config: &CircuitConfig) -> Word {
    if word.state() != CircuitState::HalfOpen {
        return word;
    }
    settle_trials(word, ledger, now, config)
}

/// A trial that did not report in time has failed, at the moment its time was up.
#[inline(never)]
fn settle_trials(word: Word, ledger: &mut Ledger, now: Nanos, config: &CircuitConfig) -> Word {
    let Some(oldest) = ledger.trials.first() else { return word };
    let due = oldest.began.plus(config.probe_time());
    if !due.is_over(now) {
        return word;
    }
    let text = format!("a trial did not report within {:?}", config.probe_time().to_duration());
    reopen(word, ledger, (due, now), config, Some(text.into()))
}

/// Opens a closed circuit whose count has reached its threshold, if nobody has changed it since.
pub(super) fn open_tripped(
    word: Word,
    ledger: &mut Ledger,
    now: Nanos,
    config: &CircuitConfig,
    cause: &Cause,
) -> Word {
    ledger.failures = word.count() - u32::from(config.times_calls());
    open(word, ledger, (now, now), config, cause.clone())
}

/// It opens at the first of two moments, and is told at the second.
/// What calls are told between the failure that opens it and the opening: all but the text.
pub(super) fn notice_of_tripped(word: Word, name: &Name, now: Nanos, config: &CircuitConfig) -> Notice {
    Notice {
        name: name.clone(),
        word: word.turned(CircuitState::Open, 1),
        until: now.plus(config.open_time(0)),
        failures: word.count() - u32::from(config.times_calls()),
        last_failure: None,
    }
}

fn reopen(
    word: Word,
    ledger: &mut Ledger,
    times: (Nanos, Nanos),
    config: &CircuitConfig,
    cause: Cause,
) -> Word {
    ledger.failures = ledger.failures.saturating_add(1);
    ledger.failed_recoveries = ledger.failed_recoveries.saturating_add(1);
    open(word, ledger, times, config, cause)
}

fn open(
    word: Word,
    ledger: &mut Ledger,
    (at, now): (Nanos, Nanos),
    config: &CircuitConfig,
    cause: Cause,
) -> Word {
    let word = word.turned(CircuitState::Open, 1);
    let open_time = config.open_time(ledger.failed_recoveries);
    ledger.until = at.plus(open_time);
    ledger.last_failure = cause;
    ledger.trials.clear();
    ledger.tell(CircuitEventKind::Opened, word, ledger.until.minus(now));
    word
}

/// Turns it to a state an operator asks for, and closes it.
pub(super) fn force(word: Word, ledger: &mut Ledger, state: CircuitState, config: &CircuitConfig) -> Word {
    if state == CircuitState::ForcedOpen {
        // Whoever is refused is still told why it was open before.
        ledger.until = Nanos::NEVER;
        ledger.trials.clear();
    } else {
        ledger.clear();
    }
    let word = word.turned(state, rest(state, &ledger.window, config));
    let kind = match state {
        CircuitState::ForcedOpen => CircuitEventKind::ForcedOpen,
        CircuitState::Disabled => CircuitEventKind::Disabled,
        CircuitState::MetricsOnly => CircuitEventKind::MetricsOnly,
        _ => CircuitEventKind::Closed,
    };
    ledger.tell(kind, word, Nanos::ZERO);
    word
}

/// The state as it reads: half-open as soon as a trial would be let in.
pub(super) fn state(word: Word, ledger: &Ledger, now: Nanos) -> CircuitState {
    match word.state() {
        CircuitState::Open if ledger.until.is_over(now) => CircuitState::HalfOpen,
        state => state,
    }
}

pub(super) fn failures(word: Word, ledger: &Ledger, now: Nanos, config: &CircuitConfig) -> u32 {
    let counts = matches!(word.state(), CircuitState::Closed | CircuitState::MetricsOnly);
    match in_a_row(config).and_then(|rule| rule.range(word.state())) {
        Some((rest, _)) => word.count() - rest,
        None if counts => ledger.window.failures(now),
        None => ledger.failures,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_threshold_is_a_count_that_only_a_pass_has() {
        let slow = CircuitConfig::new().slow_call(Duration::from_secs(1));
        for (config, rest) in [(CircuitConfig::new(), 0), (slow, 1)] {
            for threshold in [1, 2, MOST_COUNTED - 1, MOST_COUNTED, u32::MAX] {
                let rule = in_a_row(&config.failure_threshold(threshold)).unwrap();
                assert_eq!(rule, InARow { rest, full: threshold.saturating_add(rest).min(MOST_COUNTED) });
                assert!(rule.full < Pass::WATCHED);
            }
        }
    }

    #[test]
    fn only_a_closed_circuit_that_has_nothing_to_time_and_nothing_to_fill_rests_at_zero() {
        let (row, slow) = (CircuitConfig::new(), CircuitConfig::new().slow_call(Duration::from_secs(1)));
        let window = CircuitConfig::new().failure_rate(0.5).window_calls(10);
        for (state, config, expected) in [
            (CircuitState::Closed, row, 0),
            (CircuitState::Closed, slow, 1),
            (CircuitState::Closed, window, 1),
            (CircuitState::Open, row, 1),
            (CircuitState::MetricsOnly, row, 1),
        ] {
            assert_eq!(rest(state, &Window::new(&config), &config), expected, "{state:?}, {config:?}");
        }
    }

    #[test]
    fn a_circuit_that_opens_says_how_many_failures_it_took_whether_calls_are_timed_or_not() {
        let slow = CircuitConfig::new().slow_call(Duration::from_secs(1));
        for (config, count) in [(CircuitConfig::new(), 5), (slow, 6)] {
            let mut ledger = Ledger::new(&config);
            let word = open_tripped(Word::first(count), &mut ledger, Nanos::ZERO, &config, &None);
            assert_eq!(failures(word, &ledger, Nanos::ZERO, &config), 5, "{config:?}");
        }
    }

    #[test]
    fn a_closed_circuit_with_a_window_counts_the_failures_in_it() {
        let config = CircuitConfig::new().failure_rate(0.5).window_calls(10);
        let mut ledger = Ledger::new(&config);
        ledger.window.record(Seen { failed: true, slow: false }, Nanos::ZERO, &config);
        assert_eq!(failures(Word::first(1), &ledger, Nanos::ZERO, &config), 1);
    }

    #[test]
    fn each_trial_has_a_number_of_its_own() {
        let mut ledger = Ledger::new(&CircuitConfig::new());
        let word = Word::first(0).turned(CircuitState::HalfOpen, 1);
        let numbers = [(); 3].map(|()| trial(word, &mut ledger, Nanos::ZERO).note);
        assert_eq!(numbers, [0, 1, 2]);
    }

    #[test]
    fn what_counts_as_nothing_leaves_a_closed_circuit_and_its_failures_alone() {
        let config = CircuitConfig::new();
        let mut ledger = Ledger::new(&config);
        let word = Word::first(1);
        let came = (Pass::watched(word, 0), Report::Nothing);
        let (after, effect) = exit(word, &mut ledger, came, Nanos::ZERO, &config, None);
        assert_eq!((after, effect, ledger.late), (word, Effect::Done, 0));
    }
}
