//! Policies in files are spelled as in the attributes, and what is wrong is reported as such.

use std::time::Duration;

use resilience::{Backoff, CircuitConfig, CircuitState, Jitter, PollPolicy, RetryPolicy};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn a_retry_policy_is_written_as_in_the_attribute_and_absent_options_have_their_defaults() {
    let text = r#"
        times = 5
        backoff = { exponential = "100ms", factor = 3, max = "10s" }
        jitter = "25%"
        deadline = "1min"
        attempt_timeout = "1.5s"
    "#;
    let expected = RetryPolicy::new()
        .times(5)
        .backoff(Backoff::exponential(ms(100)).factor(3.0).max(ms(10_000)))
        .jitter(Jitter::Ratio(0.25))
        .deadline(ms(60_000))
        .attempt_timeout(ms(1500));
    assert_eq!(toml::from_str::<RetryPolicy>(text).unwrap(), expected);
    assert_eq!(toml::from_str::<RetryPolicy>("").unwrap(), RetryPolicy::new());
    let text = r#"{"jitter": "full", "times": "forever", "interval": "2s", "deadline": "forever"}"#;
    let expected = RetryPolicy::new().forever().interval(ms(2000)).jitter(Jitter::Full);
    let in_any_order = serde_json::from_str::<RetryPolicy>(text).unwrap();
    assert_eq!(in_any_order, expected.deadline(Duration::MAX));
    assert_ne!(in_any_order, expected, "overrides may set a deadline");
    let json = serde_json::to_string(&expected).unwrap();
    assert_eq!(json, r#"{"times":"forever","interval":"2s","jitter":"full"}"#);
}

#[test]
fn a_poll_policy_is_written_as_in_the_attribute() {
    let text = r#"
        timeout = "2min"
        initial_delay = "500ms"
        interval = "5s"
        times = 20
        max_ignored = 3
        hold_for = "4s"
        attempt_timeout = "2s"
    "#;
    let expected = PollPolicy::new()
        .timeout(ms(120_000))
        .initial_delay(ms(500))
        .interval(ms(5000))
        .times(20)
        .max_ignored(3)
        .hold_for(ms(4000))
        .attempt_timeout(ms(2000));
    assert_eq!(toml::from_str::<PollPolicy>(text).unwrap(), expected);
    assert_eq!(toml::from_str::<PollPolicy>("timeout = \"forever\"").unwrap(), PollPolicy::new().forever());
}

#[test]
fn a_configuration_of_a_circuit_is_written_as_in_the_attribute() {
    let text = r#"
        failure_rate = "50%"
        window = 100
        min_calls = 10
        slow_call = "2s"
        slow_rate = 0.8
        recovery_timeout = "1min"
        max_recovery_timeout = "5min"
    "#;
    let expected = CircuitConfig::new()
        .failure_rate(0.5)
        .window_calls(100)
        .min_calls(10)
        .slow_call(ms(2000))
        .slow_rate(0.8)
        .recovery_timeout(ms(60_000))
        .max_recovery_timeout(ms(300_000));
    assert_eq!(toml::from_str::<CircuitConfig>(text).unwrap(), expected);
    let window = CircuitConfig::new().failure_rate(0.5).window_time(ms(30_000));
    let read = toml::from_str::<CircuitConfig>("failure_rate = 0.5\nwindow = \"30s\"").unwrap();
    assert_eq!(read, window, "the window is a time");
}

#[test]
fn a_backoff_is_written_as_a_table_or_as_in_the_attribute() {
    let expected = Backoff::exponential(ms(100)).factor(1.5).max(ms(10_000)).jitter(Jitter::Equal);
    for json in [
        r#"{"max": "10s", "factor": 1.5, "jitter": "equal", "exponential": "100ms"}"#,
        r#""exponential(100ms, factor = 1.5, max = 10s, jitter = equal)""#,
    ] {
        assert_eq!(serde_json::from_str::<Backoff>(json).unwrap(), expected, "{json}");
    }
    let debug = format!("{expected:?}");
    assert_eq!(
        serde_json::from_value::<Backoff>(debug.into()).unwrap(),
        expected,
        "the debug output is read"
    );
}

/// The message, without the place that the format adds.
fn error<T: serde::de::DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).expect("it is JSON");
    serde_json::from_value::<T>(value).expect_err("it is wrong").to_string()
}

#[test]
fn what_is_wrong_in_a_policy_is_reported_all_at_once() {
    for (json, message) in [
        (
            r#"{"times": 0}"#,
            "`times` must be at least 1: the first call counts as an attempt (found `times = 0`)",
        ),
        (r#"{"times": "3"}"#, "`times`: expected a number or `forever`, found `\"3\"`"),
        (r#"{"times": -3}"#, "`times`: expected a number between 0 and 4294967295, found `-3`"),
        (
            r#"{"tmies": 1, "interval": 100}"#,
            "`interval`: expected a duration with a unit, found `100`; write `\"15s\"` or `\"500ms\"`; unknown option \
             `tmies`; did you mean `times`?",
        ),
        (
            r#"{"deadline": "1s", "attempt_timeout": "2s"}"#,
            "`attempt_timeout` is longer than `deadline`, so it would never be reached (found `attempt_timeout = 2s`, \
             `deadline = 1s`)",
        ),
        (
            r#"{"interval": "1s", "backoff": {"linear": "1s"}}"#,
            "`interval` and `backoff` contradict each other: leave one of them out",
        ),
        (r#"{"budget": "20%"}"#, "unknown option `budget`"),
        (r"[1, 2]", "expected a table of options, found a list"),
    ] {
        assert_eq!(error::<RetryPolicy>(json), message);
    }
    assert_eq!(
        error::<PollPolicy>(r#"{"hold_for": "20s", "timeout": "10s"}"#),
        "`hold_for` is longer than `timeout`, so it could never be met (found `hold_for = 20s`, `timeout = 10s`)"
    );
    assert_eq!(
        error::<CircuitConfig>(r#"{"failure_rate": 2}"#),
        "`failure_rate`: expected a ratio, found `2`; write `\"50%\"` or `0.5`"
    );
    assert_eq!(
        error::<CircuitConfig>(r#"{"failure_rate": "50%"}"#),
        "`failure_rate` needs a `window`, over which it is taken (found `failure_rate = 0.5`)"
    );
    assert_eq!(
        error::<CircuitState>(r#""shut""#),
        "expected one of `closed`, `open`, `half_open`, `forced_open`, `disabled`, `metrics_only`, found `\"shut\"`"
    );
    assert_eq!(
        error::<Jitter>(r#""much""#),
        "expected a jitter, found `\"much\"`; write `none`, `full`, `equal`, `decorrelated` or `25%`"
    );
    for (json, message) in [
        (r#"{"exponential": "1s", "factor": 0.5}"#, "`factor` must be a number of at least 1"),
        (r#"{"exponential": "1s", "linear": "1s"}"#, "expected one kind of growth"),
        (r#"{"exponential": "1s", "facter": 2}"#, "unknown option `facter` of a backoff"),
        (r#""exponential(1s, 2)""#, "expected a backoff, found"),
        (r#"{"exponential": "1s", "max": 10}"#, "`max`: expected a duration with a unit, found `10`"),
    ] {
        let error = error::<Backoff>(json);
        assert!(error.starts_with(message), "{error}");
    }
}
