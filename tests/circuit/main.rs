//! `#[circuit]`, as a user writes it.

#![allow(
    clippy::drop_non_drop,
    clippy::multiple_bound_locations,
    clippy::needless_pass_by_value,
    clippy::ptr_arg,
    clippy::unnecessary_wraps,
    reason = "the shapes are what is tested: signatures that a user may write, arguments that are moved"
)]

mod attribute;
mod defaults;
mod shapes;
mod stacks;
mod table;
