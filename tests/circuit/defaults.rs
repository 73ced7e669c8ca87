//! Compares the tables of options and defaults in the guide with the attributes' pages and the code.

use std::time::Duration;

use resilience::{CircuitConfig, KeyedCircuits};

const GUIDE: &str = concat!(
    include_str!("../../resilience-runtime/src/guide/retrying.md"),
    include_str!("../../resilience-runtime/src/guide/polling.md"),
    include_str!("../../resilience-runtime/src/guide/circuits.md"),
);
/// The attributes, with their pages, which the macro crate holds to its tables.
const PAGES: [(&str, &str); 5] = [
    ("retry", include_str!("../../resilience-macros/src/pages/retry.md")),
    ("poll", include_str!("../../resilience-macros/src/pages/poll.md")),
    ("asyncbackoff", include_str!("../../resilience-macros/src/pages/asyncbackoff.md")),
    ("asyncretry", include_str!("../../resilience-macros/src/pages/asyncretry.md")),
    ("circuit", include_str!("../../resilience-macros/src/pages/circuit.md")),
];

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
fn the_tables_of_the_guide_list_the_options_of_the_pages() {
    let of = |rows: Vec<(&'static str, &str)>| -> Vec<&str> {
        rows.iter().flat_map(|(written, _)| words(written)).filter(|word| *word != "forever").collect()
    };
    for (attribute, page) in PAGES {
        let mut listed = of(rows(GUIDE, &format!("\n| `#[{attribute}]` | default | meaning |")));
        let mut page = of(rows(page, "| option | default | meaning |"));
        listed.dedup();
        page.dedup();
        if attribute.starts_with("async") {
            // Similar options share a row there.
            listed.sort_unstable();
            page.sort_unstable();
        }
        assert_eq!(listed, page, "{attribute}");
    }
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
