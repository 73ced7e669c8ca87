use std::fmt;

use super::CircuitConfig;

/// As one would write it in an attribute: the rule that opens it, how long it stays open, and what else was set.
impl fmt::Debug for CircuitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut config = f.debug_struct("CircuitConfig");
        let mut set = |name, value: Option<&dyn fmt::Debug>| {
            if let Some(value) = value {
                config.field(name, value);
            }
        };
        let threshold = self.threshold();
        let counts =
            self.failure_threshold.is_some() || self.failure_rate.is_none() && self.slow_rate.is_none();
        set("failure_threshold", counts.then_some(&threshold));
        set("within", some(&self.within));
        set("failure_rate", some(&self.failure_rate));
        set("window", some(&self.window_calls));
        set("window", some(&self.window_time));
        set("min_calls", some(&self.min_calls));
        set("slow_call", some(&self.slow_call));
        set("slow_rate", some(&self.slow_rate));
        set("recovery_timeout", Some(&self.recovery_timeout));
        set("max_recovery_timeout", some(&self.max_recovery_timeout));
        let calls = (self.half_open_calls != Self::DEFAULT_HALF_OPEN_CALLS).then_some(self.half_open_calls);
        set("half_open_calls", some(&calls));
        let successes =
            (self.success_threshold != Self::DEFAULT_SUCCESS_THRESHOLD).then_some(self.success_threshold);
        set("success_threshold", some(&successes));
        set("probe_timeout", some(&self.probe_timeout));
        config.finish()
    }
}

fn some<T: fmt::Debug>(value: &Option<T>) -> Option<&dyn fmt::Debug> {
    value.as_ref().map(|value| value as _)
}
