use super::suggestions::nearest;
use crate::syntax::BACKOFFS;

super::faults! {
    /// Delays: backoffs and jitter.
    WaitFault {
        NotABackoff { interval: &'static str } =>
            "`backoff` is a schedule of waits, and this is none",
            format!("write `backoff = exponential(100ms)`, or `{interval} = 1s` for the same wait every time");
        UnknownBackoff { name: String } =>
            format!("`{name}(..)` is no backoff"),
            known_backoff(name);
        BackoffWithoutBase { kind: &'static str } =>
            format!("`{kind}` needs its first wait"),
            format!("write `{kind}(100ms)`");
        BaseByName { kind: &'static str, key: String, wait: String } =>
            format!("`{kind}` takes its first wait by position, not as `{key}`"),
            format!("write `{kind}({wait})`");
        Method { kind: &'static str, method: String } =>
            format!("`{kind}(..)` is written in an attribute without methods, and `{method}` is one"),
            match (method.as_str(), *kind) {
                ("factor", "exponential") => "write `exponential(100ms, factor = 2)`".into(),
                ("jitter", _) => "write `jitter = full`, an option beside `backoff`".into(),
                ("max", _) => format!("write `{kind}(100ms, max = 10s)`"),
                _ => format!("write `{kind}(100ms, max = 10s)`, or the path of a `const` of the type `Backoff`"),
            };
        LiteralInConstant { literal: String } =>
            format!("`{literal}` is a duration only in an option and in a backoff such as `exponential(..)`"),
            "write `std::time::Duration::from_millis(100)` in a `const` expression";
        UnknownBackoffOption { kind: &'static str, key: String } =>
            format!("`{kind}` has no option `{key}`"),
            match *kind {
                "exponential" => "it knows `factor` and `max`: `exponential(100ms, factor = 2, max = 10s)`".into(),
                _ => format!("it knows `max`: `{kind}(100ms, max = 10s)`"),
            };
        BackoffArgument { kind: &'static str } =>
            format!("`{kind}` takes one wait, and options by name"),
            format!("write `{kind}(100ms, max = 10s)`");
        NotAFactor =>
            "`factor` is a number, and this is none",
            "write `factor = 2`, or `factor = 1.5`";
        FactorBelowOne =>
            "`factor` is below 1, and waits do not shrink",
            "write `factor = 2`, or `factor = 1.5`";
        CapBelowBase =>
            "`max` is below the first wait, so the backoff would never grow",
            "write a longer `max`, or a shorter first wait";
        UnknownJitter =>
            "this is no jitter",
            "write `full`, `equal`, `none`, `decorrelated`, or a ratio such as `25%`";
        JitterOfDecorrelated =>
            "a decorrelated backoff is random already",
            "leave `jitter` out";
        DecorrelatedJitterOf { kind: &'static str } =>
            format!("decorrelated jitter smooths an exponential backoff of factor 2, and this one is {kind}"),
            "write `backoff = exponential(100ms)`, or `jitter = full`";
    }
}

fn known_backoff(name: &str) -> String {
    match nearest(name, &BACKOFFS) {
        Some(kind) => format!("did you mean `{kind}`? write `backoff = {kind}(100ms)`"),
        None => "write `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)` or `decorrelated(d)`, or a `const` \
                 of the type `Backoff`"
            .into(),
    }
}
