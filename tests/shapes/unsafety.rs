//! Unsafe functions stand in a program of their own: this package forbids them.

#[test]
fn unsafe_functions_stay_unsafe_and_work() {
    trybuild::TestCases::new().pass("tests/shapes/pass/unsafe_fn.rs");
}
