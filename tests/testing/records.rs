//! What a record tells.

use resilience::telemetry::{CallOutcome, CircuitCallOutcome, GiveUpReason};
use resilience::testing::{self, Fault, ManualClock, RecordedEvent};
use resilience::{CircuitState, circuit, poll, retry};

use crate::common::{Error, SECOND, panic_of};

#[retry(times = 3, interval = 1s, name = "recorded", on(Error::Busy(_)))]
#[circuit(name = "recorded circuit", failure_threshold = 9)]
fn recorded() -> Result<u32, Error> {
    Ok(1)
}

#[poll(until(1), interval = 1s, timeout = 2s, name = "recorded poll")]
fn polled() -> Result<u32, Error> {
    Ok(0)
}

#[test]
fn a_record_tells_the_story_of_the_calls() {
    let _clock = ManualClock::install();
    let scope = testing::scope();
    let record = scope.record();
    assert_eq!(record.to_string(), "no calls were recorded");
    assert_eq!(recorded(), Ok(1));
    scope.inject("recorded", Fault::error(|| Error::Busy(1)).times(4));
    assert_eq!(recorded(), Err(Error::Busy(1)));
    assert_eq!(recorded(), Ok(1));
    scope.circuit("recorded circuit", CircuitState::Open);
    assert_eq!(recorded(), Err(Error::Open));
    assert_eq!(polled(), Err(Error::TimedOut));
    let story = record.to_string();
    let lines: Vec<_> = story.lines().map(|line| line.get(9..).unwrap_or(line).trim_end()).collect();
    assert_eq!(
        lines,
        [
            "name                 attempt  result                      then",
            "recorded                   1  ok                          done",
            "recorded                   1  busy 1                      again after 1000 ms",
            "recorded                   2  busy 1                      again after 1000 ms",
            "recorded                   3  busy 1                      given up: attempts",
            "recorded                   1  busy 1                      again after 1000 ms",
            "recorded                   2  ok                          done",
            "recorded circuit           -  rejected by the circuit",
            "recorded                   -  open                        refused",
            "recorded poll              1  not yet                     again after 1000 ms",
            "recorded poll              2  not yet                     again after 1000 ms",
            "recorded poll              3  not yet                     timed out",
        ],
        "{story}"
    );
    assert_eq!(format!("{record:?}"), story);
}

#[test]
fn a_record_counts_by_name() {
    let scope = testing::scope();
    scope.no_waits().inject("recorded circuit", Fault::error(|| Error::Busy(1)).times(4));
    let record = scope.record();
    let live = record.clone();
    assert_eq!(recorded(), Err(Error::Busy(1)));
    live.assert_attempts("recorded", 3);
    assert_eq!(recorded(), Ok(1));
    assert_eq!(record.attempts("recorded"), 5);
    assert_eq!(record.attempts("recorded circuit"), 5);
    assert_eq!(record.attempts("nobody"), 0);
    record.assert_waits("recorded", &[SECOND; 3]);
    record
        .assert_outcomes("recorded", &[CallOutcome::GaveUp(GiveUpReason::Attempts), CallOutcome::AfterRetry]);
    let [failure, success] = [CircuitCallOutcome::Failure, CircuitCallOutcome::Success];
    record.assert_circuit_outcomes("recorded circuit", &[failure, failure, failure, failure, success]);
    let attempts =
        |event: &&RecordedEvent| matches!(event, RecordedEvent::Attempt { name: "recorded", number: 1, .. });
    assert_eq!(record.events().iter().filter(attempts).count(), 2);
    drop(scope);
    assert_eq!(recorded(), Ok(1));
    assert_eq!(live.attempts("recorded"), 5, "the scope has ended");
}

#[test]
fn a_failed_assertion_shows_what_was_expected_and_found_and_the_story() {
    let scope = testing::scope();
    let record = scope.record();
    assert_eq!(recorded(), Ok(1));
    let message = panic_of(|| record.assert_attempts("recorded", 2));
    assert!(message.starts_with("attempts of `recorded`: expected 2, found 1\n   time  name"), "{message}");
    assert!(message.contains("ok                          done"), "{message}");
    let messages = [
        panic_of(|| record.assert_waits("recorded", &[SECOND])),
        panic_of(|| record.assert_outcomes("recorded", &[])),
        panic_of(|| record.assert_circuit_outcomes("recorded circuit", &[])),
    ];
    let expected =
        ["expected [1s], found []", "expected [], found [FirstTry]", "expected [], found [Success]"];
    for (message, expected) in messages.iter().zip(expected) {
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn an_inner_scope_is_part_of_the_outer_record() {
    let outer = testing::scope();
    let record = outer.record();
    let inner = testing::scope();
    let inner_record = inner.record();
    assert_eq!(recorded(), Ok(1));
    drop(inner);
    assert_eq!(recorded(), Ok(1));
    assert_eq!((record.attempts("recorded"), inner_record.attempts("recorded")), (2, 1));
}

#[tokio::test]
async fn a_future_that_is_dropped_is_recorded() {
    let scope = testing::scope();
    let record = scope.record();
    let hangs = scope
        .run(retry(async || std::future::pending::<Result<(), Error>>().await).name("recorded hang").run());
    assert!(tokio::time::timeout(std::time::Duration::from_millis(1), hangs).await.is_err());
    record.assert_outcomes("recorded hang", &[CallOutcome::Cancelled]);
    record.assert_attempts("recorded hang", 1);
}

#[circuit(name = "recorded circuit alone", failure_threshold = 2)]
fn guarded() -> Result<u32, Error> {
    Ok(1)
}

#[test]
fn a_record_of_circuits_alone_tells_their_outcomes() {
    let _clock = ManualClock::install();
    let scope = testing::scope();
    let record = scope.record();
    assert_eq!(guarded(), Ok(1));
    scope.inject("recorded circuit alone", Fault::error(|| Error::Busy(1)).times(2));
    for error in [Error::Busy(1), Error::Busy(1), Error::Open] {
        assert_eq!(guarded(), Err(error));
    }
    let story = record.to_string();
    let mut rest = &*story;
    for result in ["success", "failure", "failure", "rejected by the circuit"] {
        let line = format!("recorded circuit alone        -  {result}");
        let at = rest.find(&line).unwrap_or_else(|| panic!("`{line}` is missing in\n{story}"));
        rest = &rest[at + line.len()..];
    }
}
