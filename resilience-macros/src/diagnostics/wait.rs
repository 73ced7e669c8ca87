use super::words::nearest;
use crate::syntax::SHAPES;

super::faults! {
    /// Waits: backoffs and jitter.
    WaitFault {
        NotABackoff { interval: &'static str } =>
            "`backoff` is a schedule of waits, and this is none",
            format!("write `backoff = exponential(100ms)`, or `{interval} = 1s` for the same wait every time");
        UnknownShape { name: String } =>
            format!("`{name}(..)` is no backoff"),
            known_shape(name);
        ShapeWithoutBase { shape: &'static str } =>
            format!("`{shape}` needs its first wait"),
            format!("write `{shape}(100ms)`");
        BaseByName { shape: &'static str, key: String, wait: String } =>
            format!("`{shape}` takes its first wait by position, not as `{key}`"),
            format!("write `{shape}({wait})`");
        Method { shape: &'static str, method: String } =>
            format!("`{shape}(..)` is written in an attribute without methods, and `{method}` is one"),
            match (method.as_str(), *shape) {
                ("factor", "exponential") => "write `exponential(100ms, factor = 2)`".into(),
                ("jitter", _) => "write `jitter = full`, an option beside `backoff`".into(),
                ("max", _) => format!("write `{shape}(100ms, max = 10s)`"),
                _ => format!("write `{shape}(100ms, max = 10s)`, or the path of a `const` of the type `Backoff`"),
            };
        LiteralInConstant { literal: String } =>
            format!("`{literal}` is a duration only in an option and in a backoff such as `exponential(..)`"),
            "write `std::time::Duration::from_millis(100)` in a `const` expression";
        UnknownShapeOption { shape: &'static str, key: String } =>
            format!("`{shape}` has no option `{key}`"),
            match *shape {
                "exponential" => "it knows `factor` and `max`: `exponential(100ms, factor = 2, max = 10s)`".into(),
                _ => format!("it knows `max`: `{shape}(100ms, max = 10s)`"),
            };
        ShapeArgument { shape: &'static str } =>
            format!("`{shape}` takes one wait, and options by name"),
            format!("write `{shape}(100ms, max = 10s)`");
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
        DecorrelatedJitterOf { shape: &'static str } =>
            format!("decorrelated jitter smooths an exponential backoff of factor 2, and this one is {shape}"),
            "write `backoff = exponential(100ms)`, or `jitter = full`";
    }
}

fn known_shape(name: &str) -> String {
    match nearest(name, &SHAPES) {
        Some(shape) => format!("did you mean `{shape}`? write `backoff = {shape}(100ms)`"),
        None => "write `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)` or `decorrelated(d)`, or a `const` \
                 of the type `Backoff`"
            .into(),
    }
}
