//! Instructions per call: the difference between callgrind's counts for N and for 2N calls, without start-up costs.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::subjects::{Subject, find, subjects};

/// The number of calls of each subject; a second run makes twice as many.
const CALLS: u64 = 2_000;

/// The subjects whose name contains `part`.
pub(crate) fn print(part: &str) {
    println!("\ninstructions per call (callgrind)");
    let picked: Vec<&Subject> = subjects().filter(|subject| subject.name.contains(part)).collect();
    let Some(counts) = Counts::of(picked.iter().copied()) else { return no_valgrind() };
    for subject in picked {
        let (Some(per_call), Some(over)) = (counts.per_call(subject.name), counts.over_bare(subject)) else {
            continue;
        };
        println!("  {:<50} {per_call:>6}   {over:>+6} over bare", subject.name);
    }
}

pub(crate) fn no_valgrind() {
    eprintln!("  valgrind could not be run: `apt-get install valgrind`");
}

/// Instructions per call, by name.
pub(crate) struct Counts(HashMap<&'static str, u64>);

impl Counts {
    /// Of these subjects and of their baselines. `None` if valgrind cannot be run.
    pub(crate) fn of(wanted: impl Iterator<Item = &'static Subject>) -> Option<Self> {
        let mut subjects: Vec<&Subject> = Vec::new();
        for subject in wanted.flat_map(|subject| [Some(subject), find(subject.bare)]).flatten() {
            if !subjects.iter().any(|known| known.name == subject.name) {
                subjects.push(subject);
            }
        }
        let (next, counts) = (AtomicUsize::new(0), Mutex::new(HashMap::new()));
        let work = || {
            while let Some(subject) = subjects.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some(per_call) = per_call(subject) else { continue };
                counts.lock().unwrap_or_else(PoisonError::into_inner).insert(subject.name, per_call);
            }
        };
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        thread::scope(|scope| {
            for _ in 0..processors {
                scope.spawn(work);
            }
        });
        let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        (counts.len() == subjects.len()).then_some(Self(counts))
    }

    pub(crate) fn per_call(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    pub(crate) fn over_bare(&self, subject: &Subject) -> Option<i64> {
        i64::try_from(self.per_call(subject.name)?).ok()?.checked_sub_unsigned(self.per_call(subject.bare)?)
    }
}

/// The code that callgrind runs: only the calls.
pub(crate) fn call(name: &str, calls: &str) -> ExitCode {
    let (Some(subject), Ok(calls)) = (find(name), calls.parse::<u64>()) else {
        return ExitCode::from(2);
    };
    subject.warm_up();
    for _ in 0..calls {
        black_box((subject.call)(black_box(1)));
    }
    ExitCode::SUCCESS
}

fn per_call(subject: &Subject) -> Option<u64> {
    let this = std::env::current_exe().ok()?;
    per_call_of(&this, &["call", subject.name], CALLS)
}

/// Of a program whose last argument is the number of calls.
pub(crate) fn per_call_of(program: &Path, arguments: &[&str], calls: u64) -> Option<u64> {
    let (once, twice) = (count(program, arguments, calls)?, count(program, arguments, 2 * calls)?);
    Some((twice.checked_sub(once)? + calls / 2) / calls)
}

/// All instructions of a program that makes this number of calls.
fn count(program: &Path, arguments: &[&str], calls: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .arg(calls.to_string())
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("  {arguments:?}: {report}");
        return None;
    }
    let line = report.lines().find(|line| line.contains("Collected"))?;
    line.split_whitespace().last()?.parse().ok()
}
