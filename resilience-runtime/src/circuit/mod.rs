//! Circuit breakers: calls are admitted while they succeed, and rejected for a time after they fail.
//!
//! The [`machine`] makes the decisions. It is a plain value that takes the time as an argument. The [`store`] shares
//! it between threads, and lets calls of a healthy circuit pass after they read one word ([`state_word`]).

// Floor 0: names and states.
mod name;
mod state;
// Floor 1: the configuration of a circuit.
mod config;
mod rules;
// Floor 2: the decisions of a circuit.
mod call_error;
mod event_queue;
mod eviction;
mod machine;
mod rejection;
mod shared;
mod state_word;
mod window;
// Floor 3: one circuit, shared by threads, and its listeners.
mod events;
mod listeners;
mod measured;
mod origin;
mod overriding;
mod rejections;
mod snapshot;
mod store;
mod successes;
// Floor 4: the public types for calls.
mod breaker;
mod call;
#[cfg(any(feature = "serde", feature = "tokio"))]
mod call_timeout;
#[cfg(feature = "testing")]
mod in_scope;
mod iter;
mod keyed;
mod next_call;
pub(crate) mod option_values;
#[cfg(feature = "tower")]
mod owned_permit;
mod permit;
mod registry;
mod site;
mod store_handle;
#[cfg(feature = "stream")]
mod stream;
#[cfg(feature = "tokio")]
mod timed_call;

pub use breaker::CircuitBreaker;
pub use call::Judged;
pub use call_error::CallError;
#[cfg(any(feature = "serde", feature = "tokio"))]
pub use call_timeout::{CALL_TIMEOUTS, CallTimeout, NamedCallTimeout};
pub use config::{CircuitConfig, SetAt, WindowOf};
pub use iter::GuardedIter;
pub use keyed::KeyedCircuits;
pub(crate) use name::Name;
#[cfg(feature = "tower")]
pub(crate) use next_call::{Above, NextCall};
#[cfg(feature = "serde")]
pub(crate) use overriding::CircuitOverride;
#[cfg(feature = "tower")]
pub(crate) use owned_permit::OwnedPermit;
pub use permit::{AsyncPermit, Permit};
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(crate) use registry::LayerCircuits;
#[cfg(feature = "tower")]
pub(crate) use registry::circuit_of_layer;
pub(crate) use registry::site_entries;
pub use registry::{CIRCUITS, CircuitConflict, CircuitConflicts, CircuitRef, Circuits, NameTaken, circuits};
#[cfg(feature = "serde")]
pub(crate) use registry::{NamedCircuit, follow_registrations, named_circuits};
pub use rejection::{CircuitOpen, HoldCircuitOpen};
pub use shared::{Opinion, Sharing, TrialProgress, TrialReport};
pub use site::{CircuitEntry, CircuitSite, KeyedSite, Place, SiteTarget};
pub use snapshot::CircuitSnapshot;
pub use state::CircuitState;
pub use store_handle::{AlreadyShared, LocalCircuit, SharedRule, SharedRules, StoreHandle};
#[cfg(feature = "stream")]
pub use stream::GuardedStream;
#[cfg(feature = "tokio")]
pub use timed_call::TimedCall;

#[cfg(test)]
mod tests;
