//! The laws of retry.

retry_laws! {
    attempts_are_counted_in_total_and_the_last_error_comes_back {
        policy { times = 3, interval = ms(1000) }
        hooks { on = every }
        script [busy()]
        starts [0, 1000, 2000]
        waits [Some(1000), Some(1000), None]
        ends Err(Busy(3)), 2000
    }

    a_single_attempt_has_no_wait {
        policy { times = 1, interval = ms(1000) }
        hooks { on = every }
        script [busy().after(5)]
        starts [0]
        waits [None]
        ends Err(Busy(1)), 5
    }

    a_success_ends_it_at_once {
        policy { times = 5, interval = ms(1000) }
        hooks { on = every }
        script [busy(), busy(), value(7).after(10)]
        starts [0, 1000, 2000]
        waits [Some(1000), Some(1000)]
        ends Ok(7), 2010
    }

    the_wait_begins_when_the_attempt_has_ended {
        policy { times = 3, interval = ms(1000) }
        hooks { on = every }
        script [busy().after(300), busy().after(50), busy()]
        starts [0, 1300, 2350]
        waits [Some(1000), Some(1000), None]
        ends Err(Busy(3)), 2350
    }

    an_error_that_is_not_asked_for_comes_back_unchanged_at_once {
        policy { times = 5, interval = ms(1000) }
        hooks { on = is_busy }
        script [busy(), fatal()]
        starts [0, 1000]
        waits [Some(1000), None]
        ends Err(Fatal), 1000
    }

    an_empty_budget_ends_it_at_the_first_error_unchanged {
        policy { times = 5, interval = ms(1000), budget = &crate::budget::EMPTY }
        hooks { on = every }
        script [busy().after(5)]
        starts [0]
        waits [None]
        ends Err(Busy(1)), 5
    }

    a_budget_that_is_not_empty_changes_nothing {
        policy { times = 3, interval = ms(1000), budget = &crate::budget::AMPLE }
        hooks { on = every }
        script [busy(), busy(), value(7)]
        starts [0, 1000, 2000]
        waits [Some(1000), Some(1000)]
        ends Ok(7), 2000
    }

    giveup_outweighs_on {
        policy { times = 5, interval = ms(1000) }
        hooks { on = every, giveup = is_fatal }
        script [busy(), fatal()]
        starts [0, 1000]
        waits [Some(1000), None]
        ends Err(Fatal), 1000
    }

    no_wait_is_begun_that_ends_at_the_deadline {
        policy { times = 9, interval = ms(1000), deadline = ms(2000) }
        hooks { on = every }
        script [busy()]
        starts [0, 1000]
        waits [Some(1000), None]
        ends Err(Busy(2)), 1000
    }

    a_wait_that_ends_just_before_the_deadline_is_made {
        policy { times = 9, interval = ms(1000), deadline = ms(2001) }
        hooks { on = every }
        script [busy()]
        starts [0, 1000, 2000]
        waits [Some(1000), Some(1000), None]
        ends Err(Busy(3)), 2000
    }

    the_deadline_counts_the_attempts_as_well_as_the_waits {
        policy { times = 9, interval = ms(1000), deadline = ms(2000) }
        hooks { on = every }
        script [busy().after(400)]
        starts [0, 1400]
        waits [Some(1000), None]
        ends Err(Busy(2)), 1800
    }

    a_success_just_before_the_deadline_is_a_success {
        policy { times = 9, interval = ms(1000), deadline = ms(1500) }
        hooks { on = every }
        script [busy(), value(7).after(499)]
        starts [0, 1000]
        waits [Some(1000)]
        ends Ok(7), 1499
    }

    what_the_other_side_asks_for_is_a_lower_bound {
        policy { times = 4, interval = ms(1000) }
        hooks { on = every, retry_after = later }
        script [come_back(ms(3000)), come_back(ms(10)), busy(), value(7)]
        starts [0, 3000, 4000, 5000]
        waits [Some(3000), Some(1000), Some(1000)]
        ends Ok(7), 5000
    }

    a_wait_asked_for_beyond_the_deadline_ends_it_now {
        policy { times = 4, interval = ms(1000), deadline = ms(5000) }
        hooks { on = every, retry_after = later }
        script [busy(), come_back(ms(4000))]
        starts [0, 1000]
        waits [Some(1000), None]
        ends Err(Later(ms(4000))), 1000
    }

    a_wait_asked_for_within_the_deadline_is_made {
        policy { times = 4, interval = ms(1000), deadline = ms(5000) }
        hooks { on = every, retry_after = later }
        script [busy(), come_back(ms(3999)), value(7)]
        starts [0, 1000, 4999]
        waits [Some(1000), Some(3999)]
        ends Ok(7), 4999
    }

    waits_follow_the_backoff {
        policy { times = 5, backoff = resilience::Backoff::exponential(ms(100)).max(ms(300)) }
        hooks { on = every }
        script [busy()]
        starts [0, 100, 300, 600, 900]
        waits [Some(100), Some(200), Some(300), Some(300), None]
        ends Err(Busy(5)), 900
    }

    a_zero_wait_takes_no_time {
        policy { times = 4, interval = ms(0) }
        hooks { on = every }
        script [busy()]
        starts [0, 0, 0, 0]
        waits [Some(0), Some(0), Some(0), None]
        ends Err(Busy(4)), 0
    }

    a_deadline_of_forever_is_none {
        policy { times = 3, interval = ms(1000), deadline = std::time::Duration::MAX }
        hooks { on = every }
        script [busy()]
        starts [0, 1000, 2000]
        waits [Some(1000), Some(1000), None]
        ends Err(Busy(3)), 2000
    }

    a_wait_of_forever_within_a_deadline_leads_nowhere {
        policy { times = 3, interval = std::time::Duration::MAX, deadline = ms(5000) }
        hooks { on = every }
        script [busy()]
        starts [0]
        waits [None]
        ends Err(Busy(1)), 0
    }

    a_wait_of_forever_asked_for_within_a_deadline_leads_nowhere {
        policy { times = 3, interval = ms(1), deadline = ms(5000) }
        hooks { on = every, retry_after = later }
        script [come_back(std::time::Duration::MAX)]
        starts [0]
        waits [None]
        ends Err(Later(std::time::Duration::MAX)), 0
    }
}

