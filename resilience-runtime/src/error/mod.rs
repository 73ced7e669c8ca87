//! The errors of the library itself.

mod alarm;
mod cancelled;
mod causes;
mod config;
mod timed_out;

pub use alarm::{Alarm, HoldAlarm};
pub use cancelled::{Cancelled, HoldCancelled};
pub(crate) use causes::Causes;
pub use config::ConfigError;
pub(crate) use config::{Value, or_panic};
pub use timed_out::{HoldTimedOut, Limit, TimedOut};
