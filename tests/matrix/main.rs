//! Every kind of function under every attribute and every pair of them, each of these cells run: what it returns, how
//! often the body is called, how long it waits and what its circuit counts. Async cells are also run as tasks.
//!
//! A row is a stack of attributes (`rows.rs`), with what happens under it; a column is a kind of function. The files
//! `blocking.rs` and `asynchronous.rs` have one macro each, which takes a row and writes all kinds of functions under
//! it. What no cell is made of:
//!
//! - `asyncbackoff` and `asyncretry` on sync functions: they do not compile (`diagnostics/ui/function.rs`).
//! - `const fn` and functions without a body: likewise.
//! - By-value arguments that a body consumes: a loop needs them again, and `clone(..)`, which is the way out, is no option of
//!   `#[circuit]`. `function_kinds` has them under the loops, `circuit` under circuits.
//! - `unsafe fn` stands in a program of its own, `pass/unsafe_fn.rs`: this package forbids it.

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
