use std::fmt::{self, Debug, DebugStruct};

use super::CircuitConfig;

/// The notation of an attribute: the rule that opens it, how long it stays open, and the other settings.
impl Debug for CircuitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rated = self.failure_rate.is_some() || self.slow_rate.is_some();
        let counts = self.failure_threshold.is_some() || !rated;
        let unless = |default: u32, value: u32| (value != default).then_some(value);
        let config = &mut f.debug_struct("CircuitConfig");
        set(config, "failure_threshold", counts.then(|| self.threshold()));
        set(config, "within", self.within);
        set(config, "failure_rate", self.failure_rate);
        set(config, "window", self.window_calls);
        set(config, "window", self.window_time);
        set(config, "min_calls", self.min_calls);
        set(config, "slow_call", self.slow_call);
        set(config, "slow_rate", self.slow_rate);
        set(config, "recovery_timeout", Some(self.recovery_timeout));
        set(config, "max_recovery_timeout", self.max_recovery_timeout);
        set(config, "half_open_calls", unless(Self::DEFAULT_HALF_OPEN_CALLS, self.half_open_calls));
        set(config, "success_threshold", unless(Self::DEFAULT_SUCCESS_THRESHOLD, self.success_threshold));
        set(config, "probe_timeout", self.probe_timeout);
        config.finish()
    }
}

fn set(config: &mut DebugStruct<'_, '_>, option: &str, value: Option<impl Debug>) {
    if let Some(value) = value {
        config.field(option, &value);
    }
}
