super::faults! {
    /// Durations.
    TimeFault {
        NoUnit { number: String, found: String } =>
            format!("`{found}` is a number, and a duration needs a unit"),
            with_unit(number);
        UnknownUnit { number: String, unit: String } =>
            format!("`{unit}` is no unit of time"),
            known_unit(number, unit);
        Apart { number: String, unit: String } =>
            format!("`{number} {unit}` is two words, and a duration is one"),
            format!("write `{number}{unit}` without a space");
        Exponent { unit: String, number: Option<String> } =>
            "a duration is written without an exponent",
            format!("write `{}{unit}`", number.as_deref().unwrap_or("1000"));
        Part { key: &'static str, whole: Option<String> } =>
            format!("`{key}` takes a duration literal alone, and this one is a part of an expression"),
            match whole {
                Some(whole) => format!("write `{key} = {whole}`"),
                None => "write one literal, or a `const` expression with `Duration::from_millis(500)` in its place".into(),
            };
        Optional { key: &'static str } =>
            format!("expected a duration for `{key}`, found an `Option`"),
            format!("write `{key} = 15s` without `Some`, or leave `{key}` out");
        Quoted { text: String } =>
            format!("`\"{text}\"` is a string, and a duration is a literal with a unit"),
            "write it without quotes, as in `15s`";
        NotADuration { key: &'static str } =>
            format!("`{key}` is a duration, and this is none"),
            format!("write `{key} = 15s`, or a `const` expression of the type `Duration`");
        NotForever { key: &'static str } =>
            format!("`{key}` is a length of time, and `forever` is none"),
            match *key {
                "deadline" | "attempt_timeout" | "call_timeout" => format!("leave `{key}` out if there is to be no limit"),
                "recovery_timeout" => {
                    "write `recovery_timeout = std::time::Duration::MAX` for a circuit that stays open until it is reset".into()
                }
                "within" | "slow_call" | "max_recovery_timeout" | "probe_timeout" => {
                    format!("write `{key} = 30s`, or leave it out")
                }
                "window" => "write `window = 30s`, or `window = 100` for calls; without a rate, leave it out".into(),
                _ => format!("write `{key} = 15s`; what may go on for ever is the number of attempts"),
            };
        Negative =>
            "a duration cannot be negative",
            "remove the `-`; no time at all is `0s`";
        FinerThanNanoseconds =>
            "a duration is a whole number of nanoseconds",
            "round it to `1ns` or more";
        Overflow { key: &'static str } =>
            "the duration is longer than 584 years, which is as far as the clock reaches",
            match *key {
                "timeout" => "write a shorter one, or `timeout = forever`".into(),
                "deadline" | "attempt_timeout" | "call_timeout" => format!("leave `{key}` out if there is to be no limit"),
                _ => String::from("write a shorter one"),
            };
        Zero { key: &'static str } =>
            format!("`{key}` is zero, which leaves no time for {}", if *key == "call_timeout" { "a call" } else { "an attempt" }),
            format!("leave `{key}` out if there is to be no limit");
    }
}

/// The intended duration of a number without a unit: a large one is more likely in milliseconds.
fn with_unit(number: &str) -> String {
    let is_large = number.parse::<f64>().is_ok_and(|number| number >= 100.0);
    let [first, second] = if is_large { ["ms", "s"] } else { ["s", "ms"] };
    format!(
        "write `{number}{first}` or `{number}{second}`; the units are `ns`, `us`, `ms`, `s`, `min` and `h`"
    )
}

/// A unit by another name.
pub(crate) fn is_almost_a_unit(unit: &str) -> bool {
    matches!(
        unit,
        "m" | "mins"
            | "minute"
            | "minutes"
            | "sec"
            | "secs"
            | "second"
            | "seconds"
            | "hr"
            | "hrs"
            | "hour"
            | "hours"
            | "msec"
            | "millis"
            | "\u{b5}s"
            | "\u{3bc}s"
            | "micros"
            | "d"
            | "day"
            | "days"
    )
}

fn known_unit(number: &str, unit: &str) -> String {
    match unit {
        "m" | "mins" | "minute" | "minutes" => format!("write `{number}min` (or `{number}ms`)"),
        "sec" | "secs" | "second" | "seconds" => format!("write `{number}s`"),
        "hr" | "hrs" | "hour" | "hours" => format!("write `{number}h`"),
        "msec" | "millis" => format!("write `{number}ms`"),
        // The micro sign, and the Greek letter.
        "\u{b5}s" | "\u{3bc}s" | "micros" => format!("write `{number}us`"),
        "d" | "day" | "days" => "write it in hours: a day is `24h`".into(),
        _ if unit.starts_with(|c: char| c.is_ascii_lowercase())
            && unit.contains(|c: char| c.is_ascii_digit()) =>
        {
            "write it in one unit: a minute and a half is `90s`".into()
        }
        _ => "the units are `ns`, `us`, `ms`, `s`, `min` and `h`".into(),
    }
}
