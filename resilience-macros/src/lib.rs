//! The attributes of [`resilience-runtime`](https://docs.rs/resilience-runtime), which re-exports and documents them.
//!
//! ```text
//!  attribute + function ─ read ─► options ─ judge ─► model ─ write ─► function with a loop
//!                          │                  │
//!                          └──── faults ──────┴─► compile errors + the function as it was
//! ```
//!
//! Writing cannot fail: a model that would make it fail cannot be built. What an attribute knows is in its table.

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

/// What the attributes of one function hand down: the body, once all of them are expanded.
#[doc(hidden)]
#[proc_macro]
pub fn __resilience_handed_down(stack: TokenStream) -> TokenStream {
    expand::expand_marker(stack)
}

/// What editors show over the options, one module for each attribute.
#[doc(hidden)]
#[proc_macro]
pub fn __resilience_options(_: TokenStream) -> TokenStream {
    tables::items().into()
}
