use resilience::http::{Condition, HttpError, HttpPollError, callback, header, json, jsonpath, status, text};
use serde_json::{Value, json as value};

use crate::server::{Server, answer, with};
use crate::{error, holds, quick};

#[tokio::test]
async fn several_keys_are_and_and_several_conditions_are_or() {
    let both = || status(200) & json(value!({"state": "done"}));
    let done = r#"{"state": "done"}"#;
    assert!(holds(both(), answer(200, done)).await.unwrap());
    assert!(!holds(both(), answer(202, done)).await.unwrap());
    assert!(!holds(both(), answer(200, "{}")).await.unwrap());
    assert!(holds(status(201) | both(), answer(200, done)).await.unwrap());
    assert!(holds(!status(201), answer(200, "")).await.unwrap());

    let server = Server::saying([answer(200, "a"), answer(200, "b"), answer(201, "c")]).await;
    let poll = quick(&server.url).until(text("b")).until(status(201));
    assert_eq!(poll.run().await.unwrap().text().unwrap(), "b");
    assert_eq!(poll.run().await.unwrap().text().unwrap(), "c");
}

#[tokio::test]
async fn what_is_empty_is_compared_and_not_skipped() {
    for (condition, right, wrong) in [
        (r#"{"json": {}}"#, "{}", r#"{"a": 1}"#),
        (r#"{"json": []}"#, "[]", "[1]"),
        (r#"{"json": null}"#, "null", "{}"),
        (r#"{"json": false}"#, "false", "true"),
        (r#"{"json": 0}"#, "0", "1"),
        (r#"{"text": ""}"#, "", " "),
        (r#"{"jsonpath": [{"expression": "$.a", "value": null}]}"#, r#"{"a": null}"#, r#"{"a": 0}"#),
    ] {
        let condition: Condition = serde_json::from_str(condition).unwrap();
        assert!(holds(condition.clone(), answer(200, right)).await.unwrap(), "{condition} {right}");
        assert!(!holds(condition.clone(), answer(200, wrong)).await.unwrap(), "{condition} {wrong}");
    }
}

#[tokio::test]
async fn a_jsonpath_without_a_match_never_holds_one_match_is_the_value_and_several_are_a_list() {
    let body = r#"{"jobs": [{"state": "done"}, {"state": "failed"}], "list": [1, 2]}"#;
    for (expression, wanted, expected) in [
        ("$.nothing", Value::Null, false),
        ("$.nothing", value!([]), false),
        ("$.jobs[0].state", value!("done"), true),
        ("$.jobs[0].state", value!(["done"]), false),
        ("$.list", value!([1, 2]), true),
        ("$.jobs[*].state", value!(["done", "failed"]), true),
        ("$.jobs[*].state", value!(["failed", "done"]), false),
        ("$.jobs[*].state", value!("done"), false),
        ("$.jobs[?@.state == 'failed'].state", value!("failed"), true),
    ] {
        let found = holds(jsonpath(expression, wanted.clone()), answer(200, body)).await.unwrap();
        assert_eq!(found, expected, "{expression} {wanted}");
    }
    let all: Condition = serde_json::from_value(value!({"jsonpath": [
        {"expression": "$.list[0]", "value": 1}, {"expression": "$.list[1]", "value": 3},
    ]}))
    .unwrap();
    assert!(!holds(all, answer(200, body)).await.unwrap());
}

#[tokio::test]
async fn a_number_is_compared_as_a_number_however_it_is_written() {
    let nested = json(value!({"a": [1, {"b": 100}]}));
    assert!(holds(nested, answer(200, r#"{"a": [1.0, {"b": 1e2}]}"#)).await.unwrap());
    assert!(holds(jsonpath("$.progress", 100), answer(200, r#"{"progress": 100.0}"#)).await.unwrap());
    assert!(holds(jsonpath("$[*]", value!([1.0, 2])), answer(200, "[1, 2.0]")).await.unwrap());
    assert!(!holds(json(1), answer(200, "1.5")).await.unwrap());
    assert!(!holds(json(1), answer(200, "true")).await.unwrap());
    // Two integers that are one float.
    assert!(!holds(json(9_007_199_254_740_993_u64), answer(200, "9007199254740992")).await.unwrap());
}

#[tokio::test]
async fn a_header_holds_with_one_of_its_values_and_a_callback_sees_everything() {
    let reply = || with(200, "X-State: a\r\nx-state: b\r\n", "body");
    assert!(holds(header("x-STATE", "b"), reply()).await.unwrap());
    assert!(!holds(header("x-state", "B"), reply()).await.unwrap());
    assert!(!holds(header("x-other", ""), reply()).await.unwrap());
    let sees = callback(|r| r.status() == 200 && r.text().is_ok_and(|t| t == "body"));
    assert!(holds(sees, reply()).await.unwrap());
}

#[tokio::test]
async fn a_body_that_is_not_json_is_an_error_with_the_url_and_the_position() {
    let server = Server::saying([answer(200, "{\n  oops")]).await;
    let error = error(quick(&format!("{}/job?token=secret", server.url)).until(json(1)).run().await);
    assert!(error.is_decode(), "{error}");
    let expected =
        format!("{}/job?..: response body is not JSON: key must be a string at line 2 column 3", server.url);
    assert_eq!(error.to_string(), expected);

    // What another condition has decided already is not read.
    assert!(!holds(status(200) & json(1), answer(503, "<html>")).await.unwrap());
}

#[tokio::test]
async fn a_byte_order_mark_is_not_part_of_the_body() {
    let marked = || answer(200, "\u{feff}[1]");
    assert!(holds(json(value!([1])), marked()).await.unwrap());
    assert!(holds(text("[1]"), marked()).await.unwrap());
    assert!(holds(callback(|r| r.json::<[u8; 1]>().is_ok_and(|one| one == [1])), marked()).await.unwrap());
}

#[tokio::test]
async fn a_body_is_decoded_once_for_all_conditions() {
    let server = Server::saying([answer(200, r#"{"a": 1}"#)]).await;
    let response = quick(&server.url).until(json(value!({"a": 1}))).run().await.unwrap();
    let (first, again) = (response.text().unwrap().as_ptr(), response.clone().text().unwrap().as_ptr());
    assert_eq!(first, again);
    assert_eq!(response.json::<Value>().unwrap(), value!({"a": 1}));
    assert!(response.json::<Vec<u8>>().unwrap_err().is_decode());
}

#[tokio::test]
async fn text_is_decoded_in_the_encoding_of_its_content_type() {
    for header in [
        "content-type: text/plain; charset=iso-8859-1\r\n",
        "content-type: text/plain; Charset=\"ISO-8859-1\"\r\n",
        "content-type: text/plain;x=\"charset=utf-8\"; charset = latin1 ;y=z\r\n",
    ] {
        assert!(holds(text("é"), with(200, header, [0xe9])).await.unwrap(), "{header}");
    }
    assert!(holds(text("é"), answer(200, "é")).await.unwrap());
    assert!(holds(text("x"), answer(200, [0xff])).await.unwrap_err().is_decode());
}

#[test]
fn a_condition_says_what_it_is() {
    for (condition, expected) in [
        (status(200), "status 200"),
        (text("a\nb"), r#"text "a\nb""#),
        (header("A", "b"), "header A: b"),
        (callback(|_| true), "callback"),
        (!status(200), "not status 200"),
        (!(status(1) | status(2)), "not (status 1 or status 2)"),
        (!!status(200), "status 200"),
        (status(1) & status(2) & status(3), "status 1 and status 2 and status 3"),
        ((status(1) | status(2)) & status(3), "(status 1 or status 2) and status 3"),
        (jsonpath("$.a", "b"), r#"jsonpath $.a = "b""#),
        (json(value!({"a": [1]})), r#"json {"a":[1]}"#),
    ] {
        assert_eq!(condition.to_string(), expected);
        assert_eq!(format!("{condition:?}"), format!("Condition({expected})"));
    }
    let data: Condition =
        serde_json::from_value(value!({"json": 1, "status_code": 200, "text": "x"})).unwrap();
    assert_eq!(data.to_string(), r#"status 200 and text "x" and json 1"#);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_does_not_hide_a_condition_that_decides() {
    let page = || answer(500, "<html>oops</html>");
    let wanted = || json(value!({"state": "done"}));
    for either in [wanted() | status(500), status(500) | wanted()] {
        assert!(holds(either.clone(), page()).await.unwrap(), "{either}");
        assert!(!holds(!either, page()).await.unwrap());
    }
    for both in [wanted() & status(200), status(200) & wanted()] {
        assert!(!holds(both.clone(), page()).await.unwrap(), "{both}");
    }
    assert!(holds(wanted() | status(200), page()).await.unwrap_err().is_decode(), "nothing else decides");

    let server = Server::saying([page()]).await;
    let poll = || quick(&server.url).ignore(HttpError::is_decode);
    let rung = poll().until(wanted()).alarm(wanted()).alarm(status(500)).run().await;
    assert!(matches!(rung, Err(HttpPollError::Alarm { .. })), "{rung:?}");
    assert_eq!(poll().until(wanted()).until(status(500)).run().await.unwrap().status(), 500);
    assert_eq!(poll().alarm(wanted()).until(status(500)).run().await.unwrap().status(), 500);
    let unread = quick(&server.url).alarm(wanted()).until(status(500)).run().await;
    assert!(
        matches!(unread, Err(HttpPollError::Http(_))),
        "an alarm that cannot be asked may have rung: {unread:?}"
    );
}
