use std::fmt;

use super::{Backoff, Jitter};

/// As written in an attribute: `exponential(100ms, factor = 3, max = 10s, jitter = full)`.
impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_growth(f)?;
        if self.jitter != Jitter::None {
            write!(f, ", jitter = {:?}", self.jitter)?;
        }
        f.write_str(")")
    }
}

impl Backoff {
    /// Without the closing parenthesis.
    fn write_growth(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let growth = self.growth.name();
        write!(f, "{growth}({:?}", self.base)?;
        if let Some(factor) = self.factor {
            write!(f, ", factor = {factor}")?;
        }
        if !self.cap.is_never() {
            write!(f, ", max = {:?}", self.cap)?;
        }
        Ok(())
    }

    /// The options of a policy: `interval` or `backoff`, and `jitter`.
    pub(crate) fn debug_options(&self, policy: &mut fmt::DebugStruct<'_, '_>) {
        let plain = Self { jitter: Jitter::None, ..*self };
        match plain.interval() {
            Some(interval) => policy.field("interval", &interval),
            None => policy.field("backoff", &plain),
        };
        if self.jitter != Jitter::None {
            policy.field("jitter", &self.jitter);
        }
    }
}

/// As written in an attribute.
impl fmt::Debug for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(ratio) => {
                // Rounded, because `0.07` times 100 is not 7.
                let percent = (ratio * 1e6).round() / 1e4;
                write!(f, "{percent}%")
            }
            jitter => f.write_str(jitter.name()),
        }
    }
}
