//! Sites, events and listeners: what the library decides, for logs, metrics and tests.
//!
//! Every annotated function is a [`Site`]. Every decision is an [`Event`], which is told to those who [`listen`].
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
//! While nobody listens, a call reads one word at its start, and nothing else is done.

// Floor 0: what is observed, and how it ends.
mod origin;
mod outcome;
mod site;
mod stats;
// Floor 2: what is told.
mod batch;
mod circuit_call;
mod event;
// Floor 3: who is told, and the calls under way.
mod calls;
#[cfg_attr(not(any(test, feature = "testing")), expect(dead_code, reason = "nothing exchanges policies yet"))]
mod exchange;
#[cfg(feature = "testing")]
mod faults;
mod functions;
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
// Floor 5: what can be read of all.
mod snapshot;
mod view;

pub use batch::BatchEvent;
pub use circuit_call::{CircuitCallEvent, CircuitCallOutcome};
pub use event::{AttemptEvent, CallEvent, Event};
#[cfg(feature = "testing")]
pub use faults::{Fault, Injected, injected_error, injected_latency, no_injected_error};
pub(crate) use functions::FunctionForm;
pub(crate) use listeners::LISTENERS;
pub use listeners::{listen, unlisten};
pub(crate) use measure::{METERS, Measure};
pub use nesting::NestedEvent;
pub(crate) use observation::{Brought, Failed, Observation};
pub(crate) use observed::observed;
pub(crate) use origin::CallOrigin;
pub use outcome::{CallOutcome, GiveUpReason};
pub use site::{Site, SiteEntry, SiteKind};
pub use sites::SITES;
pub use snapshot::{SiteSnapshot, Snapshot, snapshot};
pub use stats::{Stats, StatsCell, stats};
#[cfg(feature = "tokio")]
pub use under_way::UnderWay;
pub use view::sites;

pub use crate::circuit::CircuitSnapshot;
pub use crate::listeners::ListenerId;
