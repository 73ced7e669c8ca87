//! What the attributes say about what they cannot take: one file of mistakes per topic, with the compiler's words.
//!
//! Rewrite the snapshots with `TRYBUILD=overwrite cargo test --test diagnostics`, and read the difference. Beside the
//! mistakes stand their twins: the same thing, written right, has to compile.

// What an attribute writes is no concern of the user's lints, wherever its spans point.
#![deny(warnings, unused_qualifications, single_use_lifetimes, let_underscore_drop, unit_bindings)]
#![deny(clippy::pedantic, clippy::absolute_paths, clippy::redundant_closure_call, clippy::shadow_unrelated)]

mod twins;

use std::fs;

#[test]
fn every_mistake_gets_the_message_that_stands_beside_it() {
    trybuild::TestCases::new().compile_fail("tests/diagnostics/ui/*.rs");
}

/// A new topic needs its twins.
#[test]
fn every_file_of_mistakes_has_a_module_of_twins() {
    let twins = include_str!("twins.rs");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics/ui");
    for file in fs::read_dir(folder).expect("the folder stands beside this file") {
        let path = file.expect("it can be listed").path();
        let topic = path.file_stem().and_then(|stem| stem.to_str()).expect("names are ASCII");
        assert!(twins.contains(&format!("mod {topic} {{")), "twins.rs has no `mod {topic}`");
    }
}
