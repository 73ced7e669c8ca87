//! Sites, events and listeners: what the library decides, for logs, metrics and tests.
//!
//! Every layer of an annotated function is a [`Site`], and so is every place that calls a function form. Every
//! decision is an [`Event`].
//!
//! # Quick start
//!
//! ```
//! use resilience::telemetry::{self, Event};
//! use std::sync::atomic::{AtomicU32, Ordering};
//!
//! static GAVE_UP: AtomicU32 = AtomicU32::new(0);
//!
//! #[resilience::retry(times = 2, interval = 0s)]
//! fn fetch() -> Result<u32, std::io::Error> {
//!     Err(std::io::Error::other("no route"))
//! }
//!
//! let id = telemetry::listen(|event| {
//!     if let Event::Call(call) = event {
//!         if !call.outcome().is_success() {
//!             GAVE_UP.fetch_add(1, Ordering::Relaxed);
//!         }
//!     }
//! });
//! assert!(fetch().is_err());
//! assert_eq!(GAVE_UP.load(Ordering::Relaxed), 1);
//! telemetry::unlisten(id);
//! ```
//!
//! # Ways to observe
//!
//! | you want | use |
//! |---|---|
//! | each event as it happens | [`listen`], and [`unlisten`] |
//! | what a function has done so far | `stats = "db"` in the attribute, `.stats("db")` on a function form or policy, and [`stats()`] |
//! | everything at one time, also as JSON | [`snapshot()`], with the feature `serde` for `Serialize` |
//! | all annotated functions, before their first call | [`sites()`] |
//! | logs | the feature `tracing`; no call is needed |
//! | a span around each call | `span` in the attribute, with the feature `tracing` |
//! | metrics | the feature `metrics`: [`metrics::install`](crate::metrics::install) |
//! | a single circuit | [`CircuitBreaker::listen`](crate::CircuitBreaker::listen) |
//!
//! See [the guide](mod@crate::guide::in_production) for what to log, to measure and to alert on.
//!
//! # Events
//!
//! | [`Event`] | delivered when |
//! |---|---|
//! | [`Attempt`](Event::Attempt) | an attempt has failed, or has returned a value that is not accepted yet; includes the following wait |
//! | [`Call`](Event::Call) | a call has ended, or was dropped; includes its [`CallOutcome`] |
//! | [`Circuit`](Event::Circuit) | a circuit has changed its state |
//! | [`CircuitCall`](Event::CircuitCall) | a call through a circuit has ended, or was rejected |
//! | [`Batch`](Event::Batch) | a `PollExecutor` has polled |
//! | [`Nested`](Event::Nested) | a loop runs inside an attempt of another loop, once for each pair of functions |
//! | [`Store`](Event::Store) | a [store](crate::circuit_store) that shares a circuit between processes has changed |
//!
//! # Defaults and limits
//!
//! - Without listeners, a call reads one word at its start and does nothing else.
//! - Listeners run on the thread of the call, and no lock is held. A slow listener slows down calls: send the work to a
//!   channel.
//! - Events of one call are in order. There is no order between calls.
//! - A panic in a listener is caught. Calls made by a listener have no events, to prevent loops; statistics count them.
//! - Events of a circuit wait while a listener is busy, up to 256 per circuit;
//!   [`CircuitEvent::dropped`](crate::CircuitEvent::dropped) counts the lost ones.
//! - Events never contain arguments or values of the function, which may be secret. They contain the text of the error.

// Floor 0: observed calls and their outcomes.
mod origin;
mod outcome;
mod site;
mod stats;
// Floor 2: events.
mod batch;
mod circuit_call;
mod event;
mod store_event;
// Floor 3: listeners and running calls.
mod calls;
#[cfg_attr(
    not(any(feature = "serde", feature = "testing")),
    allow(dead_code, reason = "only these features replace policies")
)]
mod exchange;
#[cfg_attr(not(feature = "testing"), path = "faults/none.rs")]
mod faults;
mod functions;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod layers;
mod listeners;
mod measure;
mod nesting;
mod observation;
mod observed;
mod sites;
#[cfg_attr(not(feature = "tracing"), path = "trace/untraced.rs")]
pub(crate) mod trace;
#[cfg(feature = "tokio")]
mod under_way;
// Floor 5: lists and snapshots.
mod snapshot;
mod view;

pub use batch::{BatchEvent, BatchOutcome};
pub use circuit_call::{CircuitCallEvent, CircuitCallOutcome};
pub use event::{AttemptEvent, CallEvent, Event};
#[cfg(feature = "testing")]
pub(crate) use faults::fault_in_place_of;
pub(crate) use faults::fault_of_form;
#[cfg(feature = "tokio")]
pub(crate) use faults::with_faults;
#[doc(hidden)]
pub use faults::{InjectedFault, injected_fault};
pub(crate) use functions::FunctionForm;
#[cfg(feature = "serde")]
pub(crate) use functions::{FormName, FormOverride, named_forms, override_forms};
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(crate) use layers::LayerSite;
pub(crate) use listeners::LISTENERS;
#[cfg(feature = "testing")]
pub(crate) use listeners::scopes_changed;
pub use listeners::{listen, unlisten};
pub(crate) use measure::{METERS, Measure};
pub use nesting::NestedEvent;
pub(crate) use observation::{Brought, Failed, Observation};
pub(crate) use observed::observed;
pub(crate) use origin::CallOrigin;
pub use outcome::{CallOutcome, GiveUpReason};
#[doc(hidden)]
pub use site::SiteEntry;
pub use site::{Site, SiteKind};
#[doc(hidden)]
pub use sites::SITES;
pub use snapshot::{SiteSnapshot, Snapshot, snapshot};
#[doc(hidden)]
pub use stats::StatsCell;
pub use stats::{Stats, stats};
pub use store_event::{StoreEvent, StoreEventKind};
#[cfg(feature = "tokio")]
#[doc(hidden)]
pub use under_way::UnderWay;
pub use view::sites;

pub use crate::circuit::CircuitSnapshot;
pub use crate::listeners::ListenerId;
