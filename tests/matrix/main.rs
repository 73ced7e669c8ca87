//! Every kind of function under every attribute and every pair of them. Each cell is run, and checks the result, the
//! number of calls of the body, the delays and what its circuit counts. Async cells are also run as tasks.
//!
//! A row is a stack of attributes (`rows.rs`), with its expected results; a column is a kind of function. The files
//! `blocking.rs` and `asynchronous.rs` have one macro each, which takes a row and writes all kinds of functions under
//! it. There are no cells for:
//!
//! - `asyncbackoff` and `asyncretry` on sync functions: they do not compile (`diagnostics/ui/function.rs`).
//! - `const fn` and functions without a body: the same.
//! - By-value arguments that a body consumes: a loop needs them again, and `clone(..)`, which solves this, is not an option
//!   of `#[circuit]`. `function_kinds` tests them under the loops, `circuit` under circuits.
//! - `unsafe fn`: it has a separate program, `pass/unsafe_fn.rs`, because this package forbids it.

#[macro_use]
mod rows;

mod asynchronous;
mod blocking;
mod service;

/// Rows times kinds: none is left out.
#[test]
fn every_cell_is_run() {
    assert_eq!(blocking::cells(), 12 * 21);
    assert_eq!(asynchronous::cells(), 16 * 26);
}
