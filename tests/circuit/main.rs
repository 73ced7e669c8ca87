//! `#[circuit]` as users write it.

#![allow(
    clippy::needless_pass_by_value,
    clippy::ptr_arg,
    clippy::trait_duplication_in_bounds,
    clippy::type_repetition_in_bounds,
    clippy::multiple_bound_locations,
    clippy::unnecessary_wraps,
    clippy::unused_async,
    reason = "the kind of function is the point, not what it does"
)]

mod attribute;
mod defaults;
mod function_kinds;
mod layers;
mod registered;
mod stacks;
mod table;
