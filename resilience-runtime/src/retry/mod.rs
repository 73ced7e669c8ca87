//! The function forms of retrying: [`retry`] and [`RetryPolicy::execute`].
//!
//! ```
//! use resilience::retry;
//! use std::time::Duration;
//!
//! fn get(_uri: &str) -> Result<u16, std::io::Error> { Ok(200) }
//!
//! let page = retry(|| get("http://server/page"))
//!     .times(15)
//!     .interval(Duration::from_secs(1))
//!     .on(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
//!     .call()?;
//! assert_eq!(page, 200);
//! # Ok::<(), std::io::Error>(())
//! ```

#[cfg(feature = "tokio")]
mod cancel;
mod form;
mod hooks;
mod limits;
mod run;
#[cfg(feature = "tokio")]
mod run_async;

#[cfg(feature = "tokio")]
pub use cancel::CancelledPolicy;
pub use form::{Retry, retry};
pub use hooks::{Hooks, Unset};
pub use limits::{TimeLimit, Timed, Untimed};
pub use run::{RetryRun, TimedRetryRun};
