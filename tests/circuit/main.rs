//! `#[circuit]`, as a user writes it.

mod attribute;
mod defaults;
mod shapes;
mod stacks;
mod table;
