#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// The attributes write `::resilience`; inside this crate, that is this crate.
extern crate self as resilience;

// Floor 0: time, chance, texts, and the words for what happened.
mod asked;
mod attempt;
mod error;
#[cfg(feature = "macros")]
mod options;
mod outcome;
mod rng;
mod site_name;
mod sync;
mod text;
mod time;
// Floor 1: how long to wait.
mod backoff;
// Floor 2: what to do next.
mod attempts;
mod event;
// Floor 3: the clock, and waiting by it.
mod clock;
mod current_attempt;
mod listeners;
mod sleep;
// Floor 4: the function forms.
mod operation;
mod poll;
mod retry;
mod site;
// Floors of its own, from 0 to 5: see there.
pub mod telemetry;
// Floors of its own, from 0 to 4: see there.
mod circuit;
// Many jobs at once. Floors of its own, up to 5: see there.
#[cfg(feature = "tokio")]
mod executor;
// Over HTTP. Floors of its own, from 5 to 7: see there.
#[cfg(feature = "http")]
pub mod http;
// Floor 6: what listens to everything.
#[cfg(feature = "metrics")]
pub mod metrics;
// Floor 8: the doors.
#[doc(hidden)]
pub mod __private;
#[cfg(doc)]
pub mod guide;
#[cfg(feature = "testing")]
pub mod testing;

pub use attempt::Attempt;
pub use attempts::{PollPolicy, RetryPolicy};
pub use backoff::{Backoff, Delays, Jitter};
#[cfg(feature = "stream")]
pub use circuit::GuardedStream;
pub use circuit::{
    CallError, CircuitBreaker, CircuitConfig, CircuitConflict, CircuitConflicts, CircuitOpen, CircuitRef,
    CircuitState, Circuits, GuardedIter, Judged, KeyedCircuits, Permit, circuits,
};
pub use current_attempt::CurrentAttempt;
pub use error::{Alarm, ConfigError, Limit, TimedOut};
pub use event::{CircuitEvent, CircuitEventKind};
#[cfg(feature = "tokio")]
pub use executor::{
    Batch, BatchIntoIter, BatchIter, CancelFunction, DescriptorRef, PollDescriptor, PollExecutor,
    PollExecutorBuilder, PollFailure, PollHandle, PollMetrics, PollNext, SubmitAll,
};
pub use listeners::ListenerId;
pub use operation::{Asynchronous, Blocking, Operation};
pub use outcome::NoValue;
pub use poll::{Condition, NoCondition, Poll, PollError, PollHooks, poll};
#[cfg(feature = "macros")]
pub use resilience_macros::{asyncbackoff, asyncretry, circuit, poll, retry};
pub use retry::{Hooks, Retry, TimeLimit, Timed, Untimed, retry};
