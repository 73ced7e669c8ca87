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

    /// The kind of its sites.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Poll => "Poll",
            Self::AsyncBackoff => "AsyncBackoff",
            Self::AsyncRetry => "AsyncRetry",
            Self::Circuit => "Circuit",
        }
    }

    /// The attribute that a path is named like: `#[retry]`, `#[resilience::retry]`, but also `#[tokio_retry::retry]`.
    pub(crate) fn named(path: &Path) -> Option<Self> {
        Self::of_word(&path.segments.last()?.ident)
    }

    pub(crate) fn of_word(word: &Ident) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| word == attribute.name())
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
                "attempt",
                "policy",
                "stats",
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
                "attempt",
                "policy",
                "stats",
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
                "attempt",
                "policy",
                "stats",
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
                "attempt",
                "stats",
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
                "call_timeout",
                "on_error",
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
        let own = if self == Self::Circuit { CIRCUIT } else { LOOP };
        own.iter()
            .chain(COMMON)
            .filter(|(_, words)| words.split_whitespace().any(|word| word == key))
            .flat_map(|(options, _)| options.split_whitespace())
            .find(|option| self.knows(option))
    }
}

/// Options, of which the first is meant that an attribute has, and what they are called elsewhere: in the libraries for
/// Python (`retry`, `tenacity`, `backoff`, `pybreaker`, `circuitbreaker`), Java (`resilience4j`, Hystrix, Failsafe), .NET
/// (Polly), Go (`gobreaker`, `failsafe-go`), JavaScript (`opossum`) and Rust (`backon`, `tower-resilience`).
type Synonyms = &'static [(&'static str, &'static str)];

const COMMON: Synonyms = &[
    (
        "on ignore",
        "on exceptions exception ex expected_exception retry_on retry_if when only_if retryable predicate errors handle \
         handle_if handle_errors should_handle should_retry retry_exceptions record_exceptions record_exception \
         record_failure failure_classifier failure_predicate is_failure is_successful fail_on fail_if",
    ),
    (
        "ignore giveup on",
        "ignore_exceptions ignore_exception ignore_errors exclude is_excluded error_filter skip_on",
    ),
    ("on", "ignore"),
    ("within", "rolling_window failure_window time_window per"),
    ("name", "label operation"),
    ("clone", "cloned clones"),
    ("policy", "config"),
];

const LOOP: Synonyms = &[
    (
        "times max_tries",
        "times max_tries max_attempts max_retries max_retry_attempts retries retry_count attempts tries stop \
         stop_after_attempt stop_max_attempt_number max_times max_calls",
    ),
    ("giveup", "give_up giveup_on give_up_on abort_on abort_if abort stop_on"),
    (
        "interval pause",
        "interval pause delay wait sleep polling_interval poll_interval step wait_fixed wait_duration retry_delay \
         default_interval",
    ),
    (
        "deadline timeout",
        "deadline timeout total_timeout total_delay max_time max_elapsed_time max_duration stop_after_delay \
         stop_max_delay within",
    ),
    ("attempt_timeout", "call_timeout try_timeout per_attempt_timeout timeout_per_attempt"),
    ("on_error", "notify on_retry on_failed_attempt before_sleep before_retry callback"),
    (
        "backoff",
        "max_delay min_delay factor multiplier exponential strategy backoff_type interval_function wait_exponential \
         exponential_backoff initial_interval max_interval base_delay initial_delay",
    ),
    ("jitter", "use_jitter jitter_factor randomized_wait_factor randomization_factor wait_random"),
    ("until", "condition check success status_code json"),
    ("alarm", "alarms"),
    ("hold_for", "stable_for hold for"),
];

const CIRCUIT: Synonyms = &[
    // Here a loop's end at an error is an error that says nothing; for a poll, to ignore one is to go on.
    ("ignore", "giveup"),
    ("config", "policy cls settings"),
    ("breaker", "circuit_breaker circuit"),
    (
        "failure_threshold",
        "threshold max_failures fail_max fail_limit failures consecutive_failures ready_to_trip \
         exceptions_allowed_before_breaking handled_events_allowed_before_breaking",
    ),
    (
        "failure_rate",
        "failure_rate_threshold failure_ratio error_ratio error_rate error_threshold_percentage",
    ),
    (
        "window",
        "window_size window_calls window_time sliding_window sliding_window_size sliding_window_type \
         sliding_window_duration sampling_duration rolling_count_timeout failure_thresholding_period",
    ),
    (
        "min_calls",
        "minimum_number_of_calls min_throughput minimum_throughput volume_threshold request_volume_threshold \
         min_requests failure_execution_threshold",
    ),
    ("slow_call", "slow_call_duration slow_call_duration_threshold"),
    ("slow_rate", "slow_call_rate_threshold"),
    (
        "recovery_timeout",
        "reset_timeout open_timeout recovery recover_after cooldown open_for open_duration delay sleep_window \
         sleep_window_in_milliseconds break_duration duration_of_break wait_duration wait_duration_in_open \
         wait_duration_in_open_state",
    ),
    ("max_recovery_timeout", "max_reset_timeout max_open_timeout"),
    (
        "half_open_calls",
        "half_open half_open_max_calls half_open_max_requests half_open_requests max_half_open_calls max_requests \
         permitted_number_of_calls_in_half_open_state permitted_calls_in_half_open trial_calls probes",
    ),
    ("success_threshold", "success_count successes half_open_successes half_open_max_successes"),
    (
        "probe_timeout",
        "half_open_timeout half_open_duration max_wait_duration_in_half_open_state trial_timeout",
    ),
    ("call_timeout", "attempt_timeout try_timeout per_attempt_timeout timeout_per_attempt execution_timeout"),
    ("on_error", "on_failure notify on_failed_attempt"),
    ("fallback", "fallback_function fallback_method fallback_action with_fallback"),
    ("on_open", "on_refused on_reject on_rejected"),
];

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`#[{}]`", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_lead_to_options() {
        for (attribute, word, option) in [
            (Attribute::Circuit, "half_open_max_calls", Some("half_open_calls")),
            (Attribute::Circuit, "half_open", Some("half_open_calls")),
            (Attribute::Circuit, "half_open_timeout", Some("probe_timeout")),
            (Attribute::Circuit, "giveup", Some("ignore")),
            (Attribute::Circuit, "timeout", None),
            (Attribute::Circuit, "times", None),
            (Attribute::Poll, "giveup", None),
            (Attribute::Poll, "retry_on", Some("ignore")),
            (Attribute::Retry, "ignore_exceptions", Some("giveup")),
            (Attribute::AsyncRetry, "max_attempts", Some("max_tries")),
            (Attribute::AsyncRetry, "timeout", None),
            (Attribute::Poll, "deadline", Some("timeout")),
        ] {
            assert_eq!(attribute.translate(word), option, "{attribute} {word}");
        }
    }

    #[test]
    fn every_synonym_is_one_of_an_option() {
        for (table, attributes) in [(LOOP, &Attribute::ALL[..4]), (CIRCUIT, &Attribute::ALL[4..])] {
            for (options, words) in table {
                let known = |option| attributes.iter().any(|attribute| attribute.knows(option));
                assert!(options.split_whitespace().all(known), "{options}");
                let foreign = |word| attributes.len() > 1 || !known(word);
                assert!(words.split_whitespace().all(foreign), "{words}");
            }
        }
    }
}
