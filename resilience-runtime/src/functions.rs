//! The types behind [`retry(..)`](fn@crate::retry) and [`poll(..)`](fn@crate::poll).
//!
//! Programs rarely name them. They are the builders that the two functions return, and the types in their signatures.
//!
//! ```
//! use resilience::retry;
//! use std::time::Duration;
//!
//! let load = retry(|| std::fs::read_to_string("Cargo.toml")).times(2).interval(Duration::from_millis(1));
//! assert!(load.call().is_ok());
//! ```
//!
//! | type | what it is |
//! |---|---|
//! | [`Retry`], [`Poll`] | the builders |
//! | [`Untimed`], [`Timed`] | whether a retry has an `attempt_timeout` or a `deadline`: [`TimeLimit`] |
//! | [`Operation`], [`Blocking`], [`Asynchronous`] | a closure, or an async closure |
//! | [`Hooks`], [`PollHooks`] | the predicates and callbacks that were set |
//! | [`PollCondition`], [`NoCondition`] | whether a poll has an `until` |
//! | [`CancelledBy`], [`NotCancelled`] | whether a signal ends the call |

#[cfg(feature = "tokio")]
pub use crate::operation::CancelledBy;
pub use crate::operation::{Asynchronous, Blocking, NotCancelled, Operation};
pub use crate::poll::{NoCondition, Poll, PollCondition, PollHooks};
#[cfg(feature = "tokio")]
pub use crate::retry::CancelledPolicy;
pub use crate::retry::{Hooks, Retry, TimeLimit, Timed, Unset, Untimed};
