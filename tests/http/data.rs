use reqwest::{Method, Request};
use resilience::http::{Condition, HttpPoll, header, jsonpath, status};
use serde_json::{Value, json as value};

use crate::server::{Server, answer};

/// What is said of a poller with this in it.
fn refused(part: &Value) -> String {
    let mut data = value!({"url": "http://server", "until": {"status_code": 200}});
    for (key, value) in part.as_object().expect("keys") {
        data[key] = value.clone();
    }
    let said = serde_json::from_value::<HttpPoll>(data.clone()).expect_err("refused").to_string();
    let read = serde_json::from_str::<HttpPoll>(&data.to_string()).expect_err("refused").to_string();
    assert!(read.starts_with(&said), "{read} {said}");
    said
}

#[test]
fn an_unknown_key_is_rejected_with_a_list_of_the_known_ones() {
    let said = refused(&value!({"untill": {}}));
    assert!(said.starts_with("unknown field `untill`, expected one of `url`, `method`"), "{said}");
    for names in [
        "`until`, `alarms` (or `alarm`)",
        "`ignore_exceptions` (or `ignore`)",
        "`polling_interval` (or `interval`)",
        "`max_retries` (or `max_attempts`)",
    ] {
        assert!(said.contains(names), "{names}: {said}");
    }
    let said = refused(&value!({"until": {"state": 200}}));
    assert_eq!(
        said,
        "`until`: unknown field `state`, expected one of `status_code` (or `status`), `headers`, `text`, `json`, `jsonpath`",
    );
    let said = refused(&value!({"status": 200}));
    assert!(said.starts_with("unknown field `status`"), "{said}");
    let said = refused(&value!({"alarms": [{"jsonpath": [{"expression": "$", "val": 1}]}]}));
    assert!(said.contains("`alarms`") && said.contains("`val`") && said.contains("`value`"), "{said}");
    let said = refused(&value!({"ignore_exceptions": ["conect"]}));
    assert!(said.contains("`conect`") && said.contains("`connect`, `timeout`"), "{said}");
}

#[test]
fn empty_conditions_are_rejected() {
    for empty in [value!({}), value!([]), value!([{"status_code": 200}, {}]), value!({"jsonpath": []})] {
        for key in ["until", "alarms"] {
            if key == "alarms" && empty == value!([]) {
                continue; // none is the default
            }
            let said = refused(&value!({key: empty.clone()}));
            assert!(said.contains("empty") && said.contains(&format!("`{key}`")), "{said}");
        }
    }
    let error = serde_json::from_value::<HttpPoll>(value!({"url": "http://server"})).unwrap_err();
    assert_eq!(error.to_string(), "missing field `until`");
    let error = HttpPoll::get("http://server").check().unwrap_err();
    assert!(error.is_settings() && error.to_string().contains("`until`"), "{error}");
}

#[test]
fn no_alarms_may_be_written_as_an_empty_list() {
    let read = |data: Value| format!("{:?}", serde_json::from_value::<HttpPoll>(data).unwrap());
    let without = value!({"url": "http://server", "until": {"status": 200}});
    for key in ["alarms", "alarm"] {
        let mut data = without.clone();
        data[key] = value!([]);
        assert_eq!(read(data), read(without.clone()));
    }
}

#[test]
fn errors_of_numbers_are_in_plain_words() {
    for (part, expected) in [
        (value!({"interval": -1}), "`interval`: expected a number of seconds from 0 to 2^64, found -1"),
        (value!({"deadline": -0.5}), "`deadline`: expected a number of seconds from 0 to 2^64, found -0.5"),
        (value!({"until": {"status": "200"}}), "`until`: `status`: expected a number from 100 to 999"),
        (value!({"until": {"status": 70000}}), "`until`: `status`: expected a number from 100 to 999"),
        (value!({"until": {"status": -1}}), "`until`: `status`: expected a number from 100 to 999"),
        (value!({"until": {"status": 99}}), "`until`: `status`: expected a status from 100 to 999, found 99"),
        (value!({"max_body": -1}), "`max_body`: expected a number of bytes"),
        (value!({"max_body": "1MB"}), "`max_body`: expected a number of bytes"),
    ] {
        assert_eq!(refused(&part), expected);
    }
}

