//! All figures of circuits as Markdown, as in `benches/README.md`.

use crate::budgets::{BUDGETS, FIRST_CALL, is_within, verdict};
use crate::instructions::{Counts, no_valgrind};
use crate::subjects::{Subject, bytes_of_keys, find, subjects};
use crate::{allocations, names, threads};

const PATHS: [&str; 15] = [
    "closed",
    "closed, async",
    "window of calls",
    "window of calls, async",
    "window of calls, failures in it",
    "window of time",
    "slow calls",
    "failing in a row",
    "failing in a row, formatted text",
    "failing in a window",
    "rejected",
    "rejected, async",
    "probe succeeds",
    "open, probe, closed",
    "by key",
];
const WHOSE: [&str; 7] =
    ["#[circuit]", "by hand", "recloser", "failsafe", "seatbelt", "circuitbreaker-rs", "tower-resilience"];

fn at(path: &str, whose: &str) -> Option<&'static Subject> {
    find(&format!("{path}: {whose}"))
}

pub(crate) fn print() {
    let wanted = subjects().filter(|subject| PATHS.iter().any(|path| subject.name.starts_with(*path)));
    let extra = ["clock", "text: constant", "text: code"].into_iter().filter_map(find);
    let Some(counts) = Counts::of(wanted.chain(extra)) else { return no_valgrind() };
    instructions(&counts);
    forms(&counts);
    if let Some(names) = names::count() {
        println!(
            "\nIn a program with 1 000 named circuits, over the bare function:\n\n| path | instructions | budget |\n|---|---|---|"
        );
        let verdict = verdict(names.first_call <= FIRST_CALL);
        println!(
            "| first call of a name | {:+}, {} alloc. | +{FIRST_CALL}: {verdict} |",
            names.first_call, names.allocations
        );
        println!("| closed, by name | {:+} | – |", names.closed);
    }
    times();
    let (closed, open) = bytes_of_keys();
    println!("\nBytes per key of 16 bytes, default settings: {closed} closed, {open} open.");
}

fn header(last: &[&str]) {
    let whose = WHOSE.iter().map(|whose| format!("`{whose}`").replace("`by hand`", "by hand"));
    let columns: Vec<String> = whose.chain(last.iter().map(|&last| last.to_owned())).collect();
    println!("\n| path | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
}

/// Instructions over the bare function, and allocations if there are any.
fn instructions(counts: &Counts) {
    header(&["budget"]);
    for path in PATHS {
        let cells = WHOSE.map(|whose| at(path, whose).map_or_else(none, |subject| cell(counts, subject)));
        println!("| {path} | {} | {} |", cells.join(" | "), budget(counts, path));
    }
    for name in ["clock", "text: constant", "text: code"] {
        let Some(count) = find(name).and_then(|subject| counts.over_bare(subject)) else { continue };
        println!("\n`{name}`: {count}.");
    }
}

fn none() -> String {
    "–".to_owned()
}

fn cell(counts: &Counts, subject: &Subject) -> String {
    let over = counts.over_bare(subject).map_or_else(none, |over| format!("{over:+}"));
    match allocations::of(subject) {
        0 => over,
        1 => format!("{over}, 1 alloc."),
        some => format!("{over}, {some} alloc."),
    }
}

fn budget(counts: &Counts, path: &str) -> String {
    let ours = format!("{path}: #[circuit]");
    let Some(budget) = BUDGETS.iter().find(|budget| budget.subject == ours) else { return none() };
    let over = find(&ours).and_then(|subject| counts.over_bare(subject));
    let (Some(over), Some((limit, words))) = (over, budget.limit(counts)) else { return none() };
    format!("{words}: {}", verdict(is_within(over, limit)))
}

/// The other forms of this library.
fn forms(counts: &Counts) {
    println!("\n| other forms | |\n|---|---|");
    for subject in subjects() {
        let Some((path, whose)) = subject.name.split_once(": ") else { continue };
        let ours = whose.starts_with("#[circuit") || whose.starts_with("call");
        let listed = whose == "#[circuit]" && PATHS.contains(&path);
        if ours && !listed && PATHS.iter().any(|known| path.starts_with(known)) {
            println!("| {path}: `{whose}` | {} |", cell(counts, subject));
        }
    }
}

/// Nanoseconds of one thread, and two threads over one.
fn times() {
    header(&["two threads, budget"]);
    for path in PATHS {
        let shared = threads::SHARED.iter().find(|(known, _)| *known == path);
        let mut verdict = none();
        let cells = WHOSE.map(|whose| {
            let Some(subject) = at(path, whose) else { return none() };
            // A tower service is called by `&mut`, so each thread has its own.
            let shared = shared.filter(|_| whose != "tower-resilience");
            let figures = threads::figures(threads::timed(subject), shared.is_some());
            if let (Some((_, Some(budget))), "#[circuit]") = (shared, whose) {
                verdict =
                    format!("≥ {budget}×: {}", if figures.ratio >= *budget { "within" } else { "UNDER" });
            }
            match figures.two {
                Some(two) => format!("{}, {two}×", figures.one),
                None => figures.one,
            }
        });
        println!("| {path} | {} | {verdict} |", cells.join(" | "));
    }
    let nothing = threads::figures(threads::nothing_shared(), true);
    println!("\nTwo threads that share nothing: {}, {}×.", nothing.one, nothing.two.unwrap_or_default());
}
