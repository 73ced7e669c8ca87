use super::PollPolicy;
use crate::backoff::DelayState;
use crate::rng::Chance;
use crate::time::Nanos;

/// The attempts of one polled call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PollAttempts {
    /// The number of finished attempts.
    number: u32,
    /// The number of consecutive ignored errors.
    ignored: u32,
    /// The time since which the condition holds. `NEVER`: it does not hold.
    good_since: Nanos,
    /// The last wait before it was clipped.
    planned: Nanos,
    state: DelayState,
}

/// The result of an attempt. An alarm, and an error that is not ignored, need no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PollVerdict {
    /// The value meets the condition.
    Good,
    /// The value does not meet the condition.
    NotYet,
    /// An error that means "not yet".
    Ignored,
}

/// The decision after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PollStep {
    /// Return the result: the condition is met, or the maximum of ignored errors is reached.
    Return,
    /// Go on after this wait, or end here.
    GoOn(Result<Nanos, PollEnd>),
}

/// The reason why there is no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PollEnd {
    /// The timeout was reached.
    TimedOut,
    /// The last of the allowed attempts has been made.
    Exhausted,
    /// The requested wait is longer than the time left, or never ends.
    RetryAfter(Nanos),
}

impl PollAttempts {
    pub(crate) const fn new() -> Self {
        Self {
            number: 0,
            ignored: 0,
            good_since: Nanos::NEVER,
            planned: Nanos::ZERO,
            state: DelayState::NONE,
        }
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// The wait before the first attempt.
    pub(crate) fn delay(&mut self, policy: &PollPolicy) -> Nanos {
        let delay = policy.delay();
        // An attempt at the end of the timeout may take as long as the wait before it.
        self.planned = delay;
        delay
    }

    /// An attempt ended the call, and no decision is needed.
    pub(crate) fn ended(&mut self) {
        self.number = self.number.saturating_add(1);
    }

    /// An attempt ended `elapsed` after the call began.
    ///
    /// `hint` is the wait that the server requested: a lower bound.
    pub(crate) fn next(
        &mut self,
        policy: &PollPolicy,
        seen: PollVerdict,
        elapsed: Nanos,
        hint: Nanos,
        chance: Chance,
    ) -> PollStep {
        match seen {
            PollVerdict::Good => {
                self.ignored = 0;
                self.good_since = self.good_since.min(elapsed);
                if elapsed.minus(self.good_since) >= policy.hold() {
                    self.ended();
                    return PollStep::Return;
                }
            }
            PollVerdict::NotYet => {
                self.ignored = 0;
                self.good_since = Nanos::NEVER;
            }
            PollVerdict::Ignored => {
                self.ignored = self.ignored.saturating_add(1);
                self.good_since = Nanos::NEVER;
                if policy.max_ignored.is_some_and(|most| self.ignored >= most.get()) {
                    self.ended();
                    return PollStep::Return;
                }
            }
        }
        PollStep::GoOn(self.go_on(policy, elapsed, hint, chance))
    }

    /// An attempt was dropped because its time was up. It has no result.
    #[cfg(any(feature = "tokio", test))]
    pub(crate) fn cut(
        &mut self,
        policy: &PollPolicy,
        elapsed: Nanos,
        chance: Chance,
    ) -> Result<Nanos, PollEnd> {
        self.good_since = Nanos::NEVER;
        self.go_on(policy, elapsed, Nanos::ZERO, chance)
    }

    /// The time at which an attempt that begins at `began` is dropped.
    pub(crate) const fn ends(&self, policy: &PollPolicy, began: Nanos) -> Nanos {
        policy.attempt_ends(began, self.planned)
    }

    /// A circuit rejected the call, which is not an attempt. Returns the wait until it admits a probe, or `None` if
    /// the timeout does not leave enough time for that.
    pub(crate) fn refused(&mut self, policy: &PollPolicy, elapsed: Nanos, time_left: Nanos) -> Option<Nanos> {
        self.good_since = Nanos::NEVER;
        let waits = !policy.limit().is_never() && !time_left.is_zero();
        (waits && elapsed.plus(time_left) <= policy.limit()).then_some(time_left)
    }

    fn go_on(
        &mut self,
        policy: &PollPolicy,
        elapsed: Nanos,
        hint: Nanos,
        chance: Chance,
    ) -> Result<Nanos, PollEnd> {
        let step = self.number;
        self.ended();
        if policy.times.is_some_and(|times| self.number >= times.get()) {
            return Err(PollEnd::Exhausted);
        }
        if elapsed >= policy.limit() {
            return Err(PollEnd::TimedOut);
        }
        if hint.is_never() || elapsed.plus(hint) > policy.limit() {
            return Err(PollEnd::RetryAfter(hint));
        }
        let wait = policy.backoff.wait(step, &mut self.state, chance);
        self.planned = wait;
        Ok(wait.min(self.until_held(policy, elapsed)).min(policy.limit().minus(elapsed)).max(hint))
    }

    /// The remaining time until the condition has held long enough.
    fn until_held(&self, policy: &PollPolicy, elapsed: Nanos) -> Nanos {
        if self.good_since.is_never() {
            return Nanos::NEVER;
        }
        self.good_since.plus(policy.hold()).minus(elapsed)
    }
}

#[cfg(test)]
impl PollAttempts {
    /// The state after this number of attempts, all with ignored errors.
    pub(super) const fn after(number: u32) -> Self {
        Self { number, ignored: number, ..Self::new() }
    }
}
