//! Pages on using the library. They exist in the documentation only.

#[doc = include_str!("in_production.md")]
pub mod in_production {}
