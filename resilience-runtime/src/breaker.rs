//! Circuit breakers: what stops calling a service that is down.
//!
//! The attribute is [`#[circuit]`](macro@crate::circuit). This module has the circuits themselves: to use one without the
//! attribute, to list and operate those of the program, and to listen to them.
//!
//! # Quick start
//!
//! ```
//! use resilience::breaker::{CallError, CircuitBreaker, CircuitConfig};
//!
//! static PAYMENTS: CircuitBreaker =
//!     CircuitBreaker::new("payments", CircuitConfig::new().failure_threshold(1));
//!
//! assert_eq!(PAYMENTS.call(|| Err::<u32, _>("down")), Err(CallError::Failed("down")));
//! match PAYMENTS.call(|| Ok::<_, &str>(1)) {
//!     Err(CallError::Open(open)) => assert_eq!(open.last_failure(), Some("down")),
//!     other => panic!("the circuit is open: {other:?}"),
//! }
//! ```
//!
//! # Ways to call
//!
//! | you have | use |
//! |---|---|
//! | a function | [`#[circuit]`](macro@crate::circuit), with `breaker = PAYMENTS` for a circuit of your own |
//! | a closure, an async closure | [`CircuitBreaker::call`], [`CircuitBreaker::call_async`] |
//! | errors that are not the service's | [`CircuitBreaker::on`], [`CircuitBreaker::ignore`] |
//! | a call that begins here and ends elsewhere | [`CircuitBreaker::try_acquire`], which returns a [`Permit`] |
//! | an iterator or a stream of results | [`CircuitBreaker::guard_iter`], [`CircuitBreaker::guard_stream`] |
//! | many hosts or tenants | [`KeyedCircuits`], one circuit for each key |
//!
//! # States
//!
#![doc = include_str!("../pictures/circuit.svg")]
//!
//! | [`CircuitState`] | a call | its result |
//! |---|---|---|
//! | `Closed` | is admitted | is counted |
//! | `Open` | is rejected until `recovery_timeout` is over; then it is the first probe | of a call that began before: late, changes nothing |
//! | `HalfOpen` | is a probe if there is room (`half_open_calls`), else rejected | decides |
//! | `ForcedOpen` | is rejected until [`reset`](CircuitBreaker::reset) | is late |
//! | `MetricsOnly` | is admitted | is counted, and never opens the circuit |
//! | `Disabled` | is admitted | is not counted |
//!
//! A panic is a failure. A dropped future and an ignored error are not counted, and free the place of a probe.
//!
//! # Options and defaults
//!
//! [`CircuitConfig`] has a method for each option, and lists the defaults. The rule that opens a circuit is one of three:
//!
//! | rule | options |
//! |---|---|
//! | failures in a row (default: 5) | [`failure_threshold`](CircuitConfig::failure_threshold) |
//! | failures within a time | `failure_threshold` with [`within`](CircuitConfig::within) |
//! | a share of failed or slow calls | [`failure_rate`](CircuitConfig::failure_rate), [`slow_rate`](CircuitConfig::slow_rate), with [`window_calls`](CircuitConfig::window_calls) or [`window_time`](CircuitConfig::window_time) |
//!
//! A `const` or `static` circuit with a contradictory configuration does not compile. For values known only at run time,
//! each method has a `try_` form that returns a [`ConfigError`](crate::ConfigError).
//!
//! # Listing, operating, listening
//!
//! [`circuits()`] lists every `#[circuit]` of the program, before its first call.
//!
//! ```
//! use resilience::breaker::{CircuitEventKind, circuits};
//!
//! #[resilience::circuit(name = "search", failure_threshold = 1)]
//! fn search(found: std::io::Result<u32>) -> std::io::Result<u32> {
//!     found
//! }
//!
//! let id = circuits().listen(|event| {
//!     if event.kind() == CircuitEventKind::Opened {
//!         eprintln!("{} opened: {:?}", event.name(), event.last_failure());
//!     }
//! });
//! assert!(search(Err(std::io::ErrorKind::TimedOut.into())).is_err());
//! let open: Vec<_> = circuits().open().map(|circuit| circuit.name().to_owned()).collect();
//! assert_eq!(open, ["search"]);
//!
//! circuits().get("search").unwrap().reset();
//! assert!(circuits().all_closed());
//! # circuits().unlisten(id);
//! ```
//!
//! # Limits
//!
//! | what | limit |
//! |---|---|
//! | a window of calls, and a threshold within a time | [`CircuitConfig::MAX_REMEMBERED`] |
//! | a window of time | is counted in sixteenths, so that it is exact to one sixteenth |
//! | keys of a set | `max_keys`; idle circuits are evicted first, open ones never |
//! | the length of a key | [`KeyedCircuits::MAX_KEY_LENGTH`]; of a longer one, a hash is part of the name |
//! | the text of a failure | the first line, at most 512 bytes |
//! | events that wait for a slow listener | bounded; [`CircuitEvent::dropped`] counts the dropped ones |
//!
//! # Read on
//!
//! [Circuits](mod@crate::guide::circuits) explains the attribute, [circuits by hand](mod@crate::guide::circuits_by_hand) keys,
//! sharing and operation, [stacking](mod@crate::guide::stacking) circuits with retries and polls.

#[cfg(feature = "stream")]
pub use crate::circuit::GuardedStream;
pub use crate::circuit::{
    CallError, CircuitBreaker, CircuitConfig, CircuitConflict, CircuitConflicts, CircuitOpen, CircuitRef,
    CircuitSnapshot, CircuitState, Circuits, GuardedIter, Judged, KeyedCircuits, NameTaken, Permit, circuits,
};
pub use crate::event::{CircuitEvent, CircuitEventKind};
pub use crate::listeners::ListenerId;
