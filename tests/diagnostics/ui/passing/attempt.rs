use resilience::{TimedOut, poll, retry, telemetry};

const STATS: &str = "diagnostics: attempt";

#[retry(attempt(now), stats = STATS)]
fn named(path: &str) -> Result<u32, TimedOut> {
    Ok(now.number() + u32::from(path.is_empty()))
}

// A body of one line has braces of its own.
#[poll(until(1), attempt(a), stats = "diagnostics: poll")]
fn polled() -> Result<u32, TimedOut> {
    Ok(a.number())
}

#[test]
fn an_attempt_has_a_name_of_its_own_and_statistics_have_a_string() {
    assert_eq!((named(""), polled()), (Ok(2), Ok(1)));
    assert_eq!(telemetry::stats(STATS).map(|stats| stats.calls()), Some(1));
}
