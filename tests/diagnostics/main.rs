//! What the attributes say about what they cannot take: one file of mistakes per topic, with the compiler's words.
//!
//! Rewrite the snapshots with `TRYBUILD=overwrite cargo test --test diagnostics`, and read the difference.

#[test]
fn every_mistake_gets_the_message_that_stands_beside_it() {
    trybuild::TestCases::new().compile_fail("tests/diagnostics/ui/*.rs");
}
