super::faults! {
    /// Conflicts between the options of a circuit.
    CircuitFault {
        Apart { one: &'static str, other: &'static str } =>
            format!("`{one}` and `{other}` do not go together"),
            match *one {
                "breaker" if matches!(*other, "name" | "key" | "max_keys") => {
                    format!("`breaker` says which circuit it is: leave `{other}` out")
                }
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
        NoTime { key: &'static str } =>
            match *key {
                "recovery_timeout" => "with a `recovery_timeout` of zero an open circuit would never refuse a call".into(),
                "probe_timeout" => "with a `probe_timeout` of zero every trial would have failed before it began".into(),
                "slow_call" => "with a `slow_call` of zero every call is slow".into(),
                _ => format!("`{key}` is no time at all, in which nothing can be counted"),
            },
            format!("write `{key} = 30s`, or leave it out");
        TooMany { key: &'static str } =>
            format!("`{key}` is more than a circuit remembers, which is 1048576"),
            match *key {
                "window" => "lower it, or write a `window` of time: `window = 30s`",
                _ => "lower it, or leave `within` out: failures in a row are only counted",
            };
        Generic { name: String } =>
            format!("a circuit is one `static`, shared by all instantiations, and `{name}` is not the same in all of them"),
            "make a `CircuitBreaker` for each of them, and write `breaker = EXPR`, which is evaluated at every call";
        RunTimeName { name: String } =>
            format!("a circuit's name is a constant, and `{name}` is known only when the function is called"),
            format!("write `key = {name}` for a circuit for each of them");
        RunTime { name: String } =>
            format!("a circuit's options are constants, and `{name}` is known only when the function is called"),
            format!("make a `CircuitBreaker` with this setting, and write `breaker = EXPR`, which may use `{name}`");
        RunTimeLimit { name: String } =>
            format!("`call_timeout` is a constant, and `{name}` is known only when the function is called"),
            format!(
                "put `#[asyncbackoff(policy = RetryPolicy::new().times(1).attempt_timeout({name}))]` below `#[circuit]` in its place"
            );
        EmptyName =>
            "a circuit without a name is found by nobody",
            "write `name = \"payments\"`, or leave it out: it is named after the function then";
        UnnamedArgument =>
            "`fallback` is called with the function's arguments, and this one has no name",
            "name it, and take it apart in the body";
        NotABreaker { name: String } =>
            "`breaker` takes a `CircuitBreaker`, and this is none",
            format!("to name a circuit, write `name = \"{name}\"`");
        FallbackOfOtherArguments { found: usize, wanted: String } =>
            format!(
                "`fallback` is called with the function's arguments, `self` first, and this closure takes {found}"
            ),
            format!("write `fallback = |{wanted}| ..`");
        FallbackOfSelf { name: String, wanted: String } =>
            "`fallback` is called with the function's arguments, `self` first, and so takes none of its own",
            format!("write `fallback = Self::{name}`, or `fallback = |{wanted}| ..`");
        FallbackThatIsCalled { wanted: String } =>
            "`fallback` is a function, called with the function's arguments, `self` first, and this is a value",
            format!("write `fallback = path::to::function`, or `fallback = |{wanted}| ..`");
        OnErrorOfOtherArguments { found: usize } =>
            format!("`on_error` of a circuit is called with the error alone, and this closure takes {found}"),
            "write `on_error = |error| ..`";
        AsyncFallback =>
            "the function is not async, and nobody would await this closure",
            "remove `async`, or make the function an `async fn`";
    }
}
