//! Batch polling: many jobs on a server, all watched by one function.
//!
//! # Quick start
//!
//! A submission is a future that starts a job and returns its number. The poll function gets all outstanding jobs at once.
//!
//! ```
//! use resilience::batch::{Batch, PollExecutor, PollNext};
//! use std::time::Duration;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let executor = PollExecutor::builder()
//!     .max_in_flight(4)
//!     .default_interval(Duration::from_secs(5))
//!     .start(|batch: Batch<u32, String, std::io::Error>| async move {
//!         for job in batch {
//!             let id = *job.result(); // one request would ask for the state of all jobs
//!             job.yield_result(format!("job {id} is done"));
//!         }
//!         Ok(PollNext::Default)
//!     });
//! let handle = executor.submit(async { Ok(7) }); // a request that starts job 7
//! assert_eq!(handle.await.unwrap(), "job 7 is done");
//! executor.shutdown().await;
//! # }
//! ```
//!
//! # States of a job
//!
//! ```text
//!   submit            a place is free       the submission returns the job     yield_result, yield_error
//! ──────────► queued ───────────────► submitting ─────────────────► polled ───────────────► done
//!                │                        │                           │
//!                └── cancel: dropped ─────┘                           └── cancel: the cancel function decides
//! ```
//!
//! | a poll function | its jobs |
//! |---|---|
//! | resolves a job | are done |
//! | leaves a job untouched | are polled again after the interval |
//! | returns an error | fail with [`PollFailure::Poll`] |
//! | panics | fail with [`PollFailure::Panicked`] |
//! | takes longer than `poll_timeout` | are polled again |
//!
//! # Options
//!
//! | [`PollExecutorBuilder`] | default |
//! |---|---|
//! | [`max_in_flight`](PollExecutorBuilder::max_in_flight) | no bound on submissions that run at once |
//! | [`default_interval`](PollExecutorBuilder::default_interval) | 5 s |
//! | [`batch_window`](PollExecutorBuilder::batch_window) | 0: a new job is polled at once |
//! | [`poll_timeout`](PollExecutorBuilder::poll_timeout), [`submit_timeout`](PollExecutorBuilder::submit_timeout) | none |
//! | [`poll_empty`](PollExecutorBuilder::poll_empty) | `false`: no poll without jobs |
//! | [`cancel_with`](PollExecutorBuilder::cancel_with) | none: cancelling does not inform the server |
//! | [`abandon_dropped`](PollExecutorBuilder::abandon_dropped) | `false`: a job whose handle is dropped is polled on |
//!
//! # Limits
//!
//! - An outstanding job costs about 60 bytes, and what it holds itself.
//! - A closure of [`submit_blocking`](PollExecutor::submit_blocking) that runs cannot be cancelled.
//! - When the last clone of the executor is dropped, it shuts down. An executor whose poll function owns a clone does not.
//!
//! # Read on
//!
//! [Batches](mod@crate::guide::batches) in the guide, with cancelling, blocking code, and DO and DON'T.

pub use crate::executor::{
    Batch, BatchIntoIter, BatchIter, CancelFunction, DescriptorRef, PollDescriptor, PollExecutor,
    PollExecutorBuilder, PollFailure, PollHandle, PollMetrics, PollNext, SubmitAll,
};
