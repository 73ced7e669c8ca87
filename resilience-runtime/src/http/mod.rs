//! HTTP polling: waits for a response of a URL.
//!
//! # Quick start
//!
//! [`HttpPoll`] polls a URL until the response matches a [`Condition`].
//!
//! ```
//! use resilience::http::{HttpPoll, HttpPollError, json, status};
//! use serde_json::json;
//! use std::time::Duration;
//!
//! async fn job_done(url: &str) -> Result<String, HttpPollError> {
//!     let response = HttpPoll::get(url)
//!         .until(status(200) & json(json!({"status": "SUCCESS"})))
//!         .alarm(status(500))
//!         .ignore(|error| error.is_connect())
//!         .interval(Duration::from_secs(2))
//!         .deadline(Duration::from_secs(120))
//!         .run()
//!         .await?;
//!     Ok(response.text()?.to_owned())
//! }
//! ```
//!
//! # As data
//!
//! Pollers and conditions implement [`Deserialize`](serde::Deserialize), for JSON, TOML, YAML and every other format of `serde`.
//!
//! ```
//! use resilience::http::HttpPoll;
//!
//! let poll: HttpPoll = serde_json::from_str(
//!     r#"{
//!         "url": "http://server/endpoint",
//!         "until": {"status_code": 200, "jsonpath": [{"expression": "$.state", "value": "done"}]},
//!         "alarms": [{"status_code": 500}, {"json": {"state": "failed"}}],
//!         "ignore_exceptions": ["connect"],
//!         "polling_interval": "500ms",
//!         "max_retries": 20,
//!         "deadline": "2min"
//!     }"#,
//! )?;
//! # drop(poll);
//! let error = serde_json::from_str::<HttpPoll>(r#"{"url": "http://server", "untill": {"status_code": 200}}"#).unwrap_err();
//! assert!(error.to_string().starts_with("unknown field `untill`, expected one of `url`, `method`"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # In attributes
//!
//! A condition can be used in place of a predicate in `#[poll]`:
//!
//! ```
//! use resilience::http::{HttpError, HttpResponse, json, status};
//! use resilience::{Alarm, TimedOut, poll};
//! use serde_json::json;
//!
//! #[derive(Debug, thiserror::Error)]
//! #[error(transparent)]
//! enum WaitError {
//!     Http(#[from] HttpError),
//!     Reqwest(#[from] reqwest::Error),
//!     TimedOut(#[from] TimedOut),
//!     Alarm(#[from] Alarm<HttpResponse>),
//! }
//!
//! #[poll(until = status(200) & json(json!({"status": "SUCCESS"})), alarm = status(500), interval = 2s, timeout = 2min)]
//! async fn job_done(client: &reqwest::Client, url: &str) -> Result<HttpResponse, WaitError> {
//!     Ok(HttpResponse::read(client.get(url).send().await?).await?)
//! }
//! ```
//!
//! # Options and defaults
//!
//! | key | meaning | default |
//! |---|---|---|
//! | `url`, `method` | the URL and the HTTP method | `GET` |
//! | `headers` | of every request | none |
//! | `auth` | `["name", "password"]`, `{"username", "password"}` or `{"bearer"}` | none |
//! | `verify`, `ca_bundle` | whether certificates are verified, and a file of further authorities | `true`, none |
//! | `until` | a condition, or a list of alternatives | required |
//! | `alarms` or `alarm` | the same, for responses that end the poll with an error | none |
//! | `ignore_exceptions` or `ignore` | errors that mean "not yet": `"connect"`, `"timeout"`, `"request"`, `"decode"`, `"body"` | none |
//! | `polling_interval` or `interval` | the delay: `"2s"`, or a number of seconds | `"2s"` |
//! | `max_retries` or `max_attempts` | the number of attempts; `"forever"` or `null`: no limit | 50, or no limit with a `deadline` |
//! | `deadline` | the time for the whole poll; `"forever"`: no limit | none |
//! | `attempt_timeout` | the time for one attempt; `"forever"`: no limit | 30 s |
//! | `respect_retry_after` | whether the `Retry-After` of a response is a lower bound for the delay after it | `true` |
//! | `max_retry_after` | the longest `Retry-After`; `"forever"`: no limit | 1 h |
//! | `max_body` | the longest body in bytes | 1 MiB |
//!
//! A condition has `status_code` or `status`, `headers`, `text`, `json` and `jsonpath`: `{"expression", "value"}`, or a list of
//! these. All given keys must hold. Times are written as in the attributes: `"500ms"`, `"1.5s"`, `"2min"`. Invalid input is an
//! error when it is read, which names the key as it was written.
//!
//! # TLS
//!
//! | feature | TLS for `https` URLs | it builds |
//! |---|---|---|
//! | `http` | none: such a URL is an error that names the features | no C code |
//! | `http-rustls` | rustls, and the certificates of the operating system | a C library, so it needs a C compiler |
//! | `http-native-tls` | that of the operating system | no C code; on Linux, it needs OpenSSL, its headers and a C compiler |
//!
//! Rustls is used where both are enabled. A client passed to [`HttpPoll::client`] brings its own TLS.
//!
//! # Clients
//!
//! All pollers of one tokio runtime with the same `verify` and the same certificates share one client with its connections.
//! It is closed when the last of them is dropped. HTTP/2 is used where the server offers it over TLS, responses may be
//! compressed with gzip, and the proxies of the environment are used (`http_proxy`, `https_proxy`, `no_proxy`).
//!
//! # Limits
//!
//! A poll ends by itself, independent of the server, and a configuration may be untrusted:
//!
//! | what | limit |
//! |---|---|
//! | one attempt, with its redirects, body and conditions | [`HttpPoll::DEFAULT_ATTEMPT_TIMEOUT`], `attempt_timeout` |
//! | all of it: resolving names, making the client and evaluation included | `deadline` |
//! | `Retry-After` | the `deadline`, and [`HttpPoll::DEFAULT_MAX_RETRY_AFTER`]; a longer one ends the poll |
//! | body | `max_body`, after decompression; a longer one is an error |
//! | `ca_bundle` | a regular file of at most 4 MiB, read on a thread outside the runtime |
//! | redirects | 10 for an attempt |
//! | `JSONPath` expression | 1024 bytes, 16 levels of nesting: filters, parentheses, functions |
//! | evaluation of all conditions on one response | 500 000 steps and 2 for each byte of the body, and the time of the attempt |
//!
//! A step visits or compares one node. An evaluation that takes more steps is an error, [`HttpError::is_decode`].
//!
//! The attempt that begins at the deadline may take up to one interval, as in every poll.
//!
//! # Redirects
//!
//! The poller's own client sends no `Referer`. On a redirect to another origin (scheme, host or port), only these headers
//! are sent, and the others do not come back later: `Accept`, `Accept-Encoding`, `Accept-Language`, `Cache-Control`,
//! `Pragma`, `User-Agent`. A request with a body is not sent to another origin: that is an error.
//!
//! A client passed to [`HttpPoll::client`] follows redirects by its own policy.
//!
//! # Idle connections
//!
//! A server may close an idle connection just when the next request is sent. An idempotent request (`GET`, `HEAD`, `OPTIONS`,
//! `TRACE`, `PUT`, `DELETE`) is then sent again at once, at most twice, within the same attempt. Any other is sent again only
//! if nothing of it was written. A request that fails on a new connection is not sent again. All connections of a client passed
//! to [`HttpPoll::client`] count as idle ones.

// Floor 5: requests, responses and errors.
mod attempt;
mod budget;
mod error;
mod jsonpath;
mod response;
// Floor 6: conditions on a response.
mod condition;
mod ending;
// Floor 7: sending.
mod client;
mod credentials;
mod data;
mod keys;
mod poller;
mod redirect;
mod run;
mod send;
mod tls;

pub use attempt::HttpAttempt;
pub use condition::{Condition, callback, header, json, jsonpath, status, text};
pub use ending::HttpPollError;
pub use error::HttpError;
pub use poller::HttpPoll;
pub use response::HttpResponse;
