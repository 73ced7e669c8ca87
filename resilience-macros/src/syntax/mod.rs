//! Parsing: turns tokens into syntax, without validation.

mod backoff;
mod constant;
mod count;
mod duration;
mod exits;
mod function;
mod future;
mod inside;
mod item;
mod jitter;
mod lent;
mod moved;
mod options;
mod pattern;
mod predicate;
mod ratio;
mod reader;
mod reborrow;
mod receiver;
mod returned_items;
mod tokens;
mod value;

pub(crate) use backoff::{BACKOFFS, Backoff, BackoffCall};
pub(crate) use constant::{Constant, Count, Nanos, Ratio, Time};
pub(crate) use exits::invokes_macro;
pub(crate) use function::{Function, Part};
pub(crate) use item::{Item, split_attributes};
pub(crate) use jitter::Jitter;
pub(crate) use options::Options;
pub(crate) use predicate::{Predicate, is_value};
pub(crate) use tokens::{find_ident, is_punct};
pub(crate) use value::Value;