async_retry_laws! {
    an_attempt_that_takes_too_long_is_dropped_and_tried_again {
        policy { times = 5, interval = ms(100), attempt_timeout = ms(500) }
        hooks { on = every }
        script [busy().after(501), busy().after(9999), value(7).after(499)]
        starts [0, 600, 1200]
        waits [Some(100), Some(100)]
        ends Ok(7), 1699
    }

    a_timeout_comes_back_only_if_there_was_no_error {
        policy { times = 2, interval = ms(100), attempt_timeout = ms(500) }
        hooks { on = every }
        script [value(7).after(9999)]
        starts [0, 600]
        waits [Some(100), None]
        ends Err(TimedOut { attempts: 2, elapsed: 1100 }), 1100
    }

    the_last_real_error_comes_back_before_a_timeout {
        policy { times = 4, interval = ms(100), attempt_timeout = ms(500) }
        hooks { on = every }
        script [busy(), busy(), value(7).after(9999)]
        starts [0, 100, 200, 800]
        waits [Some(100), Some(100), Some(100), None]
        ends Err(Busy(2)), 1300
    }

    a_timeout_is_tried_again_whatever_on_and_giveup_say {
        policy { times = 3, interval = ms(100), attempt_timeout = ms(500) }
        hooks { on = none, giveup = every }
        script [value(7).after(9999), value(7)]
        starts [0, 600]
        waits [Some(100)]
        ends Ok(7), 600
    }

    an_attempt_running_at_the_deadline_is_dropped {
        policy { times = 9, interval = ms(100), deadline = ms(1000) }
        hooks { on = every }
        script [value(7).after(9999)]
        starts [0]
        waits [None]
        ends Err(TimedOut { attempts: 1, elapsed: 1000 }), 1000
    }

    at_the_deadline_the_last_real_error_comes_back {
        policy { times = 9, interval = ms(100), deadline = ms(1000) }
        hooks { on = every }
        script [busy().after(10), value(7).after(9999)]
        starts [0, 110]
        waits [Some(100), None]
        ends Err(Busy(1)), 1000
    }

    the_deadline_cuts_an_attempt_shorter_than_its_own_limit {
        policy { times = 9, interval = ms(100), deadline = ms(1000), attempt_timeout = ms(800) }
        hooks { on = every }
        script [value(7).after(9999)]
        starts [0, 900]
        waits [Some(100), None]
        ends Err(TimedOut { attempts: 2, elapsed: 1000 }), 1000
    }

    an_attempt_limit_of_forever_is_none {
        policy { times = 2, interval = ms(100), attempt_timeout = std::time::Duration::MAX }
        hooks { on = every }
        script [busy().after(5000)]
        starts [0, 5100]
        waits [Some(100), None]
        ends Err(Busy(2)), 10100
    }
}
