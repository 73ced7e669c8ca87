//! The tables of options and defaults in the guide, against the code.

use std::time::Duration;

use resilience::{CircuitConfig, KeyedCircuits};

const GUIDE: &str = concat!(
    include_str!("../../resilience-runtime/src/guide/retrying.md"),
    include_str!("../../resilience-runtime/src/guide/polling.md"),
    include_str!("../../resilience-runtime/src/guide/circuits.md"),
);
const DOCUMENTATION: &str = include_str!("../../resilience-macros/src/lib.rs");
const KEYS: &str = include_str!("../../resilience-macros/src/attribute.rs");

/// The attributes, and how the macro crate lists them.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("retry", "Retry"),
    ("poll", "Poll"),
    ("asyncbackoff", "AsyncBackoff"),
    ("asyncretry", "AsyncRetry"),
    ("circuit", "Circuit"),
];

/// The options that an attribute takes, in their order.
fn keys(attribute: &str) -> Vec<&'static str> {
    let list = KEYS.split(&format!("Self::{attribute} => &[")).nth(1).and_then(|rest| rest.split(']').next());
    list.expect("there is a list").split('"').skip(1).step_by(2).collect()
}

/// The rows of a table: what is written, and its default.
fn rows<'a>(text: &'a str, heading: &str) -> Vec<(&'a str, &'a str)> {
    let table = text.split(heading).nth(1).expect("there is a table").lines().skip(2);
    let lines = table.map(|line| line.trim_start_matches("/// ")).take_while(|line| line.starts_with("| "));
    // A `|` inside of code is written with a backslash.
    let cells = |line: &'a str| {
        let ends: Vec<_> = line
            .match_indices('|')
            .map(|(at, _)| at)
            .filter(|at| !line[..*at].ends_with('\\') && !line[..*at].ends_with("= "))
            .collect();
        (line[ends[0] + 1..ends[1]].trim(), line[ends[1] + 1..ends[2]].trim())
    };
    lines.map(cells).collect()
}

/// The keys in a row's first cell: the words behind a backtick.
fn words(written: &str) -> Vec<&str> {
    let codes = written.split('`').skip(1).step_by(2);
    let mut words: Vec<_> = codes.filter_map(|code| code.split([' ', '(']).next()).collect();
    words.dedup();
    words
}

fn default_of(key: &str) -> &'static str {
    let rows = rows(GUIDE, "\n| `#[circuit]` | default | meaning |");
    rows.iter().find(|(written, _)| words(written).contains(&key)).expect("it has a row").1
}

#[test]
fn the_tables_of_the_guide_list_every_option() {
    let of = |rows: Vec<(&'static str, &str)>| -> Vec<&str> {
        rows.iter().flat_map(|(written, _)| words(written)).collect()
    };
    for (attribute, name) in ATTRIBUTES {
        let mut listed = of(rows(GUIDE, &format!("\n| `#[{attribute}]` | default | meaning |")));
        let mut keys = keys(name);
        if attribute.starts_with("async") {
            // Similar options share a row there.
            listed.sort_unstable();
            keys.sort_unstable();
        }
        assert_eq!(listed, keys, "{attribute}");
    }
    let circuit = DOCUMENTATION.split("/// Guards the function with a circuit breaker.").nth(1);
    assert_eq!(
        of(rows(circuit.expect("it is described"), "| option | default | meaning |")),
        keys("Circuit")
    );
}

#[test]
fn the_table_has_the_defaults_of_the_code() {
    let recovery = CircuitConfig::DEFAULT_RECOVERY_TIMEOUT;
    assert_eq!(default_of("failure_threshold"), CircuitConfig::DEFAULT_FAILURE_THRESHOLD.to_string());
    assert_eq!(default_of("recovery_timeout"), format!("{} s", recovery.as_secs()));
    assert_eq!(default_of("min_calls"), CircuitConfig::DEFAULT_MIN_CALLS.to_string());
    assert_eq!(default_of("half_open_calls"), CircuitConfig::DEFAULT_HALF_OPEN_CALLS.to_string());
    assert_eq!(default_of("success_threshold"), CircuitConfig::DEFAULT_SUCCESS_THRESHOLD.to_string());
    let least = CircuitConfig::LEAST_DEFAULT_PROBE_TIMEOUT;
    assert_eq!(default_of("probe_timeout"), format!("the recovery timeout, at least {} s", least.as_secs()));
    assert_eq!(default_of("max_keys"), KeyedCircuits::DEFAULT_MAX_KEYS.to_string());
    let numbers = (CircuitConfig::DEFAULT_FAILURE_THRESHOLD, CircuitConfig::DEFAULT_MIN_CALLS);
    assert_eq!((numbers, recovery), ((5, 20), Duration::from_secs(30)));
    for key in ["within", "failure_rate", "window", "slow_call", "slow_rate", "max_recovery_timeout"] {
        assert_eq!(default_of(key), "–", "{key}");
    }
}
