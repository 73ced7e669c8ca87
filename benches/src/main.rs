//! The costs of the attributes in reproducible figures: instructions per call under callgrind, allocations, bytes.
//!
//! ```text
//! cargo run --release -p resilience-benches                  everything below
//! cargo run --release -p resilience-benches -- instructions  per call, over the bare function (needs valgrind); a
//!                                                            further word picks those whose name contains it
//! cargo run --release -p resilience-benches -- allocations   per call
//! cargo run --release -p resilience-benches -- futures       bytes of an async function's future
//! cargo run --release -p resilience-benches -- waits         a retry without a wait, as a ratio within this run
//! cargo run --release -p resilience-benches -- threads       two on one circuit, as a ratio within this run
//! cargo run --release -p resilience-benches -- table         all figures of circuits, as Markdown
//! cargo run --release -p resilience-benches -- budgets       fails if a counted figure is over its budget
//! cargo run --release -p resilience-benches -- batch         jobs polled in a batch: time, and bytes of each
//! cargo run --release -p resilience-benches -- batch poll     one poll that resolves some of many jobs
//! cargo run --release -p resilience-benches -- batch threads  two threads that submit, as a ratio within this run
//! cargo run --release -p resilience-benches -- code          machine code and `cargo check` time of 100 functions
//! ```

mod allocations;
mod batch;
mod budgets;
mod code;
mod futures;
mod instructions;
mod names;
mod subjects;
mod table;
mod threads;
mod waits;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => {
            allocations::print();
            futures::print();
            waits::print();
            code::print();
            batch::print();
            threads::print();
            instructions::print("");
        }
        ["instructions"] => instructions::print(""),
        ["instructions", part] => instructions::print(part),
        ["threads"] => threads::print(),
        ["table"] => table::print(),
        ["allocations"] => allocations::print(),
        ["futures"] => futures::print(),
        ["waits"] => waits::print(),
        ["code"] => code::print(),
        ["batch"] => batch::print(),
        ["batch", "poll"] => batch::one_poll(),
        ["batch", "threads"] => batch::two_threads(),
        // For profilers.
        ["batch", subject, jobs, rounds] => {
            let (Ok(jobs), Ok(rounds)) = (jobs.parse(), rounds.parse()) else { return ExitCode::from(2) };
            batch::run(subject, jobs, rounds);
        }
        ["budgets"] => return budgets::check(),
        // For callgrind.
        ["call", subject, calls] => return instructions::call(subject, calls),
        _ => {
            eprintln!("unknown arguments {words:?}; see the head of benches/src/main.rs");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
