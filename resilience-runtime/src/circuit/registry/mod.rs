//! Every `#[circuit]` of the program, in a list that the linker creates: complete before the first call.
//!
//! If the target's linker does not support such lists (WebAssembly, for example), and under Miri, which does not
//! link, a site registers itself at its first call.

mod conflict;
#[cfg(feature = "tower")]
mod layer;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod layers;
mod list;
#[cfg(feature = "serde")]
mod named;
mod registered;
mod resolve;
mod view;

pub use self::conflict::{CircuitConflict, CircuitConflicts};
#[cfg(feature = "tower")]
pub(crate) use self::layer::circuit_of_layer;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(crate) use self::layers::LayerCircuits;
pub use self::list::CIRCUITS;
pub(crate) use self::list::site_entries;
#[cfg(feature = "serde")]
pub(crate) use self::named::{NamedCircuit, follow_registrations, named_circuits};
pub use self::registered::NameTaken;
pub use self::view::{CircuitRef, Circuits, circuits};
