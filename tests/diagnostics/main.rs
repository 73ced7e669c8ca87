//! The compiler's messages for mistakes in attributes: one file of mistakes per topic, with a snapshot next to it.
//!
//! A snapshot contains the number of errors and, for each mistake in the order of positions, the level, the position
//! (`line:column+length`) and the text of this library: message, label, notes and help. Messages of the compiler itself
//! are stored as code and position, lints as name and start, because their text differs between versions.
//!
//! `MESSAGES=overwrite cargo test --test diagnostics` rewrites the snapshots: review the diff. `MESSAGES=add` keeps
//! them, and adds the messages of another compiler at the same places. `ui/passing` contains the same code without the
//! mistakes, which must compile.

// What an attribute writes is no concern of the user's lints, wherever its spans point.
#![deny(warnings, unused_qualifications, single_use_lifetimes, let_underscore_drop, unit_bindings)]
#![deny(clippy::pedantic, clippy::absolute_paths, clippy::redundant_closure_call, clippy::shadow_unrelated)]

mod harness;
#[path = "ui/passing/mod.rs"]
mod passing;

#[test]
fn every_mistake_gets_the_message_that_stands_beside_it() {
    let differences = harness::differences();
    assert!(differences.is_empty(), "{differences}\n`MESSAGES=overwrite` accepts what was found");
}

#[test]
fn unsafe_functions_under_a_circuit_stay_unsafe_and_work() {
    harness::run("unsafe_circuit");
}

#[test]
fn unsafe_functions_of_every_row_stay_unsafe_and_work() {
    harness::run("unsafe_matrix");
}

#[test]
fn unsafe_functions_of_every_kind_stay_unsafe_and_work() {
    harness::run("unsafe_function_kinds");
}

#[test]
fn attributes_are_found_by_any_path_in_every_edition() {
    for edition in ["2015", "2018", "2021", "2024"] {
        harness::run(&format!("paths_{edition}"));
    }
}

#[test]
fn attributes_of_async_functions_are_found_by_any_path_in_every_edition() {
    for edition in ["2018", "2021", "2024"] {
        harness::run(&format!("async_paths_{edition}"));
    }
}

#[test]
fn every_file_of_mistakes_has_a_file_of_the_same_code_without_them() {
    let passing = include_str!("ui/passing/mod.rs");
    for file in harness::mistakes() {
        let topic = harness::topic(&file);
        assert!(passing.contains(&format!("mod {topic};")), "no `ui/passing/{topic}.rs`");
    }
}
