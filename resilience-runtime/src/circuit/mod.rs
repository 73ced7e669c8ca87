//! Circuit breakers: calls go through while they succeed, and are refused for a while when they do not.
//!
//! A healthy call reads one word ([`word`]). Everything else is decided by [`core`], which is told the time and owns
//! nothing, on a state that [`memory`] keeps.

mod breaker;
mod call;
mod call_error;
mod config;
mod core;
mod keyed;
mod ledger;
mod listeners;
mod memory;
mod name;
mod notice;
mod permit;
mod refusal;
mod registry;
mod site;
mod state;
#[cfg(feature = "stream")]
mod stream;
pub(crate) mod text;
mod window;
mod word;

pub use breaker::CircuitBreaker;
pub use call::Judged;
pub use call_error::CallError;
pub use config::{CircuitConfig, WindowOf};
pub use keyed::KeyedCircuits;
pub(crate) use name::Name;
pub use permit::{AsyncPermit, Permit};
pub use refusal::{CircuitOpen, HoldCircuitOpen};
pub use registry::{
    CIRCUITS, CircuitConflict, CircuitConflicts, CircuitEntry, CircuitRef, Circuits, circuits,
};
pub use site::{CircuitSite, Place};
pub use state::CircuitState;
#[cfg(feature = "stream")]
pub use stream::GuardedStream;

#[cfg(test)]
mod tests;
