//! `#[circuit]`, as a user writes it.

mod attribute;
mod shapes;
mod stacks;
mod table;
