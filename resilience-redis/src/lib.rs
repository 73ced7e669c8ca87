#![doc = include_str!("../README.md")]

// Each floor imports only from those above it.
// Floor 1: names, times and values.
mod error;
mod health;
mod keys;
mod live;
mod order;
mod pace;
mod scripts;
mod settings;
mod view;

// Floor 2: the store on one side, and the circuits of this process on the other.
mod attached;
mod exchange;
mod hints;
mod namesakes;
mod tls;

// Floor 3: one circuit, without a connection.
mod circuit;

// Floor 4: all circuits, and the task of a node.
mod circuits;
mod node;

// Floor 5: what user code has.
mod builder;
mod fleet;

#[cfg(test)]
#[path = "../tests/support/server.rs"]
#[allow(dead_code, reason = "the tests of this folder use a part")]
mod server;

#[doc(hidden)]
pub mod __testing {
    //! For this package's tests: the scripts and the keys that they use.

    pub use crate::keys::Keys;
    pub use crate::scripts::{Script, text};
}

pub use builder::FleetBuilder;
pub use error::{FleetError, OverrideError};
pub use fleet::Fleet;
pub use health::Health;
pub use resilience::circuit_store::Sharing;
