//! Each way in which a call can end produces exactly these events, in every attribute and function, sync and async.

use std::time::Duration;

use resilience::RetryBudget;
use std::future::ready;
use tokio::time::sleep;

use crate::forms::{By, Law};
use crate::script::*;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

// Success.
laws! {
    a_first_attempt_that_succeeds {
        script [Step::Value(9)]
        told ["FirstTry after 1 in 0ns: -"]
        retry {}
        poll {}
        asyncbackoff {}
        asyncretry { 3 }
    }
    a_later_attempt_that_succeeds {
        script [Step::Busy, Step::Busy, Step::Value(9)]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, wait 1s",
            "AfterRetry after 3 in 2s: -",
        ]
        retry { times = 3 }
        poll {}
        asyncbackoff { on = busy, max_tries = 3, }
        asyncretry { 3 }
    }
    a_value_that_is_not_accepted_yet {
        script [Step::Value(1), Step::Busy, Step::Value(9)]
        told [
            "attempt 1 at 0ns: -, wait 1s",
            "attempt 2 at 1s: busy, wait 1s",
            "AfterRetry after 3 in 2s: -",
        ]
        poll {}
    }
    a_value_that_has_to_stay_good {
        script [Step::Value(9), Step::Value(9)]
        told ["attempt 1 at 0ns: -, wait 1s", "AfterRetry after 2 in 1s: -"]
        poll { hold_for = secs(1) }
    }
}

// Each reason to give up.
laws! {
    a_last_attempt_that_fails {
        script [Step::Busy, Step::Busy]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, no wait",
            "GaveUp(Attempts) after 2 in 1s: busy",
        ]
        retry { times = 2 }
        poll { max_ignored = 2 }
        asyncbackoff { on = busy, max_tries = 2, }
        asyncretry { 2 }
    }
    a_last_attempt_of_a_poll_whose_value_is_not_accepted {
        script [Step::Busy, Step::Value(1)]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: -, no wait",
            "GaveUp(Attempts) after 2 in 1s: `f` gave up: the condition was not met (2 attempts in 1s; last error: busy)",
        ]
        poll { times = 2 }
    }
    an_error_that_is_not_tried_again {
        script [Step::Busy, Step::Fatal]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: fatal, no wait",
            "GaveUp(NotRetryable) after 2 in 1s: fatal",
        ]
        retry { times = 3, on = busy }
        poll {}
        asyncbackoff { on = busy, }
        asyncretry { 3, on = busy }
    }
    an_error_that_ends_it_even_so {
        script [Step::Busy, Step::Fatal]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: fatal, no wait",
            "GaveUp(NotRetryable) after 2 in 1s: fatal",
        ]
        retry { times = 3, giveup = fatal }
        asyncbackoff { on = any, giveup = fatal, }
        asyncretry { 3, giveup = fatal }
    }
    a_deadline_that_leaves_no_time_for_the_next_attempt {
        script [Step::Busy, Step::Busy]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, no wait",
            "GaveUp(Deadline) after 2 in 1s: busy",
        ]
        retry { times = 9, deadline = secs(2) }
        asyncbackoff { on = busy, deadline = secs(2), }
    }
    a_wait_that_was_asked_for_beyond_the_deadline {
        script [Step::Later(secs(2)), Step::Later(secs(3))]
        told [
            "attempt 1 at 0ns: later, wait 2s",
            "attempt 2 at 2s: later, no wait",
            "GaveUp(RetryAfter) after 2 in 2s: later",
        ]
        retry { times = 9, deadline = secs(4), retry_after = later }
        asyncbackoff { on = busy, deadline = secs(4), retry_after = later, }
    }
}

/// A thousandth of a few calls is no retry.
static SPENT: RetryBudget = RetryBudget::new().ratio(0.001).min_per_second(0);

laws! {
    a_retry_budget_that_is_spent {
        script [Step::Busy]
        told ["attempt 1 at 0ns: busy, no wait", "GaveUp(Budget) after 1 in 0ns: busy"]
        retry { times = 3, budget = &SPENT }
        asyncbackoff { on = busy, budget = &SPENT, }
        asyncretry { 3, budget = &SPENT }
    }
}

