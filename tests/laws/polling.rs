//! The laws of poll. `on_error` is not called for values that do not satisfy the condition.

poll_laws! {
    a_good_value_ends_it_at_once {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine }
        script [value(0), value(1), value(9).after(10)]
        starts [0, 1000, 2000]
        waits []
        ends Ok(9), 2010
    }

    an_error_ends_it_at_once_and_unchanged {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine }
        script [value(0), busy()]
        starts [0, 1000]
        waits [None]
        ends Err(Busy(2)), 1000
    }

    the_last_wait_is_clipped_and_one_attempt_made_at_the_end {
        policy { timeout = ms(2500), interval = ms(1000) }
        hooks { until = nine }
        script [value(0)]
        starts [0, 1000, 2000, 2500]
        waits []
        ends Err(TimedOut { attempts: 4, elapsed: 2500 }), 2500
    }

    a_wait_that_ends_with_the_timeout_is_the_last {
        policy { timeout = ms(2000), interval = ms(1000) }
        hooks { until = nine }
        script [value(0)]
        starts [0, 1000, 2000]
        waits []
        ends Err(TimedOut { attempts: 3, elapsed: 2000 }), 2000
    }

    the_attempt_at_the_end_may_still_bring_the_good_value {
        policy { timeout = ms(1500), interval = ms(1000) }
        hooks { until = nine }
        script [value(0), value(0), value(9).after(700)]
        starts [0, 1000, 1500]
        waits []
        ends Ok(9), 2200
    }

    the_timeout_counts_the_attempts_as_well_as_the_waits {
        policy { timeout = ms(1000), interval = ms(1000) }
        hooks { until = nine }
        script [value(0).after(700), value(0)]
        starts [0, 1000]
        waits []
        ends Err(TimedOut { attempts: 2, elapsed: 1000 }), 1000
    }

    a_timeout_of_zero_is_one_attempt {
        policy { timeout = ms(0), interval = ms(1000) }
        hooks { until = nine }
        script [value(0)]
        starts [0]
        waits []
        ends Err(TimedOut { attempts: 1, elapsed: 0 }), 0
    }

    attempts_are_counted_in_total {
        policy { timeout = ms(9000), interval = ms(1000), times = 3 }
        hooks { until = nine }
        script [value(0)]
        starts [0, 1000, 2000]
        waits []
        ends Err(TimedOut { attempts: 3, elapsed: 2000 }), 2000
    }

    the_last_of_the_allowed_attempts_may_bring_the_good_value {
        policy { timeout = ms(9000), interval = ms(1000), times = 2 }
        hooks { until = nine }
        script [value(0), value(9)]
        starts [0, 1000]
        waits []
        ends Ok(9), 1000
    }

    waits_follow_the_backoff_up_to_the_timeout {
        policy { timeout = ms(1000), backoff = resilience::Backoff::exponential(ms(100)) }
        hooks { until = nine }
        script [value(0)]
        starts [0, 100, 300, 700, 1000]
        waits []
        ends Err(TimedOut { attempts: 5, elapsed: 1000 }), 1000
    }

    ignored_errors_mean_not_yet {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine, ignore = is_busy }
        script [busy().after(100), value(0), busy(), value(9)]
        starts [0, 1100, 2100, 3100]
        waits [Some(1000), Some(1000)]
        ends Ok(9), 3100
    }

    an_error_that_is_not_ignored_ends_it {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine, ignore = is_busy }
        script [busy(), fatal().after(20)]
        starts [0, 1000]
        waits [Some(1000), None]
        ends Err(Fatal), 1020
    }

    a_wait_after_an_ignored_error_is_clipped_too {
        policy { timeout = ms(1500), interval = ms(1000) }
        hooks { until = nine, ignore = is_busy }
        script [busy()]
        starts [0, 1000, 1500]
        waits [Some(1000), Some(500), None]
        ends Err(TimedOut { attempts: 3, elapsed: 1500 }), 1500
    }

    a_requested_wait_is_a_lower_bound_after_a_value_and_after_an_ignored_error {
        policy { timeout = ms(9000), interval = ms(1000) }
        hooks { until = nine, ignore = every, retry_after = requested }
        script [come_back(ms(3000)), come_back(ms(10)), value(5), value(0), value(9)]
        starts [0, 3000, 4000, 6000, 7000]
        waits [Some(3000), Some(1000)]
        ends Ok(9), 7000
    }

    a_requested_wait_that_ends_with_the_timeout_is_made {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine, ignore = every, retry_after = requested }
        script [busy(), come_back(ms(4000)), value(9)]
        starts [0, 1000, 5000]
        waits [Some(1000), Some(4000)]
        ends Ok(9), 5000
    }

    a_requested_wait_longer_than_the_time_left_ends_it_at_once {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine, ignore = every, retry_after = requested }
        script [busy(), come_back(ms(4001))]
        starts [0, 1000]
        waits [Some(1000), None]
        ends Err(TimedOut { attempts: 2, elapsed: 1000 }), 1000
    }

    a_requested_wait_of_a_value_ends_it_at_once_too {
        policy { timeout = ms(1500), interval = ms(1000) }
        hooks { until = nine, retry_after = requested }
        script [value(5)]
        starts [0]
        waits []
        ends Err(TimedOut { attempts: 1, elapsed: 0 }), 0
    }

    an_error_that_ends_it_requests_nothing {
        policy { timeout = ms(5000), interval = ms(1000) }
        hooks { until = nine, ignore = is_busy, retry_after = requested }
        script [come_back(ms(3000))]
        starts [0]
        waits [None]
        ends Err(Later(ms(3000))), 0
    }

    too_many_ignored_errors_in_a_row_end_it_with_the_last {
        policy { timeout = ms(9000), interval = ms(1000), max_ignored = 2 }
        hooks { until = nine, ignore = is_busy }
        script [busy(), value(0), busy(), busy()]
        starts [0, 1000, 2000, 3000]
        waits [Some(1000), Some(1000), None]
        ends Err(Busy(4)), 3000
    }

    an_alarm_ends_it {
        policy { timeout = ms(9000), interval = ms(1000) }
        hooks { until = nine, alarm = |value| *value == 6 }
        script [value(0), value(6)]
        starts [0, 1000]
        waits []
        ends Err(Alarm(6)), 1000
    }

    the_alarm_is_looked_at_before_the_condition {
        policy { timeout = ms(9000), interval = ms(1000) }
        hooks { until = nine, alarm = nine }
        script [value(0), value(9)]
        starts [0, 1000]
        waits []
        ends Err(Alarm(9)), 1000
    }

    a_value_must_stay_good {
        policy { timeout = ms(9000), interval = ms(1000), hold_for = ms(2000) }
        hooks { until = nine }
        script [value(0), value(9)]
        starts [0, 1000, 2000, 3000]
        waits []
        ends Ok(9), 3000
    }

    a_held_value_is_looked_at_when_its_time_is_up {
        policy { timeout = ms(9000), interval = ms(1000), hold_for = ms(1500) }
        hooks { until = nine }
        script [value(9)]
        starts [0, 1000, 1500]
        waits []
        ends Ok(9), 1500
    }

    a_value_that_turns_bad_starts_the_hold_anew {
        policy { timeout = ms(9000), interval = ms(1000), hold_for = ms(2000) }
        hooks { until = nine }
        script [value(9), value(9), value(0), value(9)]
        starts [0, 1000, 2000, 3000, 4000, 5000]
        waits []
        ends Ok(9), 5000
    }

    an_ignored_error_starts_the_hold_anew {
        policy { timeout = ms(9000), interval = ms(1000), hold_for = ms(2000) }
        hooks { until = nine, ignore = is_busy }
        script [value(9), busy(), value(9)]
        starts [0, 1000, 2000, 3000, 4000]
        waits [Some(1000)]
        ends Ok(9), 4000
    }

    a_good_value_that_is_not_held_in_time_times_out {
        policy { timeout = ms(3000), interval = ms(1000), hold_for = ms(2000) }
        hooks { until = nine }
        script [value(0), value(0), value(9)]
        starts [0, 1000, 2000, 3000]
        waits []
        ends Err(TimedOut { attempts: 4, elapsed: 3000 }), 3000
    }

    an_initial_delay_comes_before_the_first_attempt {
        policy { timeout = ms(5000), interval = ms(1000), initial_delay = ms(300) }
        hooks { until = nine }
        script [value(0), value(9).after(10)]
        starts [300, 1300]
        waits []
        ends Ok(9), 1310
    }

    an_initial_delay_is_part_of_the_timeout {
        policy { timeout = ms(1000), interval = ms(1000), initial_delay = ms(600) }
        hooks { until = nine }
        script [value(0)]
        starts [600, 1000]
        waits []
        ends Err(TimedOut { attempts: 2, elapsed: 1000 }), 1000
    }

    an_initial_delay_of_zero_is_none {
        policy { timeout = ms(1000), interval = ms(1000), initial_delay = ms(0) }
        hooks { until = nine }
        script [value(0), value(9)]
        starts [0, 1000]
        waits []
        ends Ok(9), 1000
    }

    an_initial_delay_as_long_as_the_timeout_leaves_one_attempt {
        policy { timeout = ms(500), interval = ms(1000), initial_delay = ms(500) }
        hooks { until = nine }
        script [value(0).after(100)]
        starts [500]
        waits []
        ends Err(TimedOut { attempts: 1, elapsed: 600 }), 600
    }

    an_initial_delay_is_made_once {
        policy { timeout = ms(5000), interval = ms(100), initial_delay = ms(1000) }
        hooks { until = nine, ignore = is_busy }
        script [busy(), value(0), value(9)]
        starts [1000, 1100, 1200]
        waits [Some(100)]
        ends Ok(9), 1200
    }

    the_default_timeout_leaves_time_after_an_initial_delay {
        policy { interval = ms(1000), initial_delay = ms(20_000), hold_for = ms(1000) }
        hooks { until = nine }
        script [value(9)]
        starts [20_000, 21_000]
        waits []
        ends Ok(9), 21_000
    }

    a_zero_wait_takes_no_time {
        policy { timeout = ms(9000), interval = ms(0), times = 3 }
        hooks { until = nine }
        script [value(0)]
        starts [0, 0, 0]
        waits []
        ends Err(TimedOut { attempts: 3, elapsed: 0 }), 0
    }

    a_timeout_of_forever_is_none {
        policy { timeout = std::time::Duration::MAX, interval = ms(60_000), times = 40 }
        hooks { until = nine }
        script [value(0), value(0), value(9)]
        starts [0, 60_000, 120_000]
        waits []
        ends Ok(9), 120_000
    }

    a_wait_of_forever_is_clipped {
        policy { timeout = ms(5000), interval = std::time::Duration::MAX }
        hooks { until = nine }
        script [value(0)]
        starts [0, 5000]
        waits []
        ends Err(TimedOut { attempts: 2, elapsed: 5000 }), 5000
    }
}

