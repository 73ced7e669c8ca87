//! The dashboard, and the page on production, use metrics that exist.

use std::future::ready;

use resilience::{Batch, PollExecutor, PollNext};
use serde_json::Value;

use crate::scrape::{Scrape, installed};

const DASHBOARD: &str = include_str!("../../resilience-runtime/dashboards/grafana.json");
const PAGE: &str = include_str!("../../resilience-runtime/src/guide/in_production.md");

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

/// All metrics, as they are scraped.
async fn everything() -> Scrape {
    installed();
    // A histogram is shown from its first value on, and a transition when it has happened.
    fails_once(&mut true).expect("it fails once");
    let breaker = resilience::CircuitBreaker::new("of a dashboard", resilience::CircuitConfig::new());
    breaker.force_open();
    let executor = PollExecutor::builder().name("of a dashboard").start(|batch: Batch<u32, u32, ()>| {
        batch.into_iter().for_each(|job| job.yield_result(2));
        ready(Ok(PollNext::Default))
    });
    executor.submit(ready(Ok(1))).await.expect("it is resolved");
    Scrape::now()
}

/// The names of metrics in a text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("resilience_"))
}

#[tokio::test]
async fn every_metric_and_label_in_a_query_of_the_dashboard_exists() {
    let scrape = everything().await;
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("it is JSON");
    let mut found = Vec::new();
    queries(&dashboard, &mut found);
    for query in &found {
        for name in names(query) {
            let series = scrape.values.keys().filter(|(other, _)| other == name);
            let labels: Vec<_> = series.flat_map(|(_, labels)| labels).map(|(key, _)| key.as_str()).collect();
            assert!(!labels.is_empty(), "there is no metric `{name}`: {query}");
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
        assert!(found.iter().any(|query| query.contains(name.as_str())), "`{name}` is on no panel");
    }
    assert_eq!(shown.len(), 10, "all metrics are looked at: {shown:?}");
}

#[tokio::test]
async fn every_metric_on_the_page_on_production_exists_and_every_metric_is_on_it() {
    let scrape = everything().await;
    let exists = |name: &str| {
        scrape.types.contains_key(name) || scrape.values.keys().any(|(other, _)| other.as_str() == name)
    };
    for name in names(PAGE) {
        assert!(exists(name), "there is no metric `{name}`");
    }
    for name in scrape.types.keys().filter(|name| name.starts_with("resilience_")) {
        let plain = name.trim_end_matches("_total").trim_end_matches("_seconds");
        // Its name in the facade has dots.
        assert!(PAGE.replace('.', "_").contains(plain), "`{name}` is not explained");
    }
}
