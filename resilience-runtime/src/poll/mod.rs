//! The function form of polling: [`poll`].
//!
//! ```
//! use resilience::{PollError, poll};
//! use std::time::Duration;
//!
//! # fn status(_id: u64) -> Result<&'static str, std::io::Error> { Ok("done") }
//! let job = poll(|| status(7))
//!     .until(|status| *status == "done")
//!     .alarm(|status| *status == "crashed")
//!     .timeout(Duration::from_secs(15))
//!     .interval(Duration::from_secs(1))
//!     .call();
//! match job {
//!     Ok(status) => assert_eq!(status, "done"),
//!     Err(PollError::TimedOut { last, .. }) => panic!("still {last:?}"),
//!     Err(PollError::Alarm(status)) => panic!("it {status}"),
//!     Err(error) => panic!("{error}"),
//! }
//! ```

#[cfg(feature = "tokio")]
mod cancel;
mod error;
mod form;
mod hooks;
mod run;
#[cfg(feature = "tokio")]
mod run_async;

pub use error::PollError;
pub use form::{Poll, poll};
pub use hooks::{NoCondition, PollCondition, PollHooks};
pub use run::{PollAction, PollRun};