async_poll_laws! {
    an_attempt_that_takes_too_long_means_not_yet {
        policy { timeout = ms(5000), interval = ms(100), attempt_timeout = ms(500) }
        hooks { until = nine }
        script [value(9).after(501), value(9).after(499)]
        starts [0, 600]
        waits []
        ends Ok(9), 1099
    }

    an_attempt_that_hangs_is_dropped_at_the_timeout {
        policy { timeout = ms(5000), interval = ms(100) }
        hooks { until = nine }
        script [value(9).after(99_999)]
        starts [0]
        waits []
        ends Err(TimedOut { attempts: 1, elapsed: 5000 }), 5000
    }

    a_dropped_attempt_starts_the_hold_anew {
        policy { timeout = ms(9000), interval = ms(1000), attempt_timeout = ms(500), hold_for = ms(2000) }
        hooks { until = nine }
        script [value(9), value(9).after(9999), value(9)]
        starts [0, 1000, 2500, 3500, 4500]
        waits []
        ends Ok(9), 4500
    }

    the_attempt_after_an_initial_delay_as_long_as_the_timeout_has_as_much_time {
        policy { timeout = ms(500), interval = ms(1000), initial_delay = ms(500) }
        hooks { until = nine }
        script [value(9).after(499)]
        starts [500]
        waits []
        ends Ok(9), 999
    }

    the_attempt_after_an_initial_delay_has_its_whole_attempt_timeout {
        policy { timeout = ms(5000), interval = ms(100), attempt_timeout = ms(500), initial_delay = ms(800) }
        hooks { until = nine }
        script [value(9).after(501), value(9).after(499)]
        starts [800, 1400]
        waits []
        ends Ok(9), 1899
    }
}
