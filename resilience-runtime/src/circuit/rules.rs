//! The rules of a circuit, resolved once from its configuration.

use super::config::CircuitConfig;
use crate::ratio::Ratio;
use crate::time::Nanos;

/// When a circuit opens, and how it recovers.
///
/// Created from a valid configuration, so that rules never contradict each other. Configurations with the same
/// behaviour have equal rules, whether a default is explicit or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) trip: Trip,
    /// The duration from which a call is slow.
    pub(super) slow_call: Option<Nanos>,
    /// The number of probes that may run at once.
    pub(super) half_open_calls: u32,
    /// The number of probes that must succeed to close it.
    pub(super) success_threshold: u32,
    /// The time limit for the report of a probe.
    pub(super) probe_timeout: Nanos,
    recovery_timeout: Nanos,
    max_recovery_timeout: Nanos,
}

/// The rule that opens a closed circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trip {
    /// This number of consecutive failures.
    InARow(u32),
    /// This number of failures within a time, regardless of successes in between.
    Within { failures: u32, time: Nanos },
    /// A rate of failures or of slow calls.
    Rate(Rates),
}

/// The rates that open a circuit. At least one of them is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rates {
    pub(super) window: Span,
    pub(super) min_calls: u32,
    pub(super) failures: Option<Ratio>,
    pub(super) slow: Option<Ratio>,
}

/// The window of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    Calls(u32),
    Time(Nanos),
}

impl Rules {
    /// The configuration must be valid.
    pub(super) const fn of(config: &CircuitConfig) -> Self {
        let window = match (config.window_calls, config.window_time) {
            (Some(calls), _) => Some(Span::Calls(calls)),
            (None, Some(time)) => Some(Span::Time(time)),
            (None, None) => None,
        };
        let trip = match (window, config.within) {
            (Some(window), _) => Trip::Rate(Rates {
                window,
                min_calls: config.least_calls(),
                failures: config.failure_rate,
                slow: config.slow_rate,
            }),
            (None, Some(time)) => Trip::Within { failures: config.threshold(), time },
            (None, None) => Trip::InARow(config.threshold()),
        };
        Self {
            trip,
            slow_call: config.slow_call,
            half_open_calls: config.half_open_calls,
            success_threshold: config.success_threshold,
            probe_timeout: config.probe_time(),
            recovery_timeout: config.recovery_timeout,
            max_recovery_timeout: config.max_recovery_nanos(),
        }
    }

    /// The open time after this number of failed recoveries.
    pub(super) fn open_time(&self, failed_recoveries: u32) -> Nanos {
        let doubled = 1_u64.checked_shl(failed_recoveries).unwrap_or(u64::MAX);
        let time = Nanos::new(self.recovery_timeout.get().saturating_mul(doubled));
        time.min(self.max_recovery_timeout)
    }

    /// Whether a slow call is a failure: true unless slow calls have a separate rate.
    pub(super) const fn slow_is_failure(&self) -> bool {
        !matches!(self.trip, Trip::Rate(Rates { slow: Some(_), .. }))
    }

    /// Whether both have the same kind and size of window, so that the recorded calls stay valid.
    pub(super) fn same_window(&self, other: &Self) -> bool {
        match (self.trip, other.trip) {
            (Trip::InARow(_), Trip::InARow(_)) => true,
            (Trip::Rate(one), Trip::Rate(two)) => one.window == two.window,
            (one, two) => one == two,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_way_to_count_becomes_one_kind_of_rule() {
        let trip = |config: CircuitConfig| Rules::of(&config).trip;
        assert_eq!(trip(CircuitConfig::new()), Trip::InARow(5));
        assert_eq!(
            trip(CircuitConfig::new().failure_threshold(3).within(SECOND)),
            Trip::Within { failures: 3, time: Nanos::of(SECOND) }
        );
        let rate = CircuitConfig::new().failure_rate(0.5);
        let Trip::Rate(calls) = trip(rate.window_calls(8)) else { panic!("a rate") };
        assert_eq!((calls.window, calls.min_calls, calls.slow), (Span::Calls(8), 8, None));
        let Trip::Rate(time) = trip(rate.window_time(SECOND)) else { panic!("a rate") };
        assert_eq!((time.window, time.min_calls), (Span::Time(Nanos::of(SECOND)), 20));
    }

    #[test]
    fn the_open_time_doubles_up_to_its_maximum_and_only_if_there_is_one() {
        let plain = Rules::of(&CircuitConfig::new().recovery_timeout(SECOND));
        let doubling =
            Rules::of(&CircuitConfig::new().recovery_timeout(SECOND).max_recovery_timeout(5 * SECOND));
        for (failed, expected) in [(0, 1), (1, 2), (2, 4), (3, 5), (64, 5), (u32::MAX, 5)] {
            assert_eq!(doubling.open_time(failed), Nanos::of(expected * SECOND), "{failed}");
            assert_eq!(plain.open_time(failed), Nanos::of(SECOND), "{failed}");
        }
        let endless = Rules::of(&CircuitConfig::new().max_recovery_timeout(Duration::MAX));
        assert!(endless.open_time(u32::MAX).is_never());
    }

    #[test]
    fn a_default_that_is_written_and_one_that_is_left_out_make_equal_rules() {
        let written = CircuitConfig::new().failure_threshold(5).probe_timeout(Duration::from_secs(30));
        assert_eq!(Rules::of(&written), Rules::of(&CircuitConfig::new()));
        assert_ne!(Rules::of(&written.failure_threshold(6)), Rules::of(&CircuitConfig::new()));
    }

    #[test]
    fn a_window_is_kept_where_only_its_thresholds_change() {
        let row = Rules::of(&CircuitConfig::new());
        assert!(row.same_window(&Rules::of(&CircuitConfig::new().failure_threshold(9))));
        let rate = CircuitConfig::new().failure_rate(0.5).window_calls(10);
        assert!(Rules::of(&rate).same_window(&Rules::of(&rate.failure_rate(0.9).min_calls(3))));
        assert!(!Rules::of(&rate).same_window(&Rules::of(&rate.window_calls(11))));
        assert!(!Rules::of(&rate).same_window(&row));
    }
}
