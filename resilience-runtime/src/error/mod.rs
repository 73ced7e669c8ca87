//! What the library itself has to say.

mod alarm;
mod config;
mod timed_out;

pub use alarm::{Alarm, HoldAlarm};
pub use config::ConfigError;
pub(crate) use config::or_panic;
pub use timed_out::{HoldTimedOut, Limit, TimedOut};
