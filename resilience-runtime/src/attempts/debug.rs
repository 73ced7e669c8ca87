//! `Debug` for policies, in the notation of the attributes.

use std::fmt;

use super::{PollPolicy, RetryPolicy};

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attempt_timeout, deadline) = self.limits();
        let mut policy = f.debug_struct("RetryPolicy");
        match &self.times {
            Some(times) => policy.field("times", times),
            None => policy.field("times", &format_args!("forever")),
        };
        self.backoff.debug_options(&mut policy);
        if self.deadline_is_set {
            policy.field("deadline", &deadline);
        }
        if !attempt_timeout.is_never() {
            policy.field("attempt_timeout", &attempt_timeout);
        }
        if let Some(budget) = self.budget {
            policy.field("budget", budget);
        }
        if let Some(stats) = self.stats {
            policy.field("stats", &stats);
        }
        policy.finish()
    }
}

impl fmt::Debug for PollPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut policy = f.debug_struct("PollPolicy");
        policy.field("timeout", &self.limit());
        if !self.initial_delay.is_zero() {
            policy.field("initial_delay", &self.initial_delay);
        }
        self.backoff.debug_options(&mut policy);
        if let Some(times) = &self.times {
            policy.field("times", times);
        }
        if !self.hold_for.is_zero() {
            policy.field("hold_for", &self.hold_for);
        }
        if let Some(max_ignored) = &self.max_ignored {
            policy.field("max_ignored", max_ignored);
        }
        if !self.attempt_timeout.is_never() {
            policy.field("attempt_timeout", &self.attempt_timeout);
        }
        if let Some(stats) = self.stats {
            policy.field("stats", &stats);
        }
        policy.finish()
    }
}
