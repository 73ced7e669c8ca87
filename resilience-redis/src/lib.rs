#![doc = include_str!("../README.md")]

mod attached;
mod builder;
mod circuit;
mod error;
mod exchange;
mod fleet;
mod health;
mod hints;
mod keys;
mod live;
mod namesakes;
mod node;
mod order;
mod scripts;
#[cfg(test)]
#[path = "../tests/support/server.rs"]
#[allow(dead_code, reason = "the tests of this folder use a part")]
mod server;
mod tls;
mod view;

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
