//! Every `#[circuit]` of the program, in a list that the linker writes: complete before the first call.
//!
//! Where the target's linker keeps no such lists (WebAssembly, for one), and under Miri, which links nothing, a site enters
//! itself at its first call.

mod conflict;
mod list;
mod resolve;
mod view;

pub use self::conflict::{CircuitConflict, CircuitConflicts};
pub use self::list::CIRCUITS;
pub(crate) use self::list::site_entries;
pub use self::view::{CircuitRef, Circuits, circuits};
