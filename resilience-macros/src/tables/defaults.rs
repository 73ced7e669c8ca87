//! What the tables and the checks say of defaults, against the runtime's constants.

use std::time::Duration;

use resilience::{CircuitConfig, KeyedCircuits, PollPolicy, RetryPolicy};

use crate::attribute::Attribute;

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

#[test]
fn the_defaults_in_the_tables_are_those_of_the_runtime() {
    for (attribute, key, default) in [
        (Attribute::Retry, "times", RetryPolicy::DEFAULT_TIMES.to_string()),
        (Attribute::Retry, "interval", seconds(RetryPolicy::DEFAULT_INTERVAL)),
        (Attribute::Poll, "timeout", seconds(PollPolicy::DEFAULT_TIMEOUT)),
        (Attribute::Poll, "interval", seconds(PollPolicy::DEFAULT_INTERVAL)),
        (Attribute::Circuit, "max_keys", KeyedCircuits::DEFAULT_MAX_KEYS.to_string()),
        (Attribute::Circuit, "failure_threshold", CircuitConfig::DEFAULT_FAILURE_THRESHOLD.to_string()),
        (Attribute::Circuit, "min_calls", CircuitConfig::DEFAULT_MIN_CALLS.to_string()),
        (Attribute::Circuit, "recovery_timeout", seconds(CircuitConfig::DEFAULT_RECOVERY_TIMEOUT)),
        (Attribute::Circuit, "half_open_calls", CircuitConfig::DEFAULT_HALF_OPEN_CALLS.to_string()),
        (Attribute::Circuit, "success_threshold", CircuitConfig::DEFAULT_SUCCESS_THRESHOLD.to_string()),
    ] {
        let [_, found, _] = attribute.option(key).expect("it is an option").columns();
        let first = found.split([',', ';']).next();
        assert_eq!(first, Some(default.as_str()), "{attribute} {key}");
    }
    let [_, probe, _] = Attribute::Circuit.option("probe_timeout").expect("it is an option").columns();
    assert!(probe.ends_with(&seconds(CircuitConfig::LEAST_DEFAULT_PROBE_TIMEOUT)), "{probe}");
}

#[test]
fn a_number_in_a_table_of_defaults_is_one_that_is_compared_with_the_runtime() {
    let with_number = |attribute: Attribute| {
        let options = attribute.table().options.iter();
        let numbers = options.filter(|option| option.columns()[1].contains(|c: char| c.is_ascii_digit()));
        numbers.map(|option| option.key).collect::<Vec<_>>()
    };
    assert_eq!(with_number(Attribute::Retry), ["times", "interval"]);
    assert_eq!(with_number(Attribute::Poll), ["timeout", "interval"]);
    let circuit = [
        "max_keys",
        "failure_threshold",
        "min_calls",
        "recovery_timeout",
        "half_open_calls",
        "success_threshold",
        "probe_timeout",
    ];
    assert_eq!(with_number(Attribute::Circuit), circuit);
    // No waits, where none is set: the attribute's own default, on top of the policy's.
    assert_eq!(with_number(Attribute::AsyncBackoff), ["pause"]);
    assert_eq!(with_number(Attribute::AsyncRetry), ["pause"]);
}
