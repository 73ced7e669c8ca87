//! Words of several options, in the libraries for Python (`retry`, `tenacity`, `backoff`, `pybreaker`, `circuitbreaker`),
//! Java (`resilience4j`, Hystrix, Failsafe), .NET (Polly), Go (`gobreaker`, `failsafe-go`), JavaScript (`opossum`) and
//! Rust (`backon`, `tower-resilience`).

pub(super) const FAILING: &str = "on exceptions exception ex expected_exception retry_on retry_if when only_if retryable predicate errors handle \
     handle_if handle_errors should_handle should_retry retry_exceptions record_exceptions record_exception \
     record_failure failure_classifier failure_predicate is_failure is_successful fail_on fail_if";

pub(super) const IGNORED: &str =
    "ignore_exceptions ignore_exception ignore_errors exclude is_excluded error_filter skip_on";

pub(super) const GIVEUP: &str = "give_up giveup_on give_up_on abort_on abort_if abort stop_on";

pub(super) const TIMES: &str = "times max_tries max_attempts max_retries max_retry_attempts retries retry_count attempts tries stop \
     stop_after_attempt stop_max_attempt_number max_times max_calls";

pub(super) const INTERVAL: &str = "interval pause delay wait sleep polling_interval poll_interval step wait_fixed wait_duration retry_delay \
     default_interval";

pub(super) const DEADLINE: &str = "deadline timeout total_timeout total_delay max_time max_elapsed_time max_duration stop_after_delay \
     stop_max_delay within";

pub(super) const ATTEMPT_TIMEOUT: &str = "try_timeout per_attempt_timeout timeout_per_attempt";

pub(super) const BACKOFF: &str = "max_delay min_delay factor multiplier exponential strategy backoff_type interval_function wait_exponential \
     exponential_backoff initial_interval max_interval base_delay";

pub(super) const JITTER: &str =
    "use_jitter jitter_factor randomized_wait_factor randomization_factor wait_random";

pub(super) const ON_ERROR: &str = "notify on_retry on_failed_attempt before_sleep before_retry callback";

pub(super) const NAME: &str = "label operation";

pub(super) const CLONE: &str = "cloned clones";
