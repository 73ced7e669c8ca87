super::faults! {
    /// Numbers of attempts, and ratios.
    CountFault {
        Zero { key: &'static str } =>
            match *key {
                "max_ignored" => "`max_ignored = 0` would ignore nothing".into(),
                _ => format!("`{key} = 0` would never call the function: the first call counts as an attempt"),
            },
            match *key {
                "max_ignored" => "leave `ignore` out to end at the first error, or write `max_ignored = 1` or more".into(),
                _ => format!("write `{key} = 1` or more{}", or_forever(key)),
            };
        Overflow { key: &'static str } =>
            format!("`{key}` is more than a `u32` holds"),
            format!("write at most {}{}", u32::MAX, or_forever(key));
        NotACount { key: &'static str } =>
            format!("`{key}` is a whole number, and this is none"),
            format!("write `{key} = 3`, or a `const` expression of the type `u32`");
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
