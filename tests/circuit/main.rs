//! `#[circuit]`, as a user writes it.

mod attribute;
mod stacks;
mod table;
