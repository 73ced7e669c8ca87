//! What each layer of a stack tells.

use crate::script::{Error, Record, Script, Step};

#[resilience::retry(times = 3, name = "retry over an open circuit")]
#[resilience::circuit(failure_threshold = 2, name = "circuit below a retry")]
fn guarded(script: &Script) -> Result<u8, Error> {
    script.attempt()
}

#[test]
fn the_attempt_that_opens_the_circuit_is_the_last_and_later_calls_are_refused_without_an_attempt() {
    let _clock = resilience::testing::ManualClock::install();
    let record = Record::of("retry over an open circuit");
    assert_eq!(guarded(&Script::new(&[Step::Busy, Step::Fatal])), Err(Error::Fatal));
    assert_eq!(guarded(&Script::new(&[])), Err(Error::Open));
    record.check(
        &[
            "attempt 1 at 0ns: busy, wait 1s",
            "attempt 2 at 1s: fatal, no wait",
            "Refused after 2 in 1s: fatal",
            "Refused after 0 in 0ns: open",
        ],
        true,
    );
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
