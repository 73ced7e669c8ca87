//! Untrusted configurations. `RESILIENCE_CASES` sets the number of random ones that are read.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use resilience::http::{Condition, HttpError, HttpPoll, jsonpath};
use serde_json::{Value, json};

use crate::server::{Server, answer};
use crate::{error, holds, quick};

fn cases() -> u32 {
    std::env::var("RESILIENCE_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

#[test]
fn a_long_or_deep_expression_is_rejected_at_once() {
    let deep = |open: &str, close: &str, n: usize| format!("$[?{}@.a{}]", open.repeat(n), close.repeat(n));
    for expression in [
        deep("(", ")", 70),
        deep("(", ")", 1600),
        deep("!(", ")", 400),
        deep("@[?", "]", 200),
        deep("length(", ")", 100),
        format!("${}", ".a".repeat(10_000)),
    ] {
        let began = Instant::now();
        let error = jsonpath(expression.as_str(), 1).check().unwrap_err();
        assert!(error.is_settings(), "{error}");
        let data =
            json!({"url": "http://h", "until": {"jsonpath": [{"expression": expression, "value": 1}]}});
        serde_json::from_value::<HttpPoll>(data).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
}

fn large() -> String {
    let jobs: Vec<_> = (0..15_000).map(|n| json!({"id": n, "state": "running", "tags": [n, n]})).collect();
    json!({"jobs": jobs}).to_string()
}

#[tokio::test]
async fn an_evaluation_that_would_take_long_is_an_error() {
    let body = large();
    assert!((700_000..1 << 20).contains(&body.len()), "{}", body.len());
    for expression in ["$..[?count($..*) > 0]", "$..*[?$..id]"] {
        let began = Instant::now();
        let error = holds(jsonpath(expression, 1), answer(200, &body)).await.unwrap_err();
        assert!(error.is_decode(), "{error}");
        assert!(error.to_string().contains("takes more than"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{expression}: {:?}", began.elapsed());
    }
    // What people write is far below the limit, on the largest body that is read.
    assert!(!holds(jsonpath("$..[?@.state == 'done'].id", 1), answer(200, &body)).await.unwrap());
    assert!(holds(jsonpath("$.jobs[14999].id", 14_999), answer(200, &body)).await.unwrap());
}

#[tokio::test]
async fn many_conditions_share_the_steps_of_one_response() {
    let body = large();
    let server = Server::saying([answer(200, &body)]).await;
    let poll =
        (0..1_000).fold(quick(&server.url).max_attempts(1), |poll, n| poll.until(jsonpath("$..id", n)));
    let began = Instant::now();
    assert!(error(poll.run().await).is_decode());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_error_of_evaluation_can_be_ignored() {
    let body = large();
    let server = Server::saying([answer(200, &body), answer(200, "[1]")]).await;
    let poll = quick(&server.url).until(jsonpath("$..[?count($..*) > 0]", 1));
    let poll = poll.max_attempts(2).ignore(HttpError::is_decode);
    assert_eq!(poll.run().await.unwrap().text().unwrap(), "[1]");
    assert_eq!(server.times(), 2);
}

/// Keys and values as they may be, and as they may not.
fn configuration() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        6 => prop::sample::select(vec![
            "url", "method", "headers", "auth", "verify", "ca_bundle", "until", "alarms", "ignore_exceptions",
            "polling_interval", "max_retries", "deadline", "attempt_timeout", "respect_retry_after",
            "max_retry_after", "max_body", "status_code", "text", "json", "jsonpath", "expression", "value",
            "username", "password", "bearer",
        ]).prop_map(String::from),
        1 => ".{0,6}",
    ];
    let text = prop_oneof![
        prop::sample::select(vec![
            "http://server/",
            "https://u:p@h:1/?q#f",
            "http://[::1",
            "GET",
            "2s",
            "-1s",
            "1e400s",
            "1e30h",
            "0.1ms",
            "99999999999999h",
            "nan",
            "inf",
            "s",
            "connect",
            "decode",
            "$",
            "$..a",
            "$[?@.a == 1]",
            "$[?",
            "$..[?(((@)))]",
            "\n",
            "\0",
            "é",
        ])
        .prop_map(String::from),
        ".{0,12}",
        "\\$[\\[\\]@?.*:,'()!&|=<>a0-9]{0,40}",
    ];
    let leaf = prop_oneof![
        text.prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..700).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let value = leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    // Mostly one that would do, with something else in it.
    let good = json!({"url": "http://server/", "until": {"status_code": 200}});
    let keys = prop::collection::btree_map(
        prop::sample::select(vec![
            "method",
            "headers",
            "auth",
            "verify",
            "ca_bundle",
            "until",
            "alarms",
            "ignore_exceptions",
            "polling_interval",
            "max_retries",
            "deadline",
            "attempt_timeout",
            "respect_retry_after",
            "max_retry_after",
            "max_body",
        ]),
        value.clone(),
        0..3,
    );
    prop_oneof![
        1 => value,
        4 => keys.prop_map(move |keys| {
            let mut data = good.clone();
            for (key, value) in keys {
                data[key] = value;
            }
            data
        }),
    ]
}

#[test]
fn no_configuration_in_json_or_toml_panics() {
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() };
    let cut = (configuration(), any::<prop::sample::Index>(), ".{0,3}");
    let (read, refused) = (AtomicU32::new(0), AtomicU32::new(0));
    TestRunner::new(config)
        .run(&cut, |(data, at, noise)| {
            let from_value = serde_json::from_value::<HttpPoll>(data.clone());
            let toml = toml::to_string(&data).ok();
            let mut text = data.to_string();
            let from_text = serde_json::from_str::<HttpPoll>(&text);
            prop_assert_eq!(from_value.is_ok(), from_text.is_ok());
            if from_value.is_ok() { &read } else { &refused }.fetch_add(1, SeqCst);
            if let Ok(poll) = &from_value {
                prop_assert!(poll.check().is_ok());
                let _ = format!("{poll:?}");
            }
            let _ = serde_json::from_value::<Condition>(data);
            if let Some(toml) = &toml {
                let _ = toml::from_str::<HttpPoll>(toml);
            }
            // Text that is broken somewhere.
            for text in [Some(&mut text), toml.clone().as_mut()].into_iter().flatten() {
                let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                if !places.is_empty() {
                    text.insert_str(places[at.index(places.len())], &noise);
                    let _ = (serde_json::from_str::<HttpPoll>(text), toml::from_str::<HttpPoll>(text));
                }
            }
            Ok(())
        })
        .unwrap();
    let (read, refused) = (read.into_inner(), refused.into_inner());
    assert!(read > cases() / 20 && refused > cases() / 20, "{read} of {} make sense", read + refused);
}
