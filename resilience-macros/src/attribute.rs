use std::fmt;

use proc_macro2::Span;
use syn::{Ident, Path};

/// Which attribute it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Retry,
    Poll,
    AsyncBackoff,
    AsyncRetry,
    Circuit,
}

impl Attribute {
    const ALL: [Self; 5] = [Self::Retry, Self::Poll, Self::AsyncBackoff, Self::AsyncRetry, Self::Circuit];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Poll => "poll",
            Self::AsyncBackoff => "asyncbackoff",
            Self::AsyncRetry => "asyncretry",
            Self::Circuit => "circuit",
        }
    }

    /// A sibling below the attribute that is being expanded: `#[retry]`, or `#[resilience::retry]`.
    ///
    /// A path that leads elsewhere (`#[tokio_retry::retry]`) is somebody else's attribute.
    pub(crate) fn of_sibling(path: &Path) -> Option<Self> {
        let last = path.segments.last()?;
        let ours =
            path.segments.len() == 1 || path.segments.iter().any(|segment| segment.ident == "resilience");
        Self::ALL.into_iter().find(|attribute| ours && last.ident == attribute.name())
    }

    /// The options it knows, in the order its documentation lists them.
    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Retry => &[
                "on",
                "giveup",
                "times",
                "interval",
                "backoff",
                "jitter",
                "deadline",
                "attempt_timeout",
                "retry_after",
                "on_error",
                "clone",
                "policy",
                "name",
                "crate",
            ],
            Self::Poll => &[
                "until",
                "timeout",
                "interval",
                "backoff",
                "jitter",
                "times",
                "alarm",
                "ignore",
                "max_ignored",
                "hold_for",
                "attempt_timeout",
                "on_error",
                "clone",
                "policy",
                "name",
                "crate",
            ],
            Self::AsyncBackoff => &[
                "attempt_timeout",
                "deadline",
                "pause",
                "on",
                "giveup",
                "max_tries",
                "backoff",
                "jitter",
                "retry_after",
                "on_error",
                "clone",
                "policy",
                "name",
                "crate",
            ],
            Self::AsyncRetry => &[
                "max_tries",
                "on",
                "giveup",
                "pause",
                "backoff",
                "jitter",
                "retry_after",
                "on_error",
                "clone",
                "name",
                "crate",
            ],
            Self::Circuit => &[
                "name",
                "breaker",
                "key",
                "max_keys",
                "config",
                "failure_threshold",
                "within",
                "failure_rate",
                "window",
                "min_calls",
                "slow_call",
                "slow_rate",
                "recovery_timeout",
                "max_recovery_timeout",
                "half_open_calls",
                "success_threshold",
                "probe_timeout",
                "on",
                "ignore",
                "fallback",
                "on_open",
                "crate",
            ],
        }
    }

    /// The options that may be given by position, in their order.
    pub(crate) fn positional(self) -> &'static [&'static str] {
        match self {
            Self::Retry | Self::Poll | Self::Circuit => &[],
            Self::AsyncBackoff => &["attempt_timeout", "deadline", "pause"],
            Self::AsyncRetry => &["max_tries"],
        }
    }

    pub(crate) fn knows(self, key: &str) -> bool {
        self.keys().contains(&key)
    }

    /// `word(..)` is an option, known or not, and not a call that makes a value by position.
    pub(crate) fn looks_like_a_key(self, word: &Ident) -> bool {
        let word = word.to_string();
        self.positional().is_empty() || self.knows(&word) || self.translate(&word).is_some()
    }

    /// What it calls the number it is about: of attempts, or of failures.
    pub(crate) fn times(self) -> &'static str {
        match self {
            Self::Retry | Self::Poll => "times",
            Self::Circuit => "failure_threshold",
            Self::AsyncBackoff | Self::AsyncRetry => "max_tries",
        }
    }

    /// What it calls the time it is about: the wait between attempts, or the time that a circuit stays open.
    pub(crate) fn interval(self) -> &'static str {
        match self {
            Self::Retry | Self::Poll => "interval",
            Self::Circuit => "recovery_timeout",
            Self::AsyncBackoff | Self::AsyncRetry => "pause",
        }
    }

    /// The type that says how often, how far apart and for how long.
    pub(crate) fn policy(self) -> &'static str {
        match self {
            Self::Poll => "PollPolicy",
            Self::Circuit => "CircuitConfig",
            Self::Retry | Self::AsyncBackoff | Self::AsyncRetry => "RetryPolicy",
        }
    }

    /// It may call the function more than once.
    pub(crate) fn repeats(self) -> bool {
        self != Self::Circuit
    }

    /// What it calls its question about the outcome of an attempt.
    pub(crate) fn condition(self) -> &'static str {
        if self == Self::Poll { "until" } else { "on" }
    }

    /// Which other attribute has an option of this name.
    pub(crate) fn owner_of(self, key: &str) -> Option<Self> {
        // The shortcut's longer form is the nearest.
        let first = (self == Self::AsyncRetry).then_some(Self::AsyncBackoff);
        first.into_iter().chain(Self::ALL).find(|other| other.knows(key))
    }

    /// The trait that names this attribute in the compiler's messages.
    pub(crate) fn marker(self) -> Ident {
        Ident::new(self.name(), Span::mixed_site())
    }

    /// What another library, or one of the other attributes, calls an option of this one.
    pub(crate) fn translate(self, key: &str) -> Option<&'static str> {
        let wanted: &[&'static str] = match key {
            "times" | "max_tries" | "max_attempts" | "max_retries" | "retries" | "attempts" | "tries"
            | "stop" | "max_times" | "max_calls" => &["times", "max_tries"],
            "on" | "exceptions" | "exception" | "ex" | "expected_exception" | "retry_on" | "retry_if"
            | "when" | "only_if" | "retryable" | "predicate" | "errors" => &["on", "ignore"],
            "ignore_exceptions" => &["ignore", "on"],
            "ignore" => &["on"],
            "give_up" | "giveup_on" | "abort_on" | "abort" | "stop_on" => &["giveup"],
            "interval" | "pause" | "delay" | "wait" | "sleep" | "polling_interval" | "step"
            | "default_interval" => &["interval", "pause"],
            "deadline" | "timeout" | "total_timeout" | "max_time" | "max_elapsed_time" | "max_duration"
            | "within" => &["deadline", "timeout"],
            "rolling_window" | "failure_window" | "time_window" | "per" => &["within"],
            "call_timeout" | "try_timeout" | "per_attempt_timeout" | "timeout_per_attempt" => {
                &["attempt_timeout"]
            }
            "notify" | "on_retry" | "before_sleep" | "before_retry" | "callback" => &["on_error"],
            "max_delay" | "min_delay" | "factor" | "multiplier" | "exponential" | "strategy" => &["backoff"],
            "until" | "condition" | "check" | "success" | "status_code" | "json" => &["until"],
            "alarms" => &["alarm"],
            "stable_for" | "hold" | "for" => &["hold_for"],
            "config" => &["policy"],
            "policy" | "cls" | "settings" => &["config"],
            "threshold" | "max_failures" | "fail_max" | "failures" => &["failure_threshold"],
            "reset_timeout"
            | "open_timeout"
            | "recovery"
            | "recover_after"
            | "cooldown"
            | "open_for"
            | "sleep_window"
            | "wait_duration_in_open_state" => &["recovery_timeout"],
            "max_reset_timeout" => &["max_recovery_timeout"],
            "fallback_function" => &["fallback"],
            "exclude" | "ignore_errors" => &["ignore"],
            "failure_rate_threshold" | "error_rate" => &["failure_rate"],
            "slow_call_rate_threshold" => &["slow_rate"],
            "slow_call_duration" | "slow_call_duration_threshold" => &["slow_call"],
            "minimum_number_of_calls" | "min_throughput" | "minimum_throughput" => &["min_calls"],
            "window_size" | "sliding_window" | "window_calls" | "window_time" => &["window"],
            "permitted_number_of_calls_in_half_open_state" => &["half_open_calls"],
            "label" | "operation" => &["name"],
            "cloned" | "clones" => &["clone"],
            _ => &[],
        };
        wanted.iter().copied().find(|wanted| self.knows(wanted))
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`#[{}]`", self.name())
    }
}
