//! The dashboard asks for metrics that exist.

use serde_json::Value;

use crate::scrape::{Scrape, installed};

const DASHBOARD: &str = include_str!("../../resilience-runtime/dashboards/grafana.json");

#[resilience::retry(times = 2, interval = 0s, name = "on the dashboard")]
fn fails_once(fails: &mut bool) -> Result<(), &'static str> {
    if std::mem::take(fails) { Err("busy") } else { Ok(()) }
}

/// Every text under the key `expr`.
fn queries<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if key == "expr" || key == "query" => found.push(text),
                    other => queries(other, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| queries(value, found)),
        _ => {}
    }
}

#[test]
fn every_metric_and_label_in_a_query_of_the_dashboard_exists() {
    installed();
    // A histogram is shown from its first value on, and a transition when it has happened.
    fails_once(&mut true).unwrap();
    let breaker = resilience::CircuitBreaker::new("of a dashboard", resilience::CircuitConfig::new());
    breaker.force_open();
    let scrape = Scrape::now();
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("it is JSON");
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    let mut names = std::collections::BTreeSet::new();
    for query in &found {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        for name in query.split(|c| !word(c)).filter(|word| word.starts_with("resilience_")) {
            let series = scrape.values.keys().filter(|(other, _)| other == name);
            let labels: Vec<_> = series.flat_map(|(_, labels)| labels).map(|(key, _)| key.as_str()).collect();
            assert!(!labels.is_empty(), "there is no metric `{name}`: {query}");
            names.insert(name);
            // `name=~".."`, `by (name, le)`
            for label in ["name", "kind", "outcome", "state", "from", "to", "le"] {
                let asked =
                    [format!("{label}="), format!("{label}!"), format!("({label}"), format!(", {label}")];
                if asked.iter().any(|asked| query.contains(asked.as_str())) {
                    assert!(labels.contains(&label), "`{name}` has no label `{label}`: {query}");
                }
            }
        }
    }
    let shown: Vec<_> = scrape.types.keys().filter(|name| name.starts_with("resilience_")).collect();
    for name in &shown {
        assert!(names.iter().any(|asked| asked.starts_with(name.as_str())), "`{name}` is on no panel");
    }
    assert_eq!(shown.len(), 6, "all metrics are looked at: {shown:?}");
}
