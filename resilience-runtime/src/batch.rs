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
//! # Resuming after an error
//!
//! An error of the poll function fails all jobs of its batch. For a temporary error, return `Ok`: the jobs are polled again. To
//! resume jobs in another process, save [`outstanding`](PollExecutor::outstanding), and submit the saved values.
//!
//! ```
//! use resilience::batch::{Batch, PollExecutor, PollNext};
//! # #[derive(Debug, PartialEq)] enum ApiError { Busy, Denied }
//! # async fn search(_: Vec<u32>) -> Result<Vec<u32>, ApiError> { if false { Err(ApiError::Denied) } else { Err(ApiError::Busy) } }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let start = || PollExecutor::builder().start(|batch: Batch<u32, &'static str, ApiError>| async move {
//!     let done = match search(batch.iter().map(|job| *job.result()).collect()).await {
//!         Err(ApiError::Busy) => return Ok(PollNext::Default), // all jobs are polled again
//!         done => done?,                                       // all jobs fail
//!     };
//!     batch.iter().filter(|job| done.contains(job.result())).for_each(|job| job.yield_result("done"));
//!     Ok(PollNext::Default)
//! });
//! let executor = start();
//! let _handle = executor.submit(async { Ok(7) });
//! # while executor.polling() == 0 { tokio::task::yield_now().await }
//! let saved: Vec<u32> = executor.outstanding();
//! executor.shutdown().await;
//!
//! let executor = start(); // after a restart
//! let results = executor.submit_all(saved.into_iter().map(|job| async move { Ok(job) }));
//! # drop(results);
//! # }
//! ```
//!
//! # Cancelling, with results in order of completion
//!
//! A stream of [`submit_all`](PollExecutor::submit_all) cancels nothing at the service when it is dropped. For both, put the
//! handles in tasks.
//!
//! ```
//! use resilience::batch::{Batch, PollExecutor, PollFailure, PollNext};
//! use tokio::{sync::watch, task::JoinSet};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
//! let executor = PollExecutor::builder()
//!     .cancel_with(|_job| async { true }) // asks the service
//!     .start(|batch: Batch<u32, u32, &'static str>| async move {
//!         batch.iter().filter(|job| *job.result() == 10).for_each(|job| job.yield_result(1));
//!         Ok(PollNext::Default)
//!     });
//! let (stop, stopped) = watch::channel(());
//! let mut jobs = JoinSet::new();
//! for id in [10, 20] {
//!     let (mut handle, mut stopped) = (executor.submit(async move { Ok(id) }), stopped.clone());
//!     jobs.spawn(async move {
//!         tokio::select! {
//!             result = &mut handle => return (id, result),
//!             _ = stopped.changed() => {}
//!         }
//!         handle.cancel().await; // `false`: it is done, or the service has not agreed
//!         (id, handle.await)
//!     });
//! }
//! assert_eq!(jobs.join_next().await.unwrap().unwrap(), (10, Ok(1)));
//! stop.send_replace(());
//! assert_eq!(jobs.join_next().await.unwrap().unwrap(), (20, Err(PollFailure::Cancelled)));
//! # }
//! ```
//!
//! # Testing
//!
//! The executor follows tokio's clock, so that a test with a paused clock takes no time. It also does in a test with a
//! `testing::ManualClock`, which it ignores.
//!
//! ```
//! use resilience::batch::{Batch, PollExecutor, PollNext};
//! use std::time::Duration;
//!
//! # /*
//! #[tokio::test(start_paused = true)]
//! # */
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() { test().await }
//! async fn test() {
//!     let mut polls = 0;
//!     let executor = PollExecutor::builder().start(move |batch: Batch<u32, u32, &'static str>| {
//!         polls += 1; // the service needs three polls
//!         batch.iter().filter(|_| polls == 3).for_each(|job| job.yield_result(*job.result()));
//!         async { Ok(PollNext::Default) }
//!     });
//!     let start = tokio::time::Instant::now();
//!     assert_eq!(executor.submit(async { Ok(7) }).await, Ok(7));
//!     assert_eq!(start.elapsed(), Duration::from_secs(10)); // polls at 0, 5 and 10 s
//!     assert_eq!(executor.metrics().polls, 3);
//! }
//! ```
//!
//! # Limits
//!
//! - An outstanding job costs about 50 bytes, its handle 32, and what it holds itself.
//! - A closure of [`submit_blocking`](PollExecutor::submit_blocking) that runs cannot be cancelled.
//! - When the last clone of the executor is dropped, it shuts down. An executor whose poll function owns a clone does not.
//!
//! # Read on
//!
//! [Batches](mod@crate::guide::batches) in the guide, with cancelling, blocking code, and DO and DON'T.

pub use crate::executor::{
    Batch, BatchIntoIter, BatchIter, CancelFunction, DescriptorRef, JobFailure, PollDescriptor, PollExecutor,
    PollExecutorBuilder, PollFailure, PollHandle, PollMetrics, PollNext, SubmitAll,
};
