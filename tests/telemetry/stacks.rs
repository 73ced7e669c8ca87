//! The events of each layer of a stack.

use crate::script::{Error, Record, Script, Step, any, busy};

const REFUSED: [&str; 4] = [
    "attempt 1 at 0ns: busy, wait 1s",
    "attempt 2 at 1s: fatal, no wait",
    "Refused after 2 in 1s: fatal",
    "Refused after 0 in 0ns: open",
];

/// Loops over a circuit that opens at its second failure: `blocking` or `asynchronous`, the attribute and its options.
macro_rules! refused {
    ($($kind:ident $form:ident $attribute:ident($($options:tt)*);)+) => {$(mod $form {
        use super::*;

        const NAME: &str = concat!(module_path!(), " loop");
        refused! { @$kind $attribute($($options)* name = concat!(module_path!(), " loop")) }
    })+};
    (@blocking $attribute:ident($($options:tt)*)) => {
        #[resilience::$attribute($($options)*)]
        #[resilience::circuit(failure_threshold = 2)]
        fn guarded(script: &Script) -> Result<u8, Error> {
            script.attempt()
        }

        #[test]
        fn the_attempt_that_opens_the_circuit_is_the_last_and_later_calls_are_refused_without_an_attempt() {
            let _clock = resilience::testing::ManualClock::install();
            let record = Record::of(NAME);
            assert_eq!(guarded(&Script::new(&[Step::Busy, Step::Fatal])), Err(Error::Fatal));
            assert_eq!(guarded(&Script::new(&[])), Err(Error::Open));
            record.check(&REFUSED, true);
        }
    };
    (@asynchronous $attribute:ident($($options:tt)*)) => {
        #[resilience::$attribute($($options)*)]
        #[resilience::circuit(failure_threshold = 2)]
        async fn guarded(script: &Script) -> Result<u8, Error> {
            script.attempt_async().await
        }

        #[tokio::test(start_paused = true)]
        async fn the_attempt_that_opens_the_circuit_is_the_last_and_later_calls_are_refused_without_an_attempt() {
            let record = Record::of(NAME);
            assert_eq!(guarded(&Script::new(&[Step::Busy, Step::Fatal])).await, Err(Error::Fatal));
            assert_eq!(guarded(&Script::new(&[])).await, Err(Error::Open));
            record.check(&REFUSED, true);
        }
    };
}

refused! {
    blocking retry_blocking retry(times = 3,);
    asynchronous retry_async retry(times = 3,);
    blocking poll_blocking poll(until(9), ignore = any,);
    asynchronous poll_async poll(until(9), ignore = any,);
    asynchronous asyncbackoff asyncbackoff(pause = 1s, on = any,);
    asynchronous asyncretry asyncretry(3, pause = 1s,);
}

#[resilience::retry(times = 2, name = "outer loop")]
#[resilience::retry(times = 2, name = "inner loop")]
async fn twice(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn each_layer_of_a_stack_is_a_site_of_its_own() {
    let (outer, inner) = (Record::of("outer loop"), Record::of("inner loop"));
    assert_eq!(twice(&Script::new(&[Step::Busy, Step::Busy, Step::Value(1)])).await, Ok(1));
    inner.check(
        &[
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: busy, no wait",
            "GaveUp(Attempts) after 2 in 1s: busy",
            "FirstTry after 1 in 0ns: -",
        ],
        true,
    );
    outer.check(&["attempt 1 at 1s: busy, wait 1s", "AfterRetry after 2 in 2s: -"], true);
}

#[resilience::poll(until(9), ignore = busy, attempt_timeout = 5s, timeout = 15s, name = "poll over a circuit that opens")]
#[resilience::circuit(failure_threshold = 2, name = "opened by a cut attempt of a poll")]
async fn polled(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[resilience::retry(times = 9, attempt_timeout = 5s, name = "retry over a circuit that opens")]
#[resilience::circuit(failure_threshold = 2, name = "opened by a cut attempt of a retry")]
async fn retried(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn a_cut_attempt_that_opens_the_circuit_is_told_before_the_call_that_returns_an_earlier_error() {
    let told = |cut| {
        let end = ["Refused after 2 in 6s: busy", "Refused after 0 in 0ns: open"];
        ["attempt 1 at 0ns: busy, wait 1s", cut, end[0], end[1]]
    };
    let record = Record::of("poll over a circuit that opens");
    assert_eq!(polled(&Script::new(&[Step::Busy, Step::Hangs])).await, Err(Error::Busy));
    assert_eq!(polled(&Script::new(&[])).await, Err(Error::Open));
    record.check(
        &told(
            "attempt 2 at 6s: `f` timed out: an attempt took longer than 5s \
             (2 attempts in 6s; last error: busy), no wait",
        ),
        true,
    );
    let record = Record::of("retry over a circuit that opens");
    assert_eq!(retried(&Script::new(&[Step::Busy, Step::Hangs])).await, Err(Error::Busy));
    assert_eq!(retried(&Script::new(&[])).await, Err(Error::Open));
    record.check(&told("attempt 2 at 6s: timed out, no wait"), true);
}

#[resilience::poll(until(9), attempt_timeout = 5s, timeout = 15s, name = "poll over a circuit that opens at once")]
#[resilience::circuit(failure_threshold = 1, name = "opened by the first attempt of a poll")]
async fn polled_once(script: &Script) -> Result<u8, Error> {
    script.attempt_async().await
}

#[tokio::test(start_paused = true)]
async fn a_first_attempt_that_is_cut_and_opens_the_circuit_is_the_error_of_the_call() {
    let record = Record::of("poll over a circuit that opens at once");
    assert_eq!(polled_once(&Script::new(&[Step::Hangs])).await, Err(Error::TimedOut));
    let cut = "`f` timed out: an attempt took longer than 5s (1 attempt in 5s)";
    let told = [format!("attempt 1 at 5s: {cut}, no wait"), format!("Refused after 1 in 5s: {cut}")];
    record.check(&told.each_ref().map(String::as_str), true);
}
