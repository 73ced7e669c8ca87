//! Retry, polling, time limits and circuit breakers, as attributes on functions. Sync and async.
//!
//! ```
//! use resilience::retry;
//!
//! #[retry(times = 5, backoff = exponential(100ms, max = 10s), jitter = full)]
//! async fn load(path: &str) -> std::io::Result<String> {
//!     tokio::fs::read_to_string(path).await
//! }
//! ```
//!
//! The attribute writes the loop around the body. The function keeps its signature and its callers. `?` and `return` end
//! the attempt, not the function. Mistakes in the options are compile errors at the option.
//!
//! # Install
//!
//! ```toml
//! [dependencies]
//! resilience-runtime = "0.1"    # the library is named `resilience`
//! tokio = { version = "1", features = ["full"] }    # for async functions
//! ```
//!
//! The bare package name `resilience` belongs to another package.
//!
//! # What there is
//!
//! | you want to | attribute | function, value | guide |
//! |---|---|---|---|
//! | repeat a call that fails | [`#[retry]`](macro@retry) | [`retry(..)`](fn@retry), [`RetryPolicy`] | [retrying](mod@guide::retrying) |
//! | repeat an async call under time limits | [`#[asyncbackoff]`](macro@asyncbackoff), [`#[asyncretry]`](macro@asyncretry) | [`RetryPolicy`] | [retrying](mod@guide::retrying) |
//! | wait until a value is good | [`#[poll]`](macro@poll) | [`poll(..)`](fn@poll), [`PollPolicy`] | [polling](mod@guide::polling) |
//! | stop calling a service that is down | [`#[circuit]`](macro@circuit) | [`CircuitBreaker`], [`KeyedCircuits`], [`circuits()`] | [circuits](mod@guide::circuits) |
//! | watch many jobs with one request per interval | | [`PollExecutor`] | [batches](mod@guide::batches) |
//! | wait for an HTTP response | | [`http::HttpPoll`] | [http](mod@guide::http) |
//! | see attempts, outcomes and circuit changes | `stats = ".."` | [`telemetry::listen`], [`telemetry::stats`] | [in production](mod@guide::in_production) |
//! | retry and guard requests of a tower stack or a `reqwest` client | | [`tower::RetryLayer`], [`tower::CircuitLayer`], [`reqwest_middleware::ResilienceMiddleware`] | [servers and clients](mod@guide::servers_and_clients) |
//! | test code that fails, without waiting | | [`testing::scope`], [`testing::ManualClock`] | [testing](mod@guide::testing) |
//!
//! An import brings the attribute and the function of the same name together: `use resilience::retry;` is both.
//!
//! The root has the types that programs write. All types of circuits are in [`breaker`], those of [`PollExecutor`] in
//! [`batch`](mod@batch), of [`retry(..)`](fn@retry) and [`poll(..)`](fn@poll) in [`functions`], of events in [`telemetry`].
//!
//! The [`guide`] has a page for each of these, and for [choosing](mod@guide::choosing) among them,
//! [stacking](mod@guide::stacking) several on one function, [errors](mod@guide::errors) and
//! [configuration](mod@guide::configuration).
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `macros` | yes | the attributes |
//! | `tokio` | yes | async functions and [`PollExecutor`]. Delays use tokio's timer, and "now" is tokio's clock |
//! | `stream` | no | [`CircuitBreaker::guard_stream`], for functions that return a stream |
//! | `http` | no | [`http`]: HTTP polling over `reqwest`, with TLS by rustls |
//! | `tower` | no | [`tower`](mod@tower): layers for `tower` services |
//! | `reqwest-middleware` | no | [`reqwest_middleware`](mod@reqwest_middleware): a middleware for `reqwest` clients |
//! | `retry-after` | no | [`retry_after`]: the `Retry-After` of an HTTP response |
//! | `testing` | no | [`testing`]: faults, circuits in any state, no waits, and a clock that tests move by hand |
//! | `tracing` | no | log events for failed attempts, calls that give up, and circuits: see [in production](mod@guide::in_production) |
//! | `metrics` | no | [`metrics`]: counters, histograms and gauges through the `metrics` facade |
//! | `serde` | no | `Serialize` for [`telemetry::snapshot`] |
//!
//! Without `tokio`, everything sync works. The minimum Rust version is 1.85.

#![cfg_attr(docsrs, feature(doc_cfg))]
// Pages link to items of all features. The documentation is published, and its links checked, with all of them.
#![cfg_attr(
    not(all(
        feature = "macros",
        feature = "tokio",
        feature = "stream",
        feature = "http",
        feature = "reqwest-middleware",
        feature = "retry-after",
        feature = "tower",
        feature = "testing",
        feature = "tracing",
        feature = "metrics",
        feature = "serde"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]

// The attributes write `::resilience`; inside this crate, that is this crate.
extern crate self as resilience;

// Floor 0: time, chance, texts, and the words for what happened.
mod attempt;
mod callbacks;
#[cfg(any(feature = "http", feature = "serde"))]
mod duration_text;
mod error;
mod linked;
#[cfg(feature = "macros")]
mod options;
mod outcome;
mod ratio;
#[cfg(feature = "retry-after")]
mod retry_after;
mod rng;
mod site_name;
mod sync;
#[cfg(feature = "testing")]
mod test_scope;
mod text;
mod time;
// Floor 1: how long to wait, and how often.
pub mod backoff;
mod budget;
#[cfg(feature = "serde")]
mod option_value;
// Floor 2: what to do next.
mod attempts;
mod event;
// Floor 3: the clock, and waiting by it.
mod clock;
mod current_attempt;
mod listeners;
mod site;
mod sleep;
// Floor 4: the function forms.
mod operation;
mod poll;
mod retry;
// Floors of its own, from 0 to 5: see there.
pub mod telemetry;
// Floors of its own, from 0 to 4: see there.
mod circuit;
// Floors of its own, from 0 to 5: see there.
#[cfg(feature = "serde")]
pub mod settings;
// Many jobs at once. Floors of its own, up to 5: see there.
#[cfg(feature = "tokio")]
mod executor;
// Over HTTP. Floors of its own, from 5 to 7: see there.
#[cfg(feature = "http")]
pub mod http;
// Floor 5: adapters.
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
#[cfg(feature = "tower")]
pub mod tower;
// Floor 6: what listens to everything.
#[cfg(feature = "metrics")]
pub mod metrics;
// Floor 8: the public modules, and the expansions' names.
#[doc(hidden)]
pub mod __private;
#[cfg(feature = "tokio")]
pub mod batch;
pub mod breaker;
pub mod circuit_store;
pub mod functions;
#[cfg(doc)]
pub mod guide;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use attempt::Attempt;
pub use attempts::{PollPolicy, RetryPolicy};
pub use backoff::{Backoff, Jitter};
#[cfg(feature = "tokio")]
pub use batch::{Batch, PollExecutor, PollFailure, PollHandle, PollNext};
pub use breaker::{
    CallError, CircuitBreaker, CircuitConfig, CircuitEvent, CircuitEventKind, CircuitOpen, CircuitState,
    KeyedCircuits, circuits,
};
pub use budget::RetryBudget;
pub use current_attempt::CurrentAttempt;
pub use error::{Alarm, Cancelled, ConfigError, Limit, TimedOut};
pub use outcome::NoValue;
pub use poll::{PollError, poll};
#[cfg(feature = "macros")]
pub use resilience_macros::{asyncbackoff, asyncretry, circuit, poll, retry};
pub use retry::retry;
#[cfg(feature = "retry-after")]
pub use retry_after::retry_after;
