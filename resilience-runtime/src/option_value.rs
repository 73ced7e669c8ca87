use std::fmt;

use crate::backoff::{Backoff, Jitter};
use crate::ratio::Ratio;
use crate::time::Nanos;

/// The value of an option of an attribute.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum OptionValue {
    Count(u32),
    /// No bound for a count.
    Unbounded,
    Time(Nanos),
    Ratio(Ratio),
    Backoff(Backoff),
    Jitter(Jitter),
}

/// As written in an attribute.
impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Unbounded => f.write_str("forever"),
            Self::Time(time) => write!(f, "{time:?}"),
            Self::Ratio(ratio) => write!(f, "{ratio:?}"),
            Self::Backoff(backoff) => write!(f, "{backoff:?}"),
            Self::Jitter(jitter) => write!(f, "{jitter:?}"),
        }
    }
}

impl fmt::Debug for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
