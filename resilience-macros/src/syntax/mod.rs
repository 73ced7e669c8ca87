//! Reading: tokens in, syntax out. Nothing is judged here.

mod backoff;
mod count;
mod duration;
mod function;
mod options;
mod ratio;

pub(crate) use backoff::{BackoffSyntax, Factor, JitterSyntax, Shape};
pub(crate) use count::Count;
pub(crate) use duration::Time;
pub(crate) use function::Function;
pub(crate) use options::{Options, Predicate};
