//! The options of each kind of site, by the names that its attribute has for them.

use super::form::Form;
use crate::circuit::CircuitConfig;
use crate::error::ConfigError;
use crate::option_value::OptionValue;
use crate::time::Nanos;

/// An option: its name in the attribute, its name in the policy, and its values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) key: &'static str,
    pub(super) setting: &'static str,
    pub(super) form: Form,
}

const fn row(key: &'static str, form: Form) -> Row {
    Row { key, setting: key, form }
}

const fn alias(key: &'static str, setting: &'static str, form: Form) -> Row {
    Row { key, setting, form }
}

pub(super) const RETRY: &[Row] = &[
    row("times", Form::Bound),
    row("interval", Form::Time),
    row("backoff", Form::Backoff),
    row("jitter", Form::Jitter),
    row("deadline", Form::Time),
    row("attempt_timeout", Form::Time),
];

pub(super) const ASYNCBACKOFF: &[Row] = &[
    row("attempt_timeout", Form::Time),
    row("deadline", Form::Time),
    alias("pause", "interval", Form::Time),
    alias("max_tries", "times", Form::Bound),
    row("backoff", Form::Backoff),
    row("jitter", Form::Jitter),
];

pub(super) const ASYNCRETRY: &[Row] = &[
    alias("max_tries", "times", Form::Bound),
    alias("pause", "interval", Form::Time),
    row("backoff", Form::Backoff),
    row("jitter", Form::Jitter),
];

pub(super) const POLL: &[Row] = &[
    row("timeout", Form::Time),
    row("initial_delay", Form::Time),
    row("interval", Form::Time),
    row("backoff", Form::Backoff),
    row("jitter", Form::Jitter),
    row("times", Form::Bound),
    row("max_ignored", Form::Bound),
    row("hold_for", Form::Time),
    row("attempt_timeout", Form::Time),
];

pub(super) const CIRCUIT: &[Row] = &[
    row("failure_threshold", Form::Count),
    row("within", Form::Time),
    row("failure_rate", Form::Ratio),
    row("window", Form::Window),
    row("min_calls", Form::Count),
    row("slow_call", Form::Time),
    row("slow_rate", Form::Ratio),
    row("recovery_timeout", Form::Time),
    row("max_recovery_timeout", Form::Time),
    row("half_open_calls", Form::Count),
    row("success_threshold", Form::Count),
    row("probe_timeout", Form::Time),
    row("call_timeout", Form::Time),
];

/// `call_timeout`, the last option, belongs to the functions of a circuit.
pub(super) const CIRCUIT_CONFIG: &[Row] = CIRCUIT.split_at(CIRCUIT.len() - 1).0;

/// Options of the attributes that are code, or that only the code can set.
pub(super) const CODE_ONLY: &[&str] = &[
    "on",
    "giveup",
    "until",
    "alarm",
    "ignore",
    "budget",
    "cancel",
    "retry_after",
    "on_error",
    "clone",
    "attempt",
    "policy",
    "stats",
    "span",
    "name",
    "crate",
    "breaker",
    "key",
    "max_keys",
    "config",
    "fallback",
    "on_open",
];

/// Sets an option of a circuit. The value is checked, but not whether it agrees with other options. The `call_timeout`
/// of its functions is ignored.
pub(super) fn with_option(
    config: CircuitConfig,
    key: &str,
    value: OptionValue,
) -> Result<CircuitConfig, ConfigError> {
    match value {
        OptionValue::Count(count) => match key {
            "failure_threshold" => config.try_failure_threshold(count),
            "window" => CircuitConfig { window_time: None, ..config }.try_window_calls(count),
            "min_calls" => config.try_min_calls(count),
            "half_open_calls" => config.try_half_open_calls(count),
            "success_threshold" => config.try_success_threshold(count),
            _ => Ok(config),
        },
        OptionValue::Time(time) => {
            let time = time.to_duration();
            match key {
                "within" => config.try_within(time),
                "window" => CircuitConfig { window_calls: None, ..config }.try_window_time(time),
                "slow_call" => config.try_slow_call(time),
                "recovery_timeout" => config.try_recovery_timeout(time),
                "max_recovery_timeout" => Ok(config.max_recovery_timeout(time)),
                "probe_timeout" => config.try_probe_timeout(time),
                _ => Ok(config),
            }
        }
        OptionValue::Ratio(ratio) => match key {
            "failure_rate" => Ok(CircuitConfig { failure_rate: Some(ratio), ..config }),
            "slow_rate" => Ok(CircuitConfig { slow_rate: Some(ratio), ..config }),
            _ => Ok(config),
        },
        OptionValue::Unbounded | OptionValue::Backoff(_) | OptionValue::Jitter(_) => Ok(config),
    }
}

/// The options of a circuit that are set, and those with a fixed default.
pub(super) fn options(config: &CircuitConfig) -> Vec<(&'static str, OptionValue)> {
    let count = |value: Option<u32>| value.map(OptionValue::Count);
    let time = |value: Option<Nanos>| value.map(OptionValue::Time);
    let ratio = |value| Option::map(value, OptionValue::Ratio);
    [
        ("failure_threshold", count(config.failure_threshold)),
        ("within", time(config.within)),
        ("failure_rate", ratio(config.failure_rate)),
        ("window", count(config.window_calls).or(time(config.window_time))),
        ("min_calls", count(config.min_calls)),
        ("slow_call", time(config.slow_call)),
        ("slow_rate", ratio(config.slow_rate)),
        ("recovery_timeout", time(Some(config.recovery_timeout))),
        ("max_recovery_timeout", time(config.max_recovery_timeout)),
        ("half_open_calls", count(Some(config.half_open_calls))),
        ("success_threshold", count(Some(config.success_threshold))),
        ("probe_timeout", time(config.probe_timeout)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some((key, value?)))
    .collect()
}

/// The options of a circuit that are in force, with their defaults.
pub(super) fn in_force(config: &CircuitConfig) -> Vec<(&'static str, OptionValue)> {
    options(&CircuitConfig { probe_timeout: Some(config.probe_time()), ..config.resolved() })
}
