//! The attributes of [`resilience-runtime`](https://docs.rs/resilience-runtime), which re-exports and documents them.
//!
//! ```text
//!  attribute + function ─ read ─► options ─ validate ─► model ─ write ─► function with a loop
//!                          │                    │
//!                          └─────── faults ─────┴─► compile errors + the original function
//! ```
//!
//! Writing cannot fail: a model that would make it fail cannot be built. The properties of an attribute are in its
//! table.

mod attribute;
mod diagnostics;
mod expand;
mod model;
mod paths;
mod stack;
mod syntax;
mod tables;
mod write;

use attribute::Attribute;
use proc_macro::TokenStream;

#[doc = include_str!("pages/retry.md")]
#[proc_macro_attribute]
pub fn retry(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::Retry, options, function)
}

#[doc = include_str!("pages/poll.md")]
#[proc_macro_attribute]
pub fn poll(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::Poll, options, function)
}

#[doc = include_str!("pages/asyncbackoff.md")]
#[proc_macro_attribute]
pub fn asyncbackoff(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::AsyncBackoff, options, function)
}

#[doc = include_str!("pages/asyncretry.md")]
#[proc_macro_attribute]
pub fn asyncretry(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::AsyncRetry, options, function)
}

#[doc = include_str!("pages/circuit.md")]
#[proc_macro_attribute]
pub fn circuit(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::Circuit, options, function)
}

/// Contains the body until all attributes of a function are expanded.
#[doc(hidden)]
#[proc_macro]
pub fn __resilience_handed_down(stack: TokenStream) -> TokenStream {
    expand::expand_marker(stack)
}

/// Documentation that editors show for options, one module for each attribute.
#[doc(hidden)]
#[proc_macro]
pub fn __resilience_options(_: TokenStream) -> TokenStream {
    tables::items().into()
}
