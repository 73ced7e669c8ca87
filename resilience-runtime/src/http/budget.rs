use std::fmt;

use tokio::time::Instant;

use crate::clock;

/// The evaluation budget of one response, shared by all conditions. Evaluation runs on a thread of the runtime, and
/// expressions may come from an untrusted configuration.
#[derive(Debug)]
pub(super) struct Budget {
    most: u64,
    left: u64,
    until: Option<Instant>,
    out_of_time: bool,
}

/// Why an evaluation was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exhausted {
    /// The limit on steps was reached.
    Steps(u64),
    Time,
}

/// A step is a node visited or compared, about 20 ns: this is 10 ms, and more than any expression needs on a small body.
const STEPS: u64 = 500_000;

/// A node takes at least two bytes of the body, so that a few walks through all of it are always possible.
const STEPS_PER_BYTE: u64 = 2;

/// How often the clock is read.
const STEPS_PER_LOOK: u64 = 4_096;

impl Budget {
    /// For a body of this many bytes.
    pub(super) const fn of(bytes: usize) -> Self {
        Self::steps(STEPS.saturating_add(STEPS_PER_BYTE.saturating_mul(bytes as u64)))
    }

    pub(super) const fn steps(most: u64) -> Self {
        Self { most, left: most, until: None, out_of_time: false }
    }

    /// Ends with the attempt.
    pub(super) const fn until(mut self, until: Option<Instant>) -> Self {
        self.until = until;
        self
    }

    pub(super) const fn is_out_of_time(&self) -> bool {
        self.out_of_time
    }

    pub(super) fn spend(&mut self, steps: u64) -> Result<(), Exhausted> {
        if self.out_of_time {
            return Err(Exhausted::Time);
        }
        let before = self.left / STEPS_PER_LOOK;
        self.left = self.left.checked_sub(steps).ok_or(Exhausted::Steps(self.most))?;
        if before != self.left / STEPS_PER_LOOK && self.until.is_some_and(|until| clock::now() >= until) {
            self.out_of_time = true;
            return Err(Exhausted::Time);
        }
        Ok(())
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(most) => write!(f, "takes more than {most} steps"),
            Self::Time => f.write_str("was not evaluated in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn steps_are_counted_over_all_that_is_evaluated() {
        let mut budget = Budget::steps(10);
        assert_eq!((budget.spend(6), budget.spend(4)), (Ok(()), Ok(())));
        assert_eq!(budget.spend(1), Err(Exhausted::Steps(10)));
        assert!(!budget.is_out_of_time());
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_attempt_ends_an_evaluation() {
        let until = Instant::now() + Duration::from_secs(1);
        let mut budget = Budget::steps(u64::MAX).until(Some(until));
        assert_eq!(budget.spend(STEPS_PER_LOOK), Ok(()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(budget.spend(STEPS_PER_LOOK), Err(Exhausted::Time));
        assert_eq!(budget.spend(0), Err(Exhausted::Time), "and those behind it");
        assert!(budget.is_out_of_time());
    }
}
