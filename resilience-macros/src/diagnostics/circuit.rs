super::faults! {
    /// The options of a circuit, together.
    CircuitFault {
        Apart { one: &'static str, other: &'static str } =>
            format!("`{one}` and `{other}` do not go together"),
            match *one {
                "breaker" => format!("a breaker that is given has settings of its own: leave `{other}` out"),
                "fallback" => "a fallback stands in for the refusal: keep one of the two".into(),
                _ => format!("`{other}` counts failures, a rate weighs them: keep one of the two"),
            };
        MoreThanWindow =>
            "`min_calls` is more than `window` holds, so the rate would never be looked at",
            "lower `min_calls`, or widen `window`";
        BelowRecovery =>
            "`max_recovery_timeout` is shorter than `recovery_timeout`, which it is to bound",
            "lengthen it, or shorten `recovery_timeout` (30 s by default)";
        Generic =>
            "a circuit is one `static`, shared by all instantiations, and cannot depend on generics",
            "use `breaker = EXPR` or `key = EXPR`, which are evaluated at every call";
        RunTime { name: String } =>
            format!("a circuit's options are constants, and `{name}` is known only when the function is called"),
            format!("use `breaker = EXPR` or `key = EXPR`, which may use `{name}`");
        UnnamedArgument =>
            "a fallback is called with the same arguments, and one of them has no name",
            "name it, and take it apart in the body";
    }
}
