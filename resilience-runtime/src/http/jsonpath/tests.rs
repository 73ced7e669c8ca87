use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::budget::{Budget, Exhausted};
use super::JsonPath;

fn parsed(source: &str) -> JsonPath {
    JsonPath::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn found(source: &str, body: &Value) -> Value {
    let path = parsed(source);
    let found = path.query(body, &mut Budget::steps(100_000)).expect("a small body");
    Value::Array(found.into_iter().cloned().collect())
}

#[test]
fn every_selector_finds_what_rfc_9535_says() {
    let body =
        json!({"a": [{"b": 1, "c": "x"}, {"b": 2}, {"b": 3, "d": null}], "o": {"j": 1, "k": 2}, "e": []});
    for (source, expected) in [
        ("$", json!([body])),
        ("$.o.j", json!([1])),
        ("$['o'][\"k\"]", json!([2])),
        ("$ .o\n['j']", json!([1])),
        ("$.o.*", json!([1, 2])),
        ("$.o['j', 'k', 'j']", json!([1, 2, 1])),
        ("$.a[0].b", json!([1])),
        ("$.a[-1].b", json!([3])),
        ("$.a[-4]", json!([])),
        ("$.a[0:2].b", json!([1, 2])),
        ("$.a[ : : -1 ].b", json!([3, 2, 1])),
        ("$.a[::0].b", json!([])),
        ("$.a[5:0:-2].b", json!([3])),
        ("$..b", json!([1, 2, 3])),
        ("$.a[?@.b > 1].b", json!([2, 3])),
        ("$.a[?@.b >= 1 && !(@.b == 2 || @.c)].b", json!([3])),
        ("$.a[?@.d].b", json!([3])),
        ("$.a[?@.d == null].b", json!([3])),
        ("$.a[?@.x == @.y].b", json!([1, 2, 3])),
        ("$.a[?@.c < 'y'].b", json!([1])),
        ("$.a[?@.b == $.o.k].b", json!([2])),
        ("$.a[?length(@.c) == 1].b", json!([1])),
        ("$.a[?count(@.*) > 1].b", json!([1, 3])),
        ("$.a[?value(@..b) == 2.0e0].b", json!([2])),
        ("$[?length(@) == 0]", json!([[]])),
    ] {
        assert_eq!(found(source, &body), expected, "{source}");
    }
    assert_eq!(found(r#"$["\u263a\uD83D\uDE00\t\"'"]"#, &json!({"☺😀\t\"'": 1})), json!([1]));
}

#[test]
fn numbers_are_compared_as_numbers_inside_of_values_too() {
    let body = json!([{"x": [1]}, {"x": [1.0]}, {"x": [18_446_744_073_709_551_615_u64]}, {"x": [18_446_744_073_709_551_615_f64]}]);
    assert_eq!(found("$[?@.x == $[0].x]", &body).as_array().map(Vec::len), Some(2));
    assert_eq!(
        found("$[?@.x[0] == 18446744073709551614].x", &body),
        json!([[18_446_744_073_709_551_615_f64]])
    );
}

#[test]
fn an_invalid_expression_is_rejected_with_its_position() {
    for (source, message) in [
        ("", "expected `$` at byte 0, found the end"),
        ("a", "expected `$` at byte 0, found `a`"),
        ("$ ", "expected `.`, `[` or the end at byte 1, found ` `"),
        ("$.", "expected a name or `*` at byte 2, found the end"),
        ("$.1", "expected a name or `*` at byte 2, found `1`"),
        ("$[", "expected a quoted name, an index, a slice, `*` or `?` at byte 2, found the end"),
        ("$[1", "expected `,` or `]` at byte 3, found the end"),
        ("$[01]", "expected a number without leading zeros at byte 2, found `0`"),
        ("$[-0]", "expected an integer between -(2^53 - 1) and 2^53 - 1 at byte 2, found `-0`"),
        ("$['é", "expected `'` at byte 5, found the end"),
        ("$['\\ud800']", "expected `\\u` at byte 9, found `'`"),
        ("$[?@.a == @.*]", "expected a query for a single node to compare with, at byte 10"),
        ("$[?1]", "expected a comparison at byte 4, found `]`"),
        ("$[?@.a == 1e400]", "expected a number that fits 64 bits at byte 10, found `1e400`"),
        ("$[?maybe]", "expected `true`, `false`, `null` or a function at byte 3, found `maybe`"),
        ("$[?match(@.a, 'x')]", "`match` at byte 3 is not supported: there are no regular expressions here"),
        ("$[?length(@.*) == 1]", "expected a query for a single node at byte 10, as `length` takes a value"),
    ] {
        assert_eq!(JsonPath::parse(source).unwrap_err(), message, "{source}");
    }
}

#[test]
fn length_and_nesting_are_bounded_before_they_cost_anything() {
    let nested = |open: &str, close: &str, n: usize| format!("$[?{}@.a{}]", open.repeat(n), close.repeat(n));
    for (open, close) in
        [("(", ")"), ("!(", ")"), ("@[?", "]"), ("$..[?", "]"), ("length(", ")"), ("(@[?", "])")]
    {
        for n in [17, 140, 300] {
            let source = nested(open, close, n);
            let error = JsonPath::parse(&source).unwrap_err();
            assert!(error.contains("nesting") || error.contains("1024 bytes"), "{source}: {error}");
        }
    }
    parsed(&nested("(", ")", 15));
    parsed(&nested("@[?", "]", 15));
    assert!(JsonPath::parse(&nested("(", ")", 1600)).unwrap_err().contains("at most 1024 bytes"));
}

#[test]
fn an_evaluation_ends_when_its_steps_are_used_up() {
    let wide = json!({"a": (0..2_000).map(|n| json!({"n": n, "s": "x".repeat(100)})).collect::<Vec<_>>()});
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep, 1]);
    }
    for source in [
        "$..[?@ == $]",
        "$..[?count($..*) > 0]",
        "$..*..*..*..*..*..*",
        "$..[*,*,*,*]..[*,*,*,*]..[*,*,*,*]..*",
    ] {
        for body in [&wide, &deep] {
            let path = parsed(source);
            let mut budget = Budget::steps(100_000);
            let began = std::time::Instant::now();
            let ended = path.query(body, &mut budget);
            let took = began.elapsed();
            assert!(ended.is_ok() || ended == Err(Exhausted::Steps(100_000)), "{source}");
            assert!(took < std::time::Duration::from_secs(5), "{source}: {took:?}");
        }
    }
    let path = parsed("$..[?count($..*) > 0]");
    assert_eq!(path.query(&wide, &mut Budget::steps(100_000)), Err(Exhausted::Steps(100_000)));
    // An ordinary expression takes a few steps for a node.
    parsed("$..[?@.n > 5].s").query(&wide, &mut Budget::steps(60_000)).unwrap();
}