// Time limits.
laws! {
    attempts_that_are_all_cut {
        script [Step::Hangs, Step::Hangs]
        told [
            "attempt 1 at 5s: timed out, wait 1s",
            "attempt 2 at 11s: timed out, no wait",
            "TimedOut after 2 in 11s: timed out",
        ]
        retry_async { times = 2, attempt_timeout = secs(5) }
        asyncbackoff { max_tries = 2, attempt_timeout = secs(5), }
    }
    a_last_attempt_that_is_cut_after_a_real_error {
        script [Step::Busy, Step::Hangs]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 6s: timed out, no wait",
            "GaveUp(Attempts) after 2 in 6s: busy",
        ]
        retry_async { times = 2, attempt_timeout = secs(5) }
        asyncbackoff { on = busy, max_tries = 2, attempt_timeout = secs(5), }
    }
    a_deadline_that_cuts_after_a_real_error {
        script [Step::Busy, Step::Hangs]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 5s: timed out, no wait",
            "GaveUp(Deadline) after 2 in 5s: busy",
        ]
        retry_async { times = 9, deadline = secs(5) }
        asyncbackoff { on = busy, deadline = secs(5), }
    }
    a_deadline_that_cuts_the_first_attempt {
        script [Step::Hangs]
        told ["attempt 1 at 5s: timed out, no wait", "TimedOut after 1 in 5s: timed out"]
        retry_async { times = 9, deadline = secs(5) }
        asyncbackoff { deadline = secs(5), }
    }
    a_poll_whose_time_is_up {
        script [Step::Value(1), Step::Value(1), Step::Value(1)]
        told [
            "attempt 1 at 0ns: -, wait 1s",
            "attempt 2 at 1s: -, wait 1s",
            "attempt 3 at 2s: -, no wait",
            "TimedOut after 3 in 2s: `f` timed out after 2s: the condition was not met (3 attempts in 2s)",
        ]
        poll { timeout = secs(2) }
    }
    an_attempt_of_a_poll_that_is_cut {
        script [Step::Hangs, Step::Value(9)]
        told [
            "attempt 1 at 5s: `f` timed out: an attempt took longer than 5s (1 attempt in 5s), wait 1s",
            "AfterRetry after 2 in 6s: -",
        ]
        poll_async { attempt_timeout = secs(5) }
    }
}

// An alarm, a panic, and a future that is dropped.
laws! {
    a_value_that_rings_the_alarm {
        script [Step::Value(1), Step::Value(7)]
        told ["attempt 1 at 0ns: -, wait 1s", "Alarm after 2 in 1s: the alarm rang at attempt 2"]
        poll {}
    }
    an_attempt_that_panics {
        script [Step::Busy, Step::Panics]
        told ["attempt 1 at 0ns: busy, wait 1s", "Panicked after 2 in 1s: -"]
        retry {}
        poll {}
        asyncbackoff { on = busy, }
        asyncretry { 3 }
    }
    a_future_dropped_in_its_first_attempt {
        script [Step::Hangs]
        dropped_after secs(3);
        told ["Cancelled after 1 in 3s: -"]
        retry_async {}
        poll_async {}
        asyncbackoff { attempt_timeout = secs(5), }
        asyncretry { 3 }
    }
    a_future_dropped_in_a_wait {
        script [Step::Busy]
        dropped_after Duration::from_millis(500);
        told ["attempt 1 at 0ns: busy, wait 1s", "Cancelled after 1 in 500ms: -"]
        retry_async {}
        poll_async {}
        asyncbackoff { on = busy, }
        asyncretry { 3 }
    }
    a_future_dropped_in_a_later_attempt {
        script [Step::Busy, Step::Hangs]
        dropped_after secs(3);
        told ["attempt 1 at 0ns: busy, wait 1s", "Cancelled after 2 in 3s: -"]
        retry_async {}
        poll_async {}
        asyncbackoff { on = busy, }
        asyncretry { 3 }
    }
}

laws! {
    a_signal_before_the_first_attempt {
        script []
        told ["Cancelled after 0 in 0ns: `f` was cancelled (0 attempts in 0ns)"]
        retry_async { cancel = ready(()) }
        poll_async { cancel = ready(()) }
        asyncbackoff { cancel = ready(()), }
        asyncretry { 3, cancel = ready(()) }
    }
    a_signal_in_the_first_attempt {
        script [Step::Hangs]
        told ["Cancelled after 1 in 3s: `f` was cancelled (1 attempt in 3s)"]
        retry_async { cancel = sleep(secs(3)) }
        poll_async { cancel = sleep(secs(3)) }
        asyncbackoff { attempt_timeout = secs(5), cancel = sleep(secs(3)), }
        asyncretry { 3, cancel = sleep(secs(3)) }
    }
    a_signal_in_a_wait {
        script [Step::Busy]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "Cancelled after 1 in 500ms: `f` was cancelled (1 attempt in 500ms; last error: busy)",
        ]
        retry_async { cancel = sleep(secs(1) / 2) }
        poll_async { cancel = sleep(secs(1) / 2) }
        asyncbackoff { on = busy, cancel = sleep(secs(1) / 2), }
        asyncretry { 3, cancel = sleep(secs(1) / 2) }
    }
    a_signal_in_a_later_attempt_under_time_limits {
        script [Step::Busy, Step::Hangs, Step::Hangs]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 6s: timed out, wait 1s",
            "Cancelled after 3 in 8s: `f` was cancelled (3 attempts in 8s; last error: busy)",
        ]
        retry_async { attempt_timeout = secs(5), deadline = secs(60), cancel = sleep(secs(8)) }
        asyncbackoff { on = busy, attempt_timeout = secs(5), cancel = sleep(secs(8)), }
    }
}

mod a_panic_in_on_error {
    use super::*;

    #[resilience::retry(times = 3, on_error = |_, _| std::panic::panic_any("by a hook"), name = "a hook panics")]
    fn annotated(script: &Script) -> Result<u8, Error> {
        script.attempt()
    }

    #[test]
    fn is_a_call_that_panicked_after_its_attempts() {
        const LAW: Law = Law {
            script: &[Step::Busy],
            dropped_after: Duration::MAX,
            told: &["attempt 1 at 0ns: busy, wait 1s", "Panicked after 1 in 0ns: -"],
        };
        LAW.holds(By::Attribute, "a hook panics", annotated);
    }
}
