use crate::attribute::Attribute;

super::faults! {
    /// Conflicts between options, and between options and the function.
    ConflictFault {
        Both { one: &'static str, other: &'static str } =>
            format!("`{one}` and `{other}` both say how long to wait"),
            format!("keep one of `{one}` and `{other}`");
        PolicyAnd { key: &'static str } =>
            format!("`policy` already says everything that `{key}` says"),
            format!("set `{key}` on the policy, or leave `policy` out");
        NeverReached { key: &'static str, limit: &'static str } =>
            format!("`{key}` is longer than `{limit}`, so it would never be reached"),
            format!("shorten `{key}`, or lengthen `{limit}`");
        NeverMet { key: &'static str, limit: &'static str } =>
            format!("`{key}` is longer than `{limit}`, so it could never be met"),
            format!("shorten `{key}`, or lengthen `{limit}`");
        TooLate { key: &'static str, limit: &'static str } =>
            format!("`{key}` is longer than `{limit}`, so no attempt could be made in time"),
            format!("shorten `{key}`, or lengthen `{limit}`");
        SyncLimit { key: &'static str, dropped: &'static str } =>
            format!("`{key}` drops {dropped} that takes too long, which a sync function does not allow"),
            "make it an `async fn`, or set a timeout on the client that it calls";
        SyncCancel =>
            "`cancel` drops an attempt or a wait that is running, which a sync function does not allow",
            "make it an `async fn`; or return an error from the attempt, and name it in `giveup`, or on a poll leave it out of `ignore`";
        NeedsTracing { key: &'static str } =>
            format!("`{key}` runs calls in spans of `tracing`, and the feature `tracing` is off"),
            "enable the feature `tracing` of `resilience-runtime`";
        Without { key: &'static str, needs: &'static str } =>
            format!("`{key}` says nothing without `{needs}`"),
            match (*key, *needs) {
                ("failure_rate" | "slow_rate", "window") => {
                    format!("add `window = 100` for calls, or `window = 30s`; or remove `{key}`")
                }
                ("window", _) => {
                    "add `failure_rate = 50%` or `slow_rate = 80%`; to count failures in a time, write `within = 30s`".into()
                }
                ("min_calls", _) => "add `failure_rate = 50%` or `slow_rate = 80%` with a `window`, or remove it".into(),
                _ => format!("add `{needs}`, or remove `{key}`"),
            };
        RunTime { name: String, attribute: Attribute } =>
            format!("options are constants, and `{name}` is known only when the function is called"),
            if attribute.knows("policy") {
                let policy = attribute.table().policy;
                format!("write `policy = {policy}::new()` with the settings behind it, which may use `{name}`")
            } else {
                format!("write `#[asyncbackoff(policy = ..)]`, which may use `{name}`")
            };
    }
}
