//! Circuit breakers: calls go through while they succeed, and are refused for a while when they do not.
//!
//! A healthy call reads one word ([`word`]). Everything else is decided by [`core`], which is told the time and owns
//! nothing, on a state that [`memory`] keeps.

// Floor 0: the words for a circuit.
mod name;
mod state;
pub(crate) mod text;
// Floor 1: when it opens, and what it remembers for that.
mod config;
mod window;
// Floor 2: what to do next.
mod call_error;
mod core;
mod event_queue;
mod ledger;
mod notice;
mod refusal;
mod standing;
mod word;
// Floor 3: the only place that changes a circuit, and those who are told.
mod listeners;
mod memory;
// Floor 4: what calls go through.
mod breaker;
mod call;
pub(crate) mod given;
mod keyed;
mod permit;
mod registry;
mod site;
#[cfg(feature = "stream")]
mod stream;

pub use breaker::CircuitBreaker;
pub use call::Judged;
pub use call_error::CallError;
pub use config::{CircuitConfig, Over, SetAt, WindowOf};
pub use keyed::KeyedCircuits;
pub use listeners::ListenerId;
pub(crate) use name::Name;
pub use permit::{AsyncPermit, Permit};
pub use refusal::{CircuitOpen, HoldCircuitOpen};
pub use registry::{
    CIRCUITS, CircuitConflict, CircuitConflicts, CircuitEntry, CircuitRef, Circuits, circuits,
};
pub use site::{CircuitSite, KeyedSite, Kind, Place};
pub use state::CircuitState;
#[cfg(feature = "stream")]
pub use stream::GuardedStream;

#[cfg(test)]
mod tests;
