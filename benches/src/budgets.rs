//! Budgets: the limit of the instructions of a call over the bare function. Counts are reproducible, so they can be
//! asserted.

use std::process::ExitCode;

use crate::instructions::{Counts, no_valgrind};
use crate::names;
use crate::subjects::{Subject, find};

/// The instructions of a subject over its bare function.
pub(crate) struct Budget {
    pub(crate) subject: &'static str,
    /// Readings of the clock that are part of the budget, as counted by callgrind in the same run.
    clocks: u32,
    instructions: u32,
    /// A subject that formats the error's text, which is part of the budget.
    text: Option<&'static str>,
    /// For a row over its budget: the level that it must not exceed until it is improved.
    held: Option<u32>,
}

/// The variation of a count that is caused by changes elsewhere in the program.
const MARGIN: i64 = 2;

const fn budget(subject: &'static str, instructions: u32) -> Budget {
    Budget { subject, clocks: 0, instructions, text: None, held: None }
}

impl Budget {
    const fn and_clocks(self, clocks: u32) -> Self {
        Self { clocks, ..self }
    }

    const fn and_text(self, subject: &'static str) -> Self {
        Self { text: Some(subject), ..self }
    }

    const fn held_at(self, level: u32) -> Self {
        Self { held: Some(level), ..self }
    }

    /// The limit in instructions, and as text.
    pub(crate) fn limit(&self, counts: &Counts) -> Option<(i64, String)> {
        let over_nothing = |name: &str| counts.over_bare(find(name)?);
        let mut limit = i64::from(self.instructions);
        let mut words = format!("+{}", self.instructions);
        if self.clocks > 0 {
            let clock = over_nothing("clock")?;
            limit += i64::from(self.clocks) * clock;
            words = format!("{} × {clock} (clock) {words}", self.clocks);
        }
        if let Some(text) = self.text {
            let text = over_nothing(text)?;
            limit += text;
            words = format!("{words} + {text} (text)");
        }
        Some((limit, words))
    }

    /// The subject, its bare function, and the components of its limit.
    fn subjects(&self) -> impl Iterator<Item = &'static Subject> {
        [Some(self.subject), self.text, Some("clock")].into_iter().flatten().filter_map(find)
    }
}

/// `#[retry]` is measured over the loop by hand, a circuit over its bare function. Of each, 8 and 16 instructions check
/// for listeners. Counting a call for a retry budget is measured over the retry without one.
const RETRIES: [(&str, &str, i64); 4] = [
    ("sync #[retry]", "sync by hand", 6 + 8),
    ("async #[retry]", "async by hand", 10 + 16),
    ("sync #[retry(budget)]", "sync #[retry]", 20),
    ("async #[retry(budget)]", "async #[retry]", 20),
];

pub(crate) const BUDGETS: &[Budget] = &[
    // As for a retry, 8 and 16 instructions check for listeners.
    budget("closed: #[circuit]", 16 + 8),
    budget("closed, async: #[circuit]", 52 + 16),
    budget("window of calls: #[circuit]", 16 + 8),
    budget("window of calls, failures in it: #[circuit]", 90),
    // Over a clock and 80, 128, by 129.
    budget("window of time: #[circuit]", 80).and_clocks(1).held_at(257),
    // Over two clocks and 60, 156, by 193.
    budget("slow calls: #[circuit]", 60).and_clocks(2).held_at(349),
    // Over 80 and the text, 218, by 247: 21 of these since a circuit may be shared between processes.
    budget("failing in a row: #[circuit]", 80).and_text("text: constant").held_at(465),
    // Over 80 and the text, 488, by 317.
    budget("failing in a row, formatted text: #[circuit]", 80).and_text("text: code").held_at(805),
    // Over 150 and the text, 288, by 288.
    budget("failing in a window: #[circuit]", 150).and_text("text: constant").held_at(576),
    // Over a clock and 60, 108, by 26.
    budget("rejected: #[circuit]", 60).and_clocks(1).held_at(134),
    // Over 350 by 111.
    budget("by key: #[circuit]", 350).held_at(461),
];

/// The first call of a named circuit, in a program with a thousand of them.
pub(crate) const FIRST_CALL: i64 = 2_000;

pub(crate) fn check() -> ExitCode {
    let retries = RETRIES.iter().flat_map(|(ours, other, _)| [find(ours), find(other)]).flatten();
    let Some(counts) = Counts::of(BUDGETS.iter().flat_map(Budget::subjects).chain(retries)) else {
        no_valgrind();
        return ExitCode::FAILURE;
    };
    let retries = RETRIES.iter().map(|(ours, other, budget)| check_retry(&counts, ours, other, *budget));
    let circuits = BUDGETS.iter().map(|budget| check_circuit(&counts, budget));
    // All of them, even after one is over its budget.
    let over = retries
        .chain(circuits)
        .chain(std::iter::once_with(check_first_call))
        .filter(|held| *held != Some(true))
        .count();
    if over == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_retry(counts: &Counts, ours: &str, other: &str, budget: i64) -> Option<bool> {
    let over = counts.over_bare(find(ours)?)? - counts.over_bare(find(other)?)?;
    let within = over <= budget;
    println!("{ours}: {over:+} over {other}, budget +{budget}: {}", verdict(within));
    Some(within)
}

fn check_first_call() -> Option<bool> {
    let over = names::count()?.first_call;
    let within = over <= FIRST_CALL;
    println!("first call of 1 000 names: {over:+}, budget +{FIRST_CALL}: {}", verdict(within));
    Some(within)
}

/// Whether it is within its budget, or not above its level.
fn check_circuit(counts: &Counts, budget: &Budget) -> Option<bool> {
    let over = counts.over_bare(find(budget.subject)?)?;
    let (limit, words) = budget.limit(counts)?;
    let within = is_within(over, limit);
    print!("{}: {over:+}, budget {words} = +{limit}: {}", budget.subject, verdict(within));
    let held = match budget.held {
        Some(level) if !within => {
            let held = over <= i64::from(level) + MARGIN;
            print!(", {} +{level}", if held { "held at" } else { "and WORSE than" });
            held
        }
        Some(level) => {
            print!(", no longer to be held at +{level}");
            true
        }
        None => within,
    };
    println!();
    Some(held)
}

pub(crate) fn is_within(over: i64, limit: i64) -> bool {
    over <= limit + MARGIN
}

pub(crate) fn verdict(within: bool) -> &'static str {
    if within { "within" } else { "OVER" }
}
