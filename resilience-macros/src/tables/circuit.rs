use super::Form::{Bound, Ratio, Time, Window};
use super::OptionKind::{Config, ErrorPredicate, Expression, Function, Own, Setting, Text};
use super::{Table, rows, synonyms};

pub(crate) static CIRCUIT: Table = Table {
    name: "circuit",
    policy: "CircuitConfig",
    repeats: false,
    async_only: false,
    count: "failure_threshold",
    required: None,
    wait: "recovery_timeout",
    condition: "on",
    by_position: 0,
    options: rows! {
        /// `name = "payments"` | the function's path | Circuits of one name are one circuit in the whole program.
        name: Text, [synonyms::NAME];
        /// `breaker = EXPR` | none | A [`CircuitBreaker`] in place of the function's own: a `static`,
        /// or a field of `self`. The expression may use the arguments and `self`.
        breaker: Expression, ["circuit_breaker circuit"], "breaker = &self.breaker";
        /// `key = EXPR` | none | One circuit for each key, told apart by its `Display`. With a `name`, one for each name and
        /// key in the whole program. The expression may use the arguments and `self`.
        key: Expression, [], "key = host";
        /// `max_keys = 1024` | 1024 | How many keys are remembered.
        max_keys: Own(Bound), [];
        /// `config = CONST` | none | A `const` [`CircuitConfig`]. Single options override it, and
        /// replace what it says in another way: `window = 30s` a window of calls, `failure_threshold` a rate.
        config: Config, ["policy cls settings"], "config = CONFIG";
        /// `failure_threshold = 5` | 5 | Opens after this many consecutive failures.
        failure_threshold: Setting(Bound), ["threshold max_failures fail_max fail_limit failures consecutive_failures \
            ready_to_trip exceptions_allowed_before_breaking handled_events_allowed_before_breaking"];
        /// `within = 60s` | none | Counts the failures within this time instead. Successes do not clear them.
        within: Setting(Time), ["rolling_window failure_window time_window per"], "within = 30s";
        /// `failure_rate = 50%` | none | Opens at this share of failures among the calls of the window.
        failure_rate: Setting(Ratio), ["failure_rate_threshold failure_ratio error_ratio error_rate \
            error_threshold_percentage"];
        /// `window = 100`, `window = 30s` | none | What a rate is taken over: the last calls, or those of the last time.
        window: Setting(Window), ["window_size window_calls window_time sliding_window sliding_window_size \
            sliding_window_type sliding_window_duration sampling_duration rolling_count_timeout \
            failure_thresholding_period"];
        /// `min_calls = 20` | 20, or the window if that is smaller | The rate is ignored before this many calls.
        min_calls: Setting(Bound), ["minimum_number_of_calls min_throughput minimum_throughput volume_threshold \
            request_volume_threshold min_requests failure_execution_threshold"];
        /// `slow_call = 2s` | none | A call that takes this long is a failure, whatever it returns.
        slow_call: Setting(Time), ["slow_call_duration slow_call_duration_threshold"], "slow_call = 2s";
        /// `slow_rate = 80%` | none | Opens at this share of slow calls in the window, counted apart from the failures.
        slow_rate: Setting(Ratio), ["slow_call_rate_threshold"];
        /// `recovery_timeout = 30s` | 30 s | How long it stays open.
        recovery_timeout: Setting(Time), ["reset_timeout open_timeout recovery recover_after cooldown open_for \
            open_duration delay sleep_window sleep_window_in_milliseconds break_duration duration_of_break wait_duration \
            wait_duration_in_open wait_duration_in_open_state"], "recovery_timeout = 30s";
        /// `max_recovery_timeout = 5min` | none | Doubles the recovery timeout after every failed recovery, up to this.
        max_recovery_timeout: Setting(Time), ["max_reset_timeout max_open_timeout"], "max_recovery_timeout = 30s";
        /// `half_open_calls = 1` | 1 | Probes at a time.
        half_open_calls: Setting(Bound), ["half_open half_open_max_calls half_open_max_requests half_open_requests \
            max_half_open_calls max_requests permitted_number_of_calls_in_half_open_state \
            permitted_calls_in_half_open trial_calls probes"];
        /// `success_threshold = 1` | 1 | Closes after this many successful probes.
        success_threshold: Setting(Bound), ["success_count successes half_open_successes half_open_max_successes"];
        /// `probe_timeout = 60s` | `recovery_timeout`, at least 30 s | A probe that has not reported by then has failed.
        probe_timeout: Setting(Time), ["half_open_timeout half_open_duration max_wait_duration_in_half_open_state \
            trial_timeout"], "probe_timeout = 30s";
        /// `on(PATTERN)`, `on = predicate` | every `Err` | Errors that are failures. Others count as success.
        on: ErrorPredicate, [synonyms::FAILING];
        /// `ignore(PATTERN)`, `ignore = predicate` | none | Errors that are not counted at all. Evaluated before `on`.
        ignore: ErrorPredicate, ["giveup", synonyms::IGNORED];
        /// `call_timeout = 1s` | none | Async only. A call that takes longer is dropped and is a failure, whatever `on` and
        /// `ignore` say. It returns `From<TimedOut>`.
        call_timeout: Own(Time), ["attempt_timeout execution_timeout", synonyms::ATTEMPT_TIMEOUT], "call_timeout = 1s";
        /// `on_error = \|e\| ..` | none | Called for every error that is counted as a failure, with `&E`. Not for a panic, and not for a call that a time limit above dropped.
        on_error: Function, ["on_failure notify on_failed_attempt"], "on_error = |error, attempt| log(error, attempt.number)`, or on a circuit `on_error = |error| log(error)";
        /// `fallback = path`, `fallback = \|a, b\| ..` | none | Called with the same arguments, `self` first, in place of a
        /// rejected call. A function is async if this one is; a closure is async if it says so.
        fallback: Function, ["fallback_function fallback_method fallback_action with_fallback"],
            "fallback = path::to::function";
        /// `on_open = \|open\| ..` | `From<CircuitOpen>` | Makes the function's error out of a rejection.
        on_open: Function, ["on_refused on_reject on_rejected"], "on_open = |open| Error::from(open)";
        CRATE;
    },
};
