use super::RetryPolicy;
use crate::backoff::DelayState;
use crate::rng::Chance;
use crate::telemetry::GiveUpReason;
use crate::time::Nanos;

/// The attempts of one retried call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryAttempts {
    /// The number of failed attempts.
    number: u32,
    state: DelayState,
}

impl RetryAttempts {
    pub(crate) const fn new() -> Self {
        Self { number: 0, state: DelayState::NONE }
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// A circuit rejected the call, which is not an attempt. Returns the wait until it admits a probe, or `None` if
    /// there is no deadline or it does not leave enough time for the probe.
    pub(crate) fn refused(policy: &RetryPolicy, elapsed: Nanos, time_left: Nanos) -> Option<Nanos> {
        let waits = !policy.deadline.is_never() && !time_left.is_zero();
        (waits && elapsed.plus(time_left) < policy.deadline).then_some(time_left)
    }

    /// An attempt failed `elapsed` after the call began. Returns the wait before the next one, or the reason why
    /// there is none.
    ///
    /// `hint` is the wait that the server requested: a lower bound.
    pub(crate) fn failed(
        &mut self,
        policy: &RetryPolicy,
        again: bool,
        elapsed: Nanos,
        hint: Nanos,
        chance: Chance,
    ) -> Result<Nanos, GiveUpReason> {
        let step = self.number;
        self.number = self.number.saturating_add(1);
        if !again {
            return Err(GiveUpReason::NotRetryable);
        }
        if policy.times.is_some_and(|times| self.number >= times.get()) {
            let is_late = !policy.deadline.is_never() && elapsed >= policy.deadline;
            return Err(if is_late { GiveUpReason::Deadline } else { GiveUpReason::Attempts });
        }
        let wait = policy.backoff.wait(step, &mut self.state, chance);
        // An attempt that starts at the deadline would have no time left.
        let in_time = |wait| policy.deadline.is_never() || elapsed.plus(wait) < policy.deadline;
        if !in_time(wait) {
            return Err(GiveUpReason::Deadline);
        }
        let wait = wait.max(hint);
        if in_time(wait) { Ok(wait) } else { Err(GiveUpReason::RetryAfter) }
    }
}

#[cfg(test)]
impl RetryAttempts {
    /// The state after this number of failures.
    pub(super) const fn after(number: u32) -> Self {
        Self { number, state: DelayState::NONE }
    }
}
