//! The decisions after an attempt, for retries, polls and asyncbackoff.
//!
//! ```text
//!            ┌──────────── wait ◄───────────┐
//!            ▼                              │ again, and there is time
//!   start ► attempt ─► its result ──────► decide ─► stop
//! ```
//!
//! The machines get the result of an attempt and the elapsed time, and return a wait or the end of the call. They use
//! no clock, wait for nothing, draw no random numbers and call no user code.

mod debug;
#[cfg(feature = "serde")]
mod options;
mod policy;
mod poll;
mod poll_policy;
mod retry;
mod retry_policy;
mod settings;

#[cfg(feature = "serde")]
pub(crate) use options::PolicyOptions;
pub(crate) use policy::{AnyPolicy, Policy};
pub(crate) use poll::{PollAttempts, PollEnd, PollStep, PollVerdict};
pub use poll_policy::PollPolicy;
pub(crate) use retry::RetryAttempts;
pub use retry_policy::RetryPolicy;

#[cfg(test)]
mod tests;
