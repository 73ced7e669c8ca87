//! Tests of your own code: faults, circuits in any state, no waits, and a record of what happened (feature `testing`).
//!
//! # Quick start
//!
//! ```
//! use resilience::testing::{self, Fault};
//! use std::time::Duration;
//!
//! #[resilience::retry(times = 3, interval = 1s, name = "payments")]
//! fn charge(cents: u32) -> std::io::Result<u32> {
//!     Ok(cents)
//! }
//!
//! let scope = testing::scope();
//! scope.no_waits();
//! scope.inject("payments", Fault::error(|| std::io::ErrorKind::ConnectionRefused.into()).times(2));
//! let record = scope.record();
//!
//! assert_eq!(charge(100).unwrap(), 100);
//! record.assert_attempts("payments", 3);
//! record.assert_waits("payments", &[Duration::from_secs(1); 2]);
//! ```
//!
//! | you want | use |
//! |---|---|
//! | failures, slow calls, panics | [`Scope::inject`] with a [`Fault`] |
//! | a circuit that is open, or in any other state | [`Scope::circuit`] |
//! | no waits | [`Scope::no_waits`], or a clock that you advance: [`ManualClock`], for async code tokio's paused clock |
//! | the same jitter in every run | [`Scope::seed`] |
//! | fewer attempts | [`Scope::max_attempts`] |
//! | what happened | [`Scope::record`] |
//! | the same in a task | [`Scope::run`] |
//!
//! Tests that run in parallel do not affect each other, even if they call the same function: a [`Scope`] applies to its
//! thread and to the futures that it runs, and has its own circuits and budgets.
//!
//! [The guide](mod@crate::guide::testing) has recipes.

mod clock;
mod record;
mod scope;
#[doc(hidden)]
pub mod seam;
mod story;

pub use self::clock::ManualClock;
pub use self::record::{Record, RecordedEvent};
pub use self::scope::{Scope, ScopedFuture, scope};
pub use crate::test_scope::Fault;
