//! HTTP polling, batteries included: "ask this address until it answers with this, ring when it answers with that, ignore
//! failed connections, give up after so long".
//!
//! [`HttpPoll`] asks; [`Condition`]s say what an answer has to be like. Both can be data: they implement
//! [`Deserialize`](serde::Deserialize), for JSON, TOML, YAML or whatever else there is for `serde`.
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
//! In attributes, conditions stand where predicates do:
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
//! | key | meaning | default |
//! |---|---|---|
//! | `url`, `method` | the address, and how it is asked | `GET` |
//! | `headers` | of every request | none |
//! | `auth` | `["name", "password"]`, `{"username", "password"}` or `{"bearer"}` | none |
//! | `verify`, `ca_bundle` | whether certificates are looked at, and a file of further authorities | `true`, none |
//! | `until` | a condition or a list of them, of which one is enough | required |
//! | `alarms` | the same for what ends it as an error | none |
//! | `ignore_exceptions` | `"connect"`, `"timeout"`, `"request"`, `"decode"`, `"body"` | none |
//! | `polling_interval` | a time: `"2s"`, or a number of seconds | `"2s"` |
//! | `max_retries` | how many requests are sent; `null`: without end | 50 |
//! | `deadline`, `attempt_timeout` | times for all of it, and for one request | none |
//! | `respect_retry_after`, `max_body` | | `true`, 1 MiB |
//!
//! A condition has `status_code`, `headers`, `text`, `json` and `jsonpath`, a list of `{"expression", "value"}`: all that are given
//! hold. What is wrong is refused when it is read.

// Floor 5: the words.
mod attempt;
mod budget;
mod error;
mod jsonpath;
mod response;
// Floor 6: what is asked of an answer.
mod condition;
mod ending;
// Floor 7: how it is sent.
mod client;
mod data;
mod poller;
mod redirect;
mod run;
mod send;

pub use attempt::HttpAttempt;
pub use condition::{Condition, callback, header, json, jsonpath, status, text};
pub use ending::HttpPollError;
pub use error::HttpError;
pub use poller::HttpPoll;
pub use response::HttpResponse;
