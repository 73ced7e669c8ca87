use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use super::names;
use crate::telemetry::BatchEvent;

/// The metric handles for executors of one name, looked up once.
pub(super) struct BatchMetrics {
    pub(super) name: &'static str,
    polls: Counter,
    duration: Histogram,
    jobs: Gauge,
}

impl BatchMetrics {
    pub(super) fn of(name: &'static str) -> Self {
        Self {
            name,
            polls: counter!(names::POLLS, "name" => name),
            duration: histogram!(names::POLL_DURATION, "name" => name),
            jobs: gauge!(names::JOBS, "name" => name),
        }
    }

    pub(super) fn polled(&self, batch: &BatchEvent) {
        self.polls.increment(1);
        self.duration.record(batch.elapsed());
    }

    /// The number of jobs of an executor with this name has changed.
    pub(super) fn counts(&self, from: usize, to: usize) {
        let number = |jobs: usize| f64::from(u32::try_from(jobs).unwrap_or(u32::MAX));
        self.jobs.increment(number(to) - number(from));
    }
}
