//! The one engine behind retry, poll and asyncbackoff: what to do after an attempt.
//!
//! ```text
//!            ┌──────────── wait ◄───────────┐
//!            ▼                              │ again, and there is time
//!   start ► attempt ─► what came of it ─► decide ─► stop
//! ```
//!
//! The machines are told what came of an attempt and how much time has passed; they answer with a wait or with the
//! end. They read no clock, wait for nothing, draw nothing and call nobody.

mod debug;
mod policy;
mod poll;
mod poll_policy;
mod retry;
mod retry_policy;
mod settings;

pub(crate) use policy::{AnyPolicy, Policy};
pub(crate) use poll::{PollAttempts, PollEnd, PollStep, PollVerdict};
pub use poll_policy::PollPolicy;
pub(crate) use retry::RetryAttempts;
pub use retry_policy::RetryPolicy;

#[cfg(test)]
mod tests;
