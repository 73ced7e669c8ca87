//! Each way a call can end tells exactly these events, in the sync, the async and the function forms.

use std::time::Duration;

/// A retry, in five forms. `only async` leaves the sync ones out.
macro_rules! retries {
    ($($name:ident {
        $({ $($key:ident = $value:expr),* $(,)? })? $(hooks { $($hook:ident = $ask:expr),* $(,)? })?
        script [$($step:expr),* $(,)?]
        told [$($line:literal),* $(,)?]
    })+) => {$(mod $name {
        use crate::script::*;
        use super::*;

        const STEPS: &[Step] = &[$($step),*];
        const TOLD: &[&str] = &[$($line),*];

        #[resilience::retry($($($key = $value,)*)? $($($hook = $ask,)*)? name = concat!(module_path!(), " sync"))]
        fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute() {
            let _clock = resilience::testing::ManualClock::install();
            let record = Record::of(concat!(module_path!(), " sync"));
            unwinding(|| annotated(&Script::new(STEPS)));
            record.check(TOLD, true);
        }

        #[test]
        fn by_function() {
            let _clock = resilience::testing::ManualClock::install();
            let record = Record::of(concat!(module_path!(), " form"));
            let script = Script::new(STEPS);
            unwinding(|| {
                resilience::retry(|| script.attempt())
                    .name(concat!(module_path!(), " form"))
                    $($(.$key($value))*)? $($(.$hook($ask))*)?
                    .call()
            });
            record.check(TOLD, false);
        }

        #[resilience::retry($($($key = $value,)*)? $($($hook = $ask,)*)? name = concat!(module_path!(), " async"))]
        async fn annotated_async(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_async_attribute() {
            let record = Record::of(concat!(module_path!(), " async"));
            let script = Script::new(STEPS);
            unwinding_async(annotated_async(&script)).await;
            record.check(TOLD, true);
        }

        #[tokio::test(start_paused = true)]
        async fn by_async_function() {
            let record = Record::of(concat!(module_path!(), " async form"));
            let script = Script::new(STEPS);
            let call = resilience::retry(async || script.attempt_async().await)
                .name(concat!(module_path!(), " async form"))
                $($(.$key($value))*)? $($(.$hook($ask))*)?
                .run();
            unwinding_async(call).await;
            record.check(TOLD, false);
        }
    })+};
}

/// Ends a panic that is in the script.
fn unwinding<T>(call: impl FnOnce() -> T) {
    drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)));
}

async fn unwinding_async<T>(call: impl Future<Output = T>) {
    let mut call = Box::pin(call);
    let _ = std::future::poll_fn(|context| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.as_mut().poll(context)));
        match polled {
            Ok(poll) => poll.map(Some),
            Err(_) => std::task::Poll::Ready(None),
        }
    })
    .await;
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

retries! {
    a_first_attempt_that_succeeds {
        script [Step::Value(1)]
        told ["FirstTry after 1 in 0ns: -"]
    }
    a_later_attempt_that_succeeds {
        { times = 3 }
        script [Step::Busy, Step::Value(1)]
        told ["attempt 1 at 0ns: busy, wait 1s", "AfterRetry after 2 in 1s: -"]
    }
    a_last_attempt_that_fails {
        { times = 2 }
        script [Step::Busy, Step::Fatal]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: fatal, no wait",
            "GaveUp(Attempts) after 2 in 1s: fatal",
        ]
    }
    an_error_that_is_not_tried_again {
        { times = 3 }
        hooks { on = busy }
        script [Step::Busy, Step::Fatal]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: fatal, no wait",
            "GaveUp(NotRetryable) after 2 in 1s: fatal",
        ]
    }
    a_deadline_that_leaves_no_time_for_the_next_attempt {
        { times = 9, deadline = secs(2) }
        script [Step::Busy, Step::Busy]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, no wait",
            "GaveUp(Deadline) after 2 in 1s: busy",
        ]
    }
    a_wait_that_was_asked_for_beyond_the_deadline {
        { times = 9, deadline = secs(4) }
        hooks { retry_after = later }
        script [Step::Later(secs(2)), Step::Later(secs(3))]
        told [
            "attempt 1 at 0ns: later, wait 2s",
            "attempt 2 at 2s: later, no wait",
            "GaveUp(RetryAfter) after 2 in 2s: later",
        ]
    }
    an_attempt_that_panics {
        { times = 3 }
        script [Step::Busy, Step::Panics]
        told ["attempt 1 at 0ns: busy, wait 1s", "Panicked after 2 in 1s: -"]
    }
}

