//! Instructions per call: callgrind's count of N and of 2N calls, subtracted, so that everything around them falls out.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use crate::subjects::subjects;

const CALLS: u64 = 10_000;

/// Those whose name contains `part`.
pub(crate) fn print(part: &str) {
    println!("\ninstructions per call (callgrind, {CALLS} calls against twice as many)");
    let mut counted: Vec<(&str, u64)> = Vec::new();
    for subject in subjects().filter(|subject| subject.name.contains(part)) {
        let Some(per_call) = per_call(subject.name) else {
            println!("  valgrind could not be run: `apt-get install valgrind`");
            return;
        };
        let known = counted.iter().find(|(name, _)| *name == subject.bare).map(|(_, bare)| *bare);
        let Some(bare) = known.or_else(|| self::per_call(subject.bare)) else { continue };
        println!(
            "  {:<34} {per_call:>6}   {:>+5} over bare",
            subject.name,
            i128::from(per_call) - i128::from(bare)
        );
        counted.extend([(subject.name, per_call), (subject.bare, bare)]);
    }
}

/// How many instructions a subject may take over a loop written by hand.
const BUDGETS: [(&str, &str, u64); 2] =
    [("sync #[retry]", "sync by hand", 6), ("async #[retry]", "async by hand", 10)];

/// Counts repeat to the digit, so they may be held to.
pub(crate) fn check_budgets() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for (name, by_hand, budget) in BUDGETS {
        let (Some(ours), Some(hand)) = (per_call(name), per_call(by_hand)) else {
            eprintln!("valgrind could not be run: `apt-get install valgrind`");
            return ExitCode::FAILURE;
        };
        let within = ours <= hand + budget;
        println!("{name}: {ours} instructions, {by_hand}: {hand}, budget +{budget}: {}", verdict(within));
        if !within {
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn verdict(within: bool) -> &'static str {
    if within { "within" } else { "OVER" }
}

/// What callgrind runs: nothing but the calls.
pub(crate) fn call(name: &str, calls: &str) -> ExitCode {
    let (Some(subject), Ok(calls)) = (subjects().find(|subject| subject.name == name), calls.parse::<u64>())
    else {
        return ExitCode::from(2);
    };
    for _ in 0..calls {
        black_box((subject.call)(black_box(1)));
    }
    ExitCode::SUCCESS
}

fn per_call(name: &str) -> Option<u64> {
    Some((count(name, 2 * CALLS)? - count(name, CALLS)?) / CALLS)
}

/// All instructions of this program making so many calls.
fn count(name: &str, calls: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args(["call", name, &calls.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let line = report.lines().find(|line| line.contains("Collected"))?;
    line.split_whitespace().last()?.parse().ok()
}
