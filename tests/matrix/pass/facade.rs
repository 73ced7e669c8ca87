//! A crate that re-exports the library, and some of its attributes under other names.

pub use resilience::retry as attempt;
pub use resilience::*;

/// A path to an attribute of more than one segment.
pub mod nested {
    pub use resilience::{circuit as guarded, retry as again};
}
