super::faults! {
    /// Numbers of attempts, and ratios.
    CountFault {
        Zero { key: &'static str } =>
            match *key {
                "max_ignored" => "`max_ignored = 0` would ignore nothing".into(),
                "failure_threshold" => "`failure_threshold = 0` would open the circuit before the first failure".into(),
                "half_open_calls" => "`half_open_calls = 0` would let no trial in, so an open circuit could never close".into(),
                "success_threshold" => "`success_threshold = 0` would close the circuit before a trial has succeeded".into(),
                "window" => "`window = 0` holds no call, and no calls have no rate".into(),
                "min_calls" => "`min_calls = 0` would take the rate of no calls".into(),
                "max_keys" => "`max_keys = 0` would keep no circuit at all".into(),
                _ => format!("`{key} = 0` would never call the function: the first call counts as an attempt"),
            },
            match *key {
                "max_ignored" => "leave `ignore` out to end at the first error, or write `max_ignored = 1` or more".into(),
                "failure_threshold" => "write `failure_threshold = 1` or more; `force_open()` keeps a circuit open".into(),
                _ => format!("write `{key} = 1` or more{}", or_forever(key)),
            };
        Endless { key: &'static str } =>
            format!("`{key}` is a number with an end, and `forever` has none"),
            match *key {
                "failure_threshold" => {
                    "write `failure_threshold = 5`; for a circuit that never opens, call `metrics_only()` on it".into()
                }
                "max_ignored" => "leave `max_ignored` out if there is to be no bound".into(),
                _ => format!("write `{key} = 3`, or another number"),
            };
        Overflow { key: &'static str } =>
            format!("`{key}` is more than a `u32` holds"),
            format!("write at most {}{}", u32::MAX, or_forever(key));
        NotACount { key: &'static str } =>
            format!("`{key}` is a whole number, and this is none"),
            format!("write `{key} = 3`, or a `const` expression of the type `u32`");
        OtherType { key: &'static str, number: String, found: String } =>
            format!("expected a `u32` for `{key}`, found `{found}`"),
            format!("write `{key} = {number}`");
        Negative { key: &'static str } =>
            format!("`{key}` cannot be negative"),
            format!("write `{key} = 3`{}", or_forever(key));
        NotARatio =>
            "a ratio is a number",
            "write `25%`, or `0.25`";
        RatioOutOfRange =>
            "a ratio lies between 0 % and 100 %",
            "write one in between, such as `25%` or `0.25`";
        NotAShare { key: &'static str } =>
            format!("`{key}` is a share of the calls, above 0 % and up to 100 %"),
            format!("write `{key} = 50%`, or `{key} = 0.5`");
    }
}

fn or_forever(key: &str) -> &'static str {
    match key {
        "times" => ", or `times = forever`",
        "max_tries" => ", or `max_tries = forever`",
        _ => "",
    }
}
