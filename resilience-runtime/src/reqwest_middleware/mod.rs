//! A middleware for [`reqwest`](https://docs.rs/reqwest) clients (feature `reqwest-middleware`): retries, and a circuit
//! per host.
//!
//! # Quick start
//!
//! ```no_run
//! use resilience::reqwest_middleware::ResilienceMiddleware;
//! use resilience::{Backoff, CircuitConfig, Jitter, RetryBudget, RetryPolicy};
//! use reqwest_middleware::ClientBuilder;
//! use std::time::Duration;
//!
//! const POLICY: RetryPolicy = RetryPolicy::new()
//!     .times(4)
//!     .backoff(Backoff::exponential(Duration::from_millis(100)).jitter(Jitter::Full))
//!     .attempt_timeout(Duration::from_secs(5))
//!     .deadline(Duration::from_secs(20));
//! static BUDGET: RetryBudget = RetryBudget::new();
//!
//! # async fn get() -> Result<(), Box<dyn std::error::Error>> {
//! let resilience = ResilienceMiddleware::new(POLICY).circuit_per_host(CircuitConfig::new()).budget(&BUDGET);
//! let client = ClientBuilder::new(reqwest::Client::new()).with(resilience).build();
//! let response = client.get("http://shop.example/orders/7").send().await?;
//! # let _ = response;
//! # Ok(())
//! # }
//! ```
//!
//! # What is repeated
//!
//! | request | by default |
//! |---|---|
//! | `GET`, `HEAD`, `OPTIONS`, `TRACE`, `PUT`, `DELETE` | is repeated |
//! | any other with an `Idempotency-Key` header | is repeated, with the same key |
//! | any other | is sent once: [`repeat_when`](ResilienceMiddleware::repeat_when) |
//! | one with a streaming body | is sent once |
//!
//! | result | by default |
//! |---|---|
//! | 429, 502, 503, 504 | is retried: [`on`](ResilienceMiddleware::on) |
//! | no connection, a broken connection, or a timeout of the client | is retried |
//! | an invalid request, too many redirects, an undecodable body, an error of another middleware | is returned |
//!
//! A `Retry-After` is a lower bound for the wait. One that does not fit into the deadline, or is longer than
//! [`max_retry_after`](ResilienceMiddleware::max_retry_after), ends the call. If all attempts fail, the last response or
//! error is returned, unchanged.
//!
//! # The circuit
//!
//! With [`circuit_per_host`](ResilienceMiddleware::circuit_per_host), each host and port has a circuit. Every attempt is
//! a call through it. A 5xx and every error is a failure, except an error of the request itself and a rejection by the
//! circuit of an inner middleware. The number of circuits is [bounded](crate::KeyedCircuits). A rejected request fails with
//! `reqwest_middleware::Error::Middleware`, which has a [`CircuitOpen`](crate::CircuitOpen) in its chain:
//!
//! ```
//! # use resilience::CircuitOpen;
//! fn is_rejected(error: &reqwest_middleware::Error) -> bool {
//!     match error {
//!         reqwest_middleware::Error::Middleware(error) => error.chain().any(|cause| cause.is::<CircuitOpen>()),
//!         reqwest_middleware::Error::Reqwest(_) => false,
//!     }
//! }
//! ```
//!
//! A rejection is not an attempt: the retry ends with the error of the last attempt, or with the rejection, or waits for
//! the circuit if it has a deadline. An attempt that opens the circuit ends the retry with its own response or error. An
//! attempt that exceeds the policy's `attempt_timeout` is a failure of the circuit, and the result is the error of the
//! last attempt, or one with a [`TimedOut`](crate::TimedOut) in its chain.
//!
//! A response that is retried is dropped before the wait, because its body occupies a connection. It is not returned if
//! the next attempt is rejected or exceeds a limit.
//!
//! The circuit and the limits of the policy cover a request until the response's headers are there. The body is read by the caller:
//! `reqwest`'s own `timeout` limits both.
//!
//! # Extensions
//!
//! Each attempt begins with the extensions that the caller has set, without those that an earlier attempt has added. The
//! caller gets those of the last attempt. An attempt that resends a request has a [`ResendCount`], for other middleware.
//!
//! # Telemetry
//!
//! The middleware is a [site](crate::telemetry::sites), under its [`name`](ResilienceMiddleware::name) or as the place of
//! `ResilienceMiddleware::new`. With the feature `tracing`, each attempt runs in a span `http.request` with
//! `http.request.method`, `server.address`, `server.port`, `http.response.status_code` and, for a resend,
//! `http.request.resend_count`. The path is not recorded, because it may contain secrets.

mod attempt;
mod judge;
mod middleware;
mod run;
mod span;

pub use self::attempt::ResendCount;
pub use self::middleware::ResilienceMiddleware;
