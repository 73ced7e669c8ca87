//! The text format of Prometheus, parsed.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::OnceLock;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::server;

/// The recorder is the program's: one for all tests.
pub(crate) fn installed() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| server::install().expect("it is the first recorder"))
}

/// What was scraped: values by name and labels.
pub(crate) struct Scrape {
    pub(crate) values: BTreeMap<(String, Vec<(String, String)>), f64>,
    /// By name.
    pub(crate) types: BTreeMap<String, String>,
}

impl Scrape {
    pub(crate) async fn from(address: SocketAddr) -> Self {
        let answer = reqwest::get(format!("http://{address}/metrics")).await.expect("it answers");
        Self::parse(&answer.error_for_status().expect("it has metrics").text().await.expect("to its end"))
    }

    pub(crate) fn now() -> Self {
        Self::parse(&installed().render())
    }

    fn parse(text: &str) -> Self {
        let mut scrape = Self { values: BTreeMap::new(), types: BTreeMap::new() };
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix('#') {
                if let Some((name, kind)) =
                    comment.strip_prefix(" TYPE ").and_then(|rest| rest.split_once(' '))
                {
                    scrape.types.insert(name.into(), kind.into());
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').expect("a value follows a space");
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let key = (name.to_owned(), parse_labels(labels));
            let before = scrape.values.insert(key, value.parse().expect("a number"));
            assert!(before.is_none(), "a series stands there once: {line}");
        }
        scrape
    }

    /// The value of the series with exactly these labels.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut labels: Vec<_> = labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        labels.sort();
        self.values.get(&(name.into(), labels)).copied()
    }

    /// The values of one label among the series that have the others, with the series' own: those that are not zero.
    pub(crate) fn by(&self, name: &str, label: &str, others: &[(&str, &str)]) -> Vec<(String, f64)> {
        let series = self.values.iter().filter(|((other, labels), value)| {
            let has = |key: &str, value: &str| labels.iter().any(|(k, v)| k == key && v == value);
            other == name && **value != 0.0 && others.iter().all(|(key, value)| has(key, value))
        });
        let of = |labels: &Vec<(String, String)>| labels.iter().find(|(key, _)| key == label).cloned();
        series.filter_map(|((_, labels), value)| Some((of(labels)?.1, *value))).collect()
    }
}

/// `a="b",c="d"}`, in the order of the keys.
fn parse_labels(mut text: &str) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    while let Some((key, rest)) = text.split_once("=\"") {
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next().expect("a label has an end") {
                (end, '"') => break end,
                (_, '\\') => value.push(chars.next().expect("something is escaped").1),
                (_, other) => value.push(other),
            }
        };
        labels.push((key.trim_start_matches(',').to_owned(), value));
        text = &rest[end + 1..];
    }
    assert_eq!(text, "}", "labels end");
    labels.sort();
    labels
}
