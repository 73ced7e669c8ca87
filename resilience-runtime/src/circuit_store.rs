//! The seam for stores: what shares a circuit between processes.
//!
//! The package `resilience-redis` is such a store. This module is for others.
//!
//! # What a store is
//!
//! A circuit always works alone. A store reads what it has seen, and gives it an opinion that ends by itself:
//!
//! | direction | what | method |
//! |---|---|---|
//! | circuit → store | its own window and vote, transitions, rejected calls | [`StoreHandle::local`] |
//! | circuit → store | its rules | [`StoreHandle::rules`] |
//! | circuit → store | whether it is in use | [`StoreHandle::arm`] |
//! | circuit → store | which calls were trials, and how they ended | [`StoreHandle::reports`] |
//! | store → circuit | the state of the store's circuit, for a time | [`StoreHandle::adopt`], [`withdraw`](StoreHandle::withdraw) |
//! | store → circuit | a place for a trial | [`StoreHandle::offer`], [`take_back`](StoreHandle::take_back) |
//! | store → listeners | what happened to the store | [`StoreHandle::tell`] |
//!
//! No call waits for a store: a call reads the last opinion from memory. A store works on a thread or task of its own,
//! at intervals and when `wake` is called.
//!
//! # States
//!
//! | opinion | [`Enforce`](Sharing::Enforce) | [`Advise`](Sharing::Advise) |
//! |---|---|---|
//! | none, or its time is over | the circuit decides alone | the same |
//! | [`Closed`](Opinion::Closed) | the circuit decides; after an outage it is closed | the circuit decides |
//! | [`Open`](Opinion::Open) | calls are rejected | one failure opens the circuit |
//! | [`HalfOpen`](Opinion::HalfOpen) | a call with a place is a trial, others are rejected | a call with a place is a trial, others run; one failure opens the circuit |
//! | [`ForcedOpen`](Opinion::ForcedOpen) | calls are rejected | the same |
//!
//! A state that an operator has set in this process ([`force_open`](crate::CircuitBreaker::force_open),
//! [`disable`](crate::CircuitBreaker::disable)) takes precedence over every opinion. [`reset`](crate::CircuitBreaker::reset) ends
//! the circuit's own opening and not the store's: with `Enforce`, calls are rejected until the store's circuit closes.
//!
//! A circuit without a store pays nothing for this. A healthy circuit with a store pays for one call each time that it
//! is [armed](StoreHandle::arm).
//!
//! # Example
//!
//! ```
//! use resilience::circuit_store::{Opinion, Sharing, StoreHandle};
//! use resilience::{CircuitBreaker, CircuitConfig};
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! let breaker = Arc::new(CircuitBreaker::new("payments", CircuitConfig::new()));
//! let shared = StoreHandle::attach(breaker.clone(), Sharing::Enforce, || ()).expect("it has no store");
//!
//! let _ = breaker.call(|| Err::<(), _>("down"));
//! assert_eq!(shared.local().vote, 200, "one failure of five");
//!
//! shared.adopt(Opinion::Open(Duration::from_secs(30)), Duration::from_secs(3));
//! assert!(breaker.is_open());
//! shared.withdraw();
//! assert!(breaker.is_closed());
//! ```

pub use crate::circuit::{
    AlreadyShared, LocalCircuit, Opinion, SharedRule, SharedRules, Sharing, StoreHandle, TrialProgress,
    TrialReport,
};
pub use crate::telemetry::{StoreEvent, StoreEventKind};