#[test]
fn a_key_that_is_there_twice_is_rejected_by_its_name() {
    for (key, data) in [
        ("url", r#"{"url": "http://a", "url": "http://b", "until": {"status": 200}}"#),
        ("interval", r#"{"url": "http://a", "interval": 1, "interval": 2, "until": {"status": 200}}"#),
    ] {
        let said = serde_json::from_str::<HttpPoll>(data).unwrap_err().to_string();
        assert!(said.starts_with(&format!("`{key}` is there twice")), "{said}");
    }
}

#[test]
fn invalid_values_are_rejected_with_their_key() {
    for (key, wrong) in [
        ("url", value!(1)),
        ("url", value!("")),
        ("url", value!("server/endpoint")),
        ("url", value!("ftp://server")),
        ("url", value!("http://")),
        ("method", value!(1)),
        ("method", value!("GE T")),
        ("headers", value!([1])),
        ("headers", value!({"a b": "c"})),
        ("headers", value!({"a": "c\n"})),
        ("auth", value!("me")),
        ("auth", value!({"username": "me"})),
        ("auth", value!({"bearer": "a\nb"})),
        ("verify", value!("no")),
        ("ca_bundle", value!(true)),
        ("until", value!(200)),
        ("until", value!(null)),
        ("alarms", value!("500")),
        ("ignore_exceptions", value!("connect")),
        ("polling_interval", value!("2 parsecs")),
        ("polling_interval", value!("")),
        ("polling_interval", value!(-1)),
        ("polling_interval", value!("-1s")),
        ("polling_interval", value!("nan")),
        ("polling_interval", value!("forever")),
        ("interval", value!("forever")),
        ("interval", value!(1.8e19)),
        ("deadline", value!([])),
        ("deadline", value!("0s")),
        ("attempt_timeout", value!("soon")),
        ("attempt_timeout", value!(0)),
        ("max_retries", value!(0)),
        ("max_retries", value!(-1)),
        ("max_retries", value!(1.5)),
        ("max_retries", value!(4_294_967_296_u64)),
        ("max_retries", value!("always")),
        ("respect_retry_after", value!(1)),
        ("max_body", value!("1 MiB")),
    ] {
        let said = refused(&value!({key: wrong.clone()}));
        assert!(said.contains(&format!("`{key}`")), "{key} {wrong}: {said}");
    }
    for (key, wrong) in [
        ("status_code", value!("200")),
        ("status_code", value!(2000)),
        ("status_code", value!(20)),
        ("headers", value!({"a b": "c"})),
        ("text", value!(1)),
        ("jsonpath", value!("$.state")),
        ("jsonpath", value!({"expression": "$"})),
        ("jsonpath", value!({"expression": "$[", "value": 1})),
        ("jsonpath", value!([{"expression": "$["}])),
        ("jsonpath", value!([{"expression": "$[", "value": 1}])),
        ("jsonpath", value!([{"expression": 1, "value": 1}])),
    ] {
        let said = refused(&value!({"until": {key: wrong.clone()}}));
        assert!(said.contains("`until`") && said.to_lowercase().contains(key), "{key} {wrong}: {said}");
    }
}

#[test]
fn forever_is_the_absence_of_a_limit_and_not_a_delay() {
    for key in ["interval", "polling_interval"] {
        let said = refused(&value!({key: "forever"}));
        assert_eq!(said, format!("`{key}`: expected a delay, found `forever`; write `2s` or `500ms`"));
    }
    let read = |key: &str| {
        let data =
            value!({"url": "http://server", "until": {"status": 200}, "max_attempts": 1, key: "forever"});
        serde_json::from_value::<HttpPoll>(data).unwrap()
    };
    for limit in ["deadline", "attempt_timeout", "max_retry_after"] {
        read(limit).check().unwrap();
    }
    assert!(!format!("{:?}", read("deadline")).contains("deadline"));
}

#[tokio::test]
async fn one_path_needs_no_list() {
    let path = value!({"expression": "$.state", "value": "done"});
    for (body, holds) in [(r#"{"state": "done"}"#, true), (r#"{"state": "busy"}"#, false)] {
        for paths in [path.clone(), value!([path])] {
            let condition: Condition = serde_json::from_value(value!({"jsonpath": paths})).unwrap();
            assert_eq!(crate::holds(condition, answer(200, body)).await.unwrap(), holds, "{paths} {body}");
        }
    }
    let said = refused(&value!({"until": {"jsonpath": "$.state"}}));
    assert!(said.contains("expected a map with `expression` and `value`, or a list of these"), "{said}");
    let said = refused(&value!({"until": {"status": 200, "jsonpath": []}}));
    assert_eq!(said, "`until`: `jsonpath`: expected at least one, found an empty list");
}

#[tokio::test]
async fn an_invalid_builder_is_rejected_before_anything_is_sent() {
    let server = Server::saying([answer(200, "")]).await;
    let good = || HttpPoll::get(&server.url).until(status(200));
    let client = || reqwest::Client::new();
    for poll in [
        HttpPoll::get("nowhere").until(status(200)),
        HttpPoll::get(&server.url),
        HttpPoll::request(Request::new(Method::GET, "ftp://server".parse().unwrap())).until(status(200)),
        good().until(jsonpath("$[", 1)),
        good().alarm(!(status(200) | jsonpath("$.a.", 1))),
        good().alarm(header("a b", "")),
        good().until(status(99)),
        good().header("a b", "c"),
        good().bearer("a\nb"),
        good().basic_auth("a:b", "c"),
        good().client(client()).danger_accept_invalid_certs(true),
        good().ca_bundle("/no/such/file"),
        good().ca_bundle(file!()),
    ] {
        // Whatever is ignored, this is not.
        let error = crate::error(poll.ignore(|_| true).run().await);
        assert!(error.is_settings(), "{error}");
    }
    assert_eq!(server.times(), 0);
}

#[tokio::test]
async fn the_same_as_data_in_json_and_in_toml() {
    let server = Server::saying([answer(503, "no"), answer(200, r#"{"state": "done"}"#)]).await;
    let toml = format!(
        r#"
        url = "{}/job"
        method = "post"
        polling_interval = "1ms"
        max_retries = 3
        auth = ["me", "secret"]
        alarms = {{ status_code = 500 }}
        ignore_exceptions = ["decode", "connect"]
        [headers]
        accept = "application/json"
        [[until]]
        jsonpath = [{{ expression = "$.state", value = "done" }}]
        "#,
        server.url
    );
    let poll: HttpPoll = toml::from_str(&toml).unwrap();
    assert_eq!(poll.run().await.unwrap().status(), 200);
    let asked = server.asked().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/job"));
    assert_eq!(asked.header("accept"), Some("application/json"));
    assert_eq!(asked.header("authorization"), Some("Basic bWU6c2VjcmV0"));
}

#[test]
fn every_way_to_write_a_time_or_a_number_of_requests_is_read() {
    for time in [value!("2s"), value!("500ms"), value!("1.5min"), value!("1h"), value!(2), value!(0.5)] {
        let data = value!({
            "url": "http://server", "until": [{"status_code": 200}], "polling_interval": time,
            "deadline": time, "attempt_timeout": time, "max_retries": null,
        });
        serde_json::from_value::<HttpPoll>(data).unwrap().check().unwrap();
    }
    for endless in [value!(null), value!("forever")] {
        let data = value!({
            "url": "http://server", "until": {"status": 200}, "max_attempts": endless, "deadline": "forever",
        });
        let poll = format!("{:?}", serde_json::from_value::<HttpPoll>(data).unwrap());
        assert!(!poll.contains("times"), "{poll}");
    }
    for auth in [value!(["a", "b"]), value!({"username": "a", "password": "b"}), value!({"bearer": "t"})] {
        let data = value!({"url": "http://server", "until": {"status_code": 200}, "auth": auth});
        serde_json::from_value::<HttpPoll>(data).unwrap().check().unwrap();
    }
    assert!(serde_json::from_str::<Condition>("200").is_err());
}

#[test]
fn both_names_of_a_key_are_read_and_errors_say_the_one_that_was_written() {
    const NAMES: [(&str, &str); 4] = [
        ("alarms", "alarm"),
        ("ignore_exceptions", "ignore"),
        ("polling_interval", "interval"),
        ("max_retries", "max_attempts"),
    ];
    let read = |keys: [&str; 4], code: &str| {
        let [alarms, ignored, interval, attempts] = keys;
        let mut data = value!({"url": "http://server", "until": {code: 200}});
        data[alarms] = value!([{code: 500}]);
        data[ignored] = value!(["connect"]);
        data[interval] = value!("3s");
        data[attempts] = value!(7);
        format!("{:?}", serde_json::from_value::<HttpPoll>(data).unwrap())
    };
    let (first, second) = (NAMES.map(|(first, _)| first), NAMES.map(|(_, second)| second));
    let poll = read(first, "status_code");
    assert_eq!(poll, read(second, "status"));
    assert!(poll.contains("interval: 3s") && poll.contains("times: 7"), "{poll}");

    for (first, second) in NAMES {
        for key in [first, second] {
            let said = refused(&value!({key: {"a": 1}}));
            assert!(said.starts_with(&format!("`{key}`: ")), "{said}");
        }
        let value = match first {
            "alarms" => value!({"status": 500}),
            "ignore_exceptions" => value!(["connect"]),
            "polling_interval" => value!("1s"),
            _ => value!(7),
        };
        let said = refused(&value!({first: value, second: value}));
        assert!(said.ends_with(" are names of one key: write one of them"), "{said}");
        assert!(said.contains(&format!("`{first}`")) && said.contains(&format!("`{second}`")), "{said}");
    }
    let said = refused(&value!({"until": {"status": 200, "status_code": 200}}));
    assert_eq!(said, "`until`: `status` and `status_code` are names of one key: write one of them");
    let said = refused(&value!({"alarm": [{"status": 20}]}));
    assert_eq!(said, "`alarm`: `status`: expected a status from 100 to 999, found 20");
    let twice = r#"{"url": "http://server", "until": {"status": 200}, "interval": "1s", "interval": "2s"}"#;
    let said = serde_json::from_str::<HttpPoll>(twice).unwrap_err().to_string();
    assert!(said.starts_with("`interval` is there twice"), "{said}");
}

#[test]
fn a_list_is_not_a_map_and_a_name_without_a_password_is_not_a_token() {
    let until = r#""until": {"status_code": 200}"#;
    for wrong in [
        format!(r#"{{"url": "http://h", {until}, "auth": ["a"]}}"#),
        format!(r#"{{"url": "http://h", {until}, "auth": ["a", "b", "c"]}}"#),
        format!(r#"{{"url": "http://h", {until}, "auth": {{"username": "a"}}}}"#),
        format!(
            r#"{{"url": "http://h", {until}, "auth": {{"username": "a", "password": "b", "bearer": "c"}}}}"#
        ),
        r#"{"url": "http://h", "until": [[200]]}"#.to_owned(),
        r#"["http://h", null]"#.to_owned(),
        "[]".to_owned(),
        format!(r#"{{"url": "http://h", {until}, "deadline": 0}}"#),
    ] {
        let error = serde_json::from_str::<HttpPoll>(&wrong).expect_err(&wrong).to_string();
        assert!(!error.contains("struct"), "{error}");
    }
}
