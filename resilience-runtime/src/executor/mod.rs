//! Batch polling: many jobs on a server, polled by one function, with a future for each.

// Floor 0: settings and results, a queue, and panics of user code.
mod catch;
mod failure;
mod fifo;
mod next;
mod settings;
// Floor 2: the state of each job, the submissions and the polls.
mod polls;
mod slots;
mod submissions;
// Floor 3: all of them, and the lock around them.
mod cancel_request;
mod later;
mod metrics;
mod shared;
mod state;
// Floor 4: starting, polling, waiting, cancelling.
mod all;
mod batch;
mod builder;
mod cancel;
mod context;
mod drive;
mod handle;
mod place;
mod poll_executor;
mod start;

pub use all::SubmitAll;
pub use batch::{Batch, DescriptorRef, IntoIter as BatchIntoIter, Iter as BatchIter, PollDescriptor};
pub use builder::PollExecutorBuilder;
pub use cancel::CancelFunction;
pub use failure::{JobFailure, PollFailure};
pub use handle::PollHandle;
pub use metrics::PollMetrics;
pub use next::PollNext;
pub use poll_executor::PollExecutor;
