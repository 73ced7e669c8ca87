use std::time::Duration;

use metrics::{Counter, Histogram, counter, histogram};

use super::names;
use crate::telemetry::{AttemptEvent, CallEvent, CallOutcome, Site};

/// The metric handles of one site, looked up once.
pub(super) struct SiteMetrics {
    pub(super) site: Site,
    calls: [Counter; OUTCOMES.len()],
    attempts: Histogram,
    duration: Histogram,
    wait: Histogram,
}

/// The labels of [`place`].
const OUTCOMES: [&str; 8] =
    ["first_try", "after_retry", "gave_up", "timed_out", "refused", "alarm", "cancelled", "panicked"];

const fn place(outcome: CallOutcome) -> usize {
    match outcome {
        CallOutcome::FirstTry => 0,
        CallOutcome::AfterRetry => 1,
        CallOutcome::GaveUp(_) => 2,
        CallOutcome::TimedOut => 3,
        CallOutcome::Refused => 4,
        CallOutcome::Alarm => 5,
        CallOutcome::Cancelled => 6,
        CallOutcome::Panicked => 7,
    }
}

impl SiteMetrics {
    pub(super) fn of(site: Site) -> Self {
        let (name, kind) = (site.name(), site.kind().as_str());
        Self {
            site,
            calls: OUTCOMES
                .map(|outcome| counter!(names::CALLS, "name" => name, "kind" => kind, "outcome" => outcome)),
            attempts: histogram!(names::ATTEMPTS, "name" => name, "kind" => kind),
            duration: histogram!(names::DURATION, "name" => name, "kind" => kind),
            wait: histogram!(names::WAIT, "name" => name, "kind" => kind),
        }
    }

    pub(super) fn attempt(&self, attempt: &AttemptEvent<'_>) {
        if let Some(wait) = attempt.wait() {
            self.waits(wait);
        }
    }

    /// A wait before the next attempt.
    pub(super) fn waits(&self, wait: Duration) {
        self.wait.record(wait);
    }

    pub(super) fn call(&self, call: &CallEvent<'_>) {
        self.calls[place(call.outcome())].increment(1);
        self.attempts.record(call.attempts());
        self.duration.record(call.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::GiveUpReason;

    #[test]
    fn every_outcome_has_the_label_that_it_is_spelt_with() {
        use CallOutcome::{AfterRetry, Alarm, Cancelled, FirstTry, GaveUp, Panicked, Refused, TimedOut};
        let gave_up = GaveUp(GiveUpReason::Attempts);
        for outcome in [FirstTry, AfterRetry, gave_up, TimedOut, Refused, Alarm, Cancelled, Panicked] {
            assert_eq!(OUTCOMES[place(outcome)], outcome.as_str());
        }
    }
}