/// Well-formed expressions, and some that are not.
fn expression() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(".a"),
        Just(".b"),
        Just("..a"),
        Just(".*"),
        Just("..*"),
        Just("[0]"),
        Just("[-1]"),
        Just("['a', 'b']"),
        Just("[1:3]"),
        Just("[::-1]"),
        Just("[?@.a]"),
        Just("[?@.a == 1]"),
        Just("[?@ > 'm' || !@.b]"),
        Just("[?@.a < $.b]"),
        Just("[?(@.a == @.b) && @[0]]"),
        Just("[?@..a]"),
        Just("[*]"),
        Just("[?@.a != null]"),
        Just("[?@.a >= 1.5e0]"),
        Just("["),
        Just("]"),
        Just("(@"),
        Just("'"),
        Just("?"),
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| format!("${}", pieces.concat()))
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        (0..3).prop_map(Value::from),
        Just(json!(1.5)),
        "[amz]{0,2}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// An evaluator that somebody else wrote agrees.
    #[test]
    fn it_finds_what_another_implementation_finds(source in expression(), body in document()) {
        let (ours, theirs) = (JsonPath::parse(&source), serde_json_path::JsonPath::parse(&source));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}: {:?}", source, ours);
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            let found = ours.query(&body, &mut Budget::steps(1_000_000)).expect("a small body");
            prop_assert_eq!(found, theirs.query(&body).all(), "{}", source);
        }
    }

    #[test]
    fn any_text_at_all_is_read_or_refused(source in "\\$[-\\[\\]\\$@?.*:,'\"\\\\()!&|=<>a-z0-9 é☺]{0,60}", body in document()) {
        if let Ok(path) = JsonPath::parse(&source) {
            let _ = path.query(&body, &mut Budget::steps(1_000_000));
        }
    }
}
