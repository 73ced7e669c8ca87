use super::RetryPolicy;
use crate::backoff::Memory;
use crate::rng::Chance;
use crate::time::Nanos;

/// The attempts of one retried call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryAttempts {
    /// How many have failed.
    number: u32,
    memory: Memory,
}

impl RetryAttempts {
    pub(crate) const fn new() -> Self {
        Self { number: 0, memory: Memory::NONE }
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// A circuit refused the call, which is not an attempt. The wait until it will let a trial in, if there is a deadline
    /// and that leaves time for the trial; `None`: it ends here.
    pub(crate) fn refused(policy: &RetryPolicy, elapsed: Nanos, time_left: Nanos) -> Option<Nanos> {
        let waits = !policy.deadline.is_never() && !time_left.is_zero();
        (waits && elapsed.plus(time_left) < policy.deadline).then_some(time_left)
    }

    /// An attempt failed `elapsed` after the call began. The wait before the next one; `None`: it was the last.
    ///
    /// `hint` is the wait that the other side asked for: a lower bound.
    pub(crate) fn failed(
        &mut self,
        policy: &RetryPolicy,
        again: bool,
        elapsed: Nanos,
        hint: Nanos,
        chance: Chance,
    ) -> Option<Nanos> {
        let step = self.number;
        self.number = self.number.saturating_add(1);
        if !again || policy.times.is_some_and(|times| self.number >= times.get()) {
            return None;
        }
        let wait = policy.backoff.wait(step, &mut self.memory, chance).max(hint);
        // An attempt that starts at the deadline has no time left: the wait would lead nowhere.
        let in_time = policy.deadline.is_never() || elapsed.plus(wait) < policy.deadline;
        in_time.then_some(wait)
    }
}

#[cfg(test)]
impl RetryAttempts {
    /// As if so many had failed.
    pub(super) const fn after(number: u32) -> Self {
        Self { number, memory: Memory::NONE }
    }
}