/// A retry with a time limit, in the async forms.
macro_rules! timed_retries {
    ($($name:ident {
        { $($key:ident = $value:expr),* $(,)? }
        script [$($step:expr),* $(,)?]
        dropped_after $dropped:expr;
        told [$($line:literal),* $(,)?]
    })+) => {$(mod $name {
        use crate::script::*;
        use super::*;

        const STEPS: &[Step] = &[$($step),*];
        const TOLD: &[&str] = &[$($line),*];

        #[resilience::retry($($key = $value,)* name = concat!(module_path!(), " async"))]
        async fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_async_attribute() {
            let record = Record::of(concat!(module_path!(), " async"));
            let script = Script::new(STEPS);
            drop(tokio::time::timeout($dropped, annotated(&script)).await);
            record.check(TOLD, true);
        }

        #[tokio::test(start_paused = true)]
        async fn by_async_function() {
            let record = Record::of(concat!(module_path!(), " async form"));
            let script = Script::new(STEPS);
            let call = resilience::retry(async || script.attempt_async().await)
                .name(concat!(module_path!(), " async form"))
                $(.$key($value))*
                .run();
            drop(tokio::time::timeout($dropped, call).await);
            record.check(TOLD, false);
        }
    })+};
}

timed_retries! {
    attempts_that_are_all_cut {
        { times = 2, attempt_timeout = secs(5) }
        script [Step::Hangs, Step::Hangs]
        dropped_after secs(100);
        told [
            "attempt 1 at 5s: timed out, wait 1s",
            "attempt 2 at 11s: timed out, no wait",
            "TimedOut after 2 in 11s: timed out",
        ]
    }
    a_last_attempt_that_is_cut_after_a_real_error {
        { times = 2, attempt_timeout = secs(5) }
        script [Step::Busy, Step::Hangs]
        dropped_after secs(100);
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 6s: timed out, no wait",
            "GaveUp(Attempts) after 2 in 6s: busy",
        ]
    }
    a_deadline_that_cuts_after_a_real_error {
        { times = 9, deadline = secs(5) }
        script [Step::Busy, Step::Hangs]
        dropped_after secs(100);
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 5s: timed out, no wait",
            "GaveUp(Deadline) after 2 in 5s: busy",
        ]
    }
    a_deadline_that_cuts_the_first_attempt {
        { times = 9, deadline = secs(5) }
        script [Step::Hangs]
        dropped_after secs(100);
        told ["attempt 1 at 5s: timed out, no wait", "TimedOut after 1 in 5s: timed out"]
    }
    a_future_dropped_in_its_first_attempt {
        { times = 2 }
        script [Step::Hangs]
        dropped_after secs(3);
        told ["Cancelled after 1 in 3s: -"]
    }
    a_future_dropped_in_a_wait {
        { times = 2, interval = secs(5) }
        script [Step::Busy]
        dropped_after secs(3);
        told ["attempt 1 at 0ns: busy, wait 5s", "Cancelled after 1 in 3s: -"]
    }
    a_future_dropped_in_a_later_attempt {
        { times = 2 }
        script [Step::Busy, Step::Hangs]
        dropped_after secs(3);
        told ["attempt 1 at 0ns: busy, wait 1s", "Cancelled after 2 in 3s: -"]
    }
}

/// A poll for 9, in four forms.
macro_rules! polls {
    ($($name:ident {
        { $($key:ident = $value:expr),* $(,)? }
        script [$($step:expr),* $(,)?]
        told [$($line:literal),* $(,)?]
    })+) => {$(mod $name {
        use crate::script::*;
        use super::*;

        const STEPS: &[Step] = &[$($step),*];
        const TOLD: &[&str] = &[$($line),*];

        #[resilience::poll(
            until(9), alarm(7), ignore = busy, $($key = $value,)* name = concat!(module_path!(), " sync")
        )]
        fn annotated(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn by_attribute() {
            let _clock = resilience::testing::ManualClock::install();
            let record = Record::of(concat!(module_path!(), " sync"));
            unwinding(|| annotated(&Script::new(STEPS)));
            record.check(TOLD, true);
        }

        #[test]
        fn by_function() {
            let _clock = resilience::testing::ManualClock::install();
            let record = Record::of(concat!(module_path!(), " form"));
            let script = Script::new(STEPS);
            unwinding(|| {
                resilience::poll(|| script.attempt())
                    .name(concat!(module_path!(), " form"))
                    .until(|value| *value == 9)
                    .alarm(|value| *value == 7)
                    .ignore(busy)
                    $(.$key($value))*
                    .call()
            });
            record.check(TOLD, false);
        }

        #[resilience::poll(
            until(9), alarm(7), ignore = busy, $($key = $value,)* name = concat!(module_path!(), " async")
        )]
        async fn annotated_async(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn by_async_attribute() {
            let record = Record::of(concat!(module_path!(), " async"));
            let script = Script::new(STEPS);
            unwinding_async(annotated_async(&script)).await;
            record.check(TOLD, true);
        }

        #[tokio::test(start_paused = true)]
        async fn by_async_function() {
            let record = Record::of(concat!(module_path!(), " async form"));
            let script = Script::new(STEPS);
            let call = resilience::poll(async || script.attempt_async().await)
                .name(concat!(module_path!(), " async form"))
                .until(|value| *value == 9)
                .alarm(|value| *value == 7)
                .ignore(busy)
                $(.$key($value))*
                .run();
            unwinding_async(call).await;
            record.check(TOLD, false);
        }
    })+};
}

