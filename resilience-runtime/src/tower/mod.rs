//! Layers for [`tower`](https://docs.rs/tower) services (feature `tower`): retries and circuits in a stack.
//!
//! # Quick start
//!
//! ```
//! use resilience::tower::{CircuitLayer, RetryLayer, Verdict};
//! use resilience::{RetryBudget, RetryPolicy};
//! use std::time::Duration;
//! use tower::{BoxError, Service, ServiceBuilder, ServiceExt, service_fn};
//!
//! const POLICY: RetryPolicy = RetryPolicy::new().times(4).interval(Duration::from_millis(100));
//! static BUDGET: RetryBudget = RetryBudget::new();
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), BoxError> {
//! let mut shop = ServiceBuilder::new()
//!     .layer(RetryLayer::new(POLICY).name("shop.order").budget(&BUDGET))
//!     .layer(CircuitLayer::named("shop").judge(|status: &Result<u16, BoxError>| match status {
//!         Ok(..500) => Verdict::Success,
//!         _ => Verdict::Failure,
//!     }))
//!     .service(service_fn(|order: u64| async move { Ok::<u16, BoxError>(200) }));
//!
//! assert_eq!(shop.ready().await?.call(7).await?, 200);
//! assert!(resilience::circuits().get("shop").unwrap().is_closed());
//! # Ok(())
//! # }
//! ```
//!
//! # The order of layers
//!
//! The first layer of a `ServiceBuilder` is the outermost, as the top attribute of a function is:
//!
//! ```text
//!   request ─► RetryLayer ─► CircuitLayer ─► tower's layers ─► service
//!              each attempt    each attempt     timeout,
//!              is a call       is admitted      concurrency limit
//! ```
//!
//! The layers of one stack know each other, as the attributes of a function do:
//!
//! - A call that the circuit rejects is not an attempt. The retry ends at once with the error of the last attempt, or
//!   with the rejection if there was none or if it returned a response, which is dropped before the wait. With a deadline,
//!   the retry waits for the circuit if there is enough time.
//! - An attempt that opens the circuit ends the retry with its result, error or response, without a wait.
//! - An attempt that exceeds the policy's `attempt_timeout` is a failure of the circuit below.
//!
//! This works while the futures of the stack are polled inside each other. A layer that moves a call to another task,
//! such as `Buffer`, belongs below the circuit or above the retry.
//!
//! The retry only notices a circuit if the attempt ends in the same poll in which the circuit rejects it or opens. After a
//! layer in between that is pending once more, the result is an ordinary failure, which is retried. A fallback in between
//! that ends in that poll with an error ends the retry too.
//!
//! Endpoints below one retry share its end: if the circuit of the endpoint that was called opens or rejects the call, the
//! retry ends, although another endpoint might accept the next attempt.
//!
//! # Type errors
//!
//! A layer only is a `Service` if its callbacks fit the inner service. At a method call, the compiler only reports that the
//! method does not exist. `ServiceBuilder::check_service::<_, Request, _, _>()` from `tower`, and every function that requires a
//! `Service`, report why: a request that is not `Clone`, or an error without `From<CircuitOpen>`.
//!
//! # Defaults
//!
//! See [`RetryLayer`] and [`CircuitLayer`].
//!
//! # Telemetry
//!
//! Layers are [sites](crate::telemetry::sites): with [`name`](RetryLayer::name), under that name, otherwise as the place
//! in the source. A layer that is built again at the same place is the same site. An error is shown by its own text if its type
//! is `BoxError`, `std::io::Error` or a string, otherwise by the name of its type.
//!
//! # Settings
//!
//! Settings override a named layer as a named attribute, with these limits:
//!
//! - Apply them after the stack is built. A layer's circuit is known once the layer is built, or once the circuit is
//!   registered; before that, `[circuit.x]` is an unknown name, which is an error.
//! - Before a named [`RetryLayer`] is built, its name under `retry` is a warning that says "function form or layer", even if it
//!   is misspelt. The layer follows the override once it is built.
//! - A `deadline` or an `attempt_timeout` does not add a limit that the layer's policy does not have.

// Floor 5: layers.
mod circuit;
mod faults;
mod hooks;
mod retry;
mod retry_future;
mod running;
mod signal;

pub use self::circuit::{CircuitFuture, CircuitLayer, CircuitService};
pub use self::hooks::{
    Answer, Callback, FindCircuit, Judge, Keyed, OnOpen, OnTimeout, Replay, RequestedWait, ShouldRetry,
    Single, Verdict,
};
pub use self::retry::{RetryLayer, RetryService};
pub use self::retry_future::RetryFuture;
pub use crate::retry::Unset;