polls! {
    a_poll_whose_first_value_is_good {
        {}
        script [Step::Value(9)]
        told ["FirstTry after 1 in 0ns: -"]
    }
    a_poll_whose_value_becomes_good {
        {}
        script [Step::Value(1), Step::Busy, Step::Value(9)]
        told [
            "attempt 1 at 0ns: -, wait 1s",
            "attempt 2 at 1s: busy, wait 1s",
            "AfterRetry after 3 in 2s: -",
        ]
    }
    a_poll_whose_value_stays_good {
        { hold_for = secs(1) }
        script [Step::Value(9), Step::Value(9)]
        told ["attempt 1 at 0ns: -, wait 1s", "AfterRetry after 2 in 1s: -"]
    }
    a_poll_whose_error_is_not_ignored {
        {}
        script [Step::Value(1), Step::Fatal]
        told [
            "attempt 1 at 0ns: -, wait 1s",
            "attempt 2 at 1s: fatal, no wait",
            "GaveUp(NotRetryable) after 2 in 1s: fatal",
        ]
    }
    a_poll_that_rings_its_alarm {
        {}
        script [Step::Value(1), Step::Value(7)]
        told ["attempt 1 at 0ns: -, wait 1s", "Alarm after 2 in 1s: the alarm rang at attempt 2"]
    }
    a_poll_with_as_many_ignored_errors_as_are_allowed {
        { max_ignored = 2 }
        script [Step::Busy, Step::Busy]
        told [
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, no wait",
            "GaveUp(Attempts) after 2 in 1s: busy",
        ]
    }
    a_poll_that_panics {
        {}
        script [Step::Value(1), Step::Panics]
        told ["attempt 1 at 0ns: -, wait 1s", "Panicked after 2 in 1s: -"]
    }
}

mod a_poll_that_ends_by_itself {
    use crate::script::*;

    #[resilience::poll(until(9), timeout = 2s, name = "ends by its timeout")]
    fn timed(script: &Script) -> Result<u8, Error> {
        script.attempt()
    }

    #[resilience::poll(until(9), times = 2, name = "ends by its times")]
    fn counted(script: &Script) -> Result<u8, Error> {
        script.attempt()
    }

    fn texts(name: &'static str, call: impl FnOnce(&Script)) -> Record {
        let _clock = resilience::testing::ManualClock::install();
        let record = Record::of(name);
        call(&Script::new(&[Step::Value(1); 3]));
        record
    }

    #[test]
    fn has_timed_out_when_its_time_is_up() {
        let record = texts("ends by its timeout", |script| assert_eq!(timed(script), Err(Error::TimedOut)));
        record.check(
            &[
                "attempt 1 at 0ns: -, wait 1s",
                "attempt 2 at 1s: -, wait 1s",
                "attempt 3 at 2s: -, no wait",
                "TimedOut after 3 in 2s: , ",
            ],
            false,
        );
    }

    #[test]
    fn has_given_up_when_its_attempts_are_spent() {
        let record = texts("ends by its times", |script| assert_eq!(counted(script), Err(Error::TimedOut)));
        record.check(
            &[
                "attempt 1 at 0ns: -, wait 1s",
                "attempt 2 at 1s: -, no wait",
                "GaveUp(Attempts) after 2 in 1s: , ",
            ],
            false,
        );
    }
}

mod a_panic_in_on_error {
    use crate::script::{Error, Record, Script, Step};

    #[resilience::retry(times = 3, on_error = |_, _| std::panic::panic_any("by a hook"), name = "a hook panics")]
    fn annotated(script: &Script) -> Result<u8, Error> {
        script.attempt()
    }

    #[test]
    fn is_a_call_that_panicked_after_its_attempts() {
        let _clock = resilience::testing::ManualClock::install();
        let record = Record::of("a hook panics");
        super::unwinding(|| annotated(&Script::new(&[Step::Busy])));
        record.check(&["attempt 1 at 0ns: busy, wait 1s", "Panicked after 1 in 0ns: -"], true);
    }
}
