//! What an editor shows over an option's name: an expansion names these items where the option stands in the source.

#![allow(non_upper_case_globals, reason = "they are named as the options are written")]

/// One module for each attribute.
pub mod by_attribute {
    /// The options of `#[retry]`.
    pub mod retry {
        /// Which errors are tried again: `on(PATTERN)`, or `on = predicate` of `&E`. Every `Err`, if it is left
        /// out.
        pub const on: () = ();
        /// Errors that end it even so: `giveup(PATTERN)`, or `giveup = predicate` of `&E`.
        pub const giveup: () = ();
        /// Attempts in total, the first included: `times = 3`, the default, or `times = forever`.
        pub const times: () = ();
        /// The wait between attempts: `interval = 1s`, the default.
        pub const interval: () = ();
        /// How waits grow: `backoff = exponential(100ms, factor = 2, max = 10s)`, `constant(d)`, `linear(d)`,
        /// `fibonacci(d)`, `decorrelated(d)`, or a `const` [`Backoff`](crate::Backoff).
        pub const backoff: () = ();
        /// How waits are spread out: `jitter = full`, `equal`, `25%`, `decorrelated` or `none`, the default.
        pub const jitter: () = ();
        /// Everything together: `deadline = 30s`. No wait is begun after which an attempt could not start in time;
        /// an async attempt that is running then is dropped.
        pub const deadline: () = ();
        /// Async only: an attempt that takes longer is dropped and tried again. `attempt_timeout = 2s`.
        pub const attempt_timeout: () = ();
        /// The wait that the other side asked for, a lower bound: `retry_after = |e| e.retry_after()`, an
        /// `Option<Duration>`.
        pub const retry_after: () = ();
        /// Called for every failure, also for the last: `on_error = |e, attempt| ..`, with `&E` and
        /// [`&Attempt`](crate::Attempt).
        pub const on_error: () = ();
        /// Each attempt gets its own clones of these arguments: `clone(a, b)`.
        pub const clone: () = ();
        /// Binds a [`CurrentAttempt`](crate::CurrentAttempt) in the body: `attempt(a)`.
        pub const attempt: () = ();
        /// A [`RetryPolicy`](crate::RetryPolicy) in place of the settings: `policy = EXPRESSION`, which may use the
        /// arguments and `self`.
        pub const policy: () = ();
        /// Counts the function's calls under this name, for [`telemetry::stats`](crate::telemetry::stats()):
        /// `stats = "db"`.
        pub const stats: () = ();
        /// How errors name the function: `name = "fetch"`. Its path, if it is left out.
        pub const name: () = ();
        /// Where the library is found, if it is re-exported: `crate = ::path`.
        pub const crate_: () = ();
    }

    /// The options of `#[poll]`.
    pub mod poll {
        /// The `Ok` value that ends it: `until(PATTERN)`, or `until = predicate` of `&T`.
        pub const until: () = ();
        /// How long to go on: `timeout = 15s`, the default, or `timeout = forever`. One attempt is made at the very
        /// end.
        pub const timeout: () = ();
        /// The wait between attempts: `interval = 1s`, the default.
        pub const interval: () = ();
        /// How waits grow: `backoff = exponential(100ms, factor = 2, max = 10s)`, `constant(d)`, `linear(d)`,
        /// `fibonacci(d)`, `decorrelated(d)`, or a `const` [`Backoff`](crate::Backoff).
        pub const backoff: () = ();
        /// How waits are spread out: `jitter = full`, `equal`, `25%`, `decorrelated` or `none`, the default.
        pub const jitter: () = ();
        /// Attempts in total: `times = 20`. No bound, if it is left out.
        pub const times: () = ();
        /// An `Ok` value that ends it as an error: `alarm(PATTERN)`, or `alarm = predicate` of `&T`. Looked at
        /// before `until`.
        pub const alarm: () = ();
        /// Errors that mean "not yet": `ignore(PATTERN)`, or `ignore = predicate` of `&E`. Any other error ends it.
        pub const ignore: () = ();
        /// So many ignored errors in a row end it, with the last of them: `max_ignored = 5`.
        pub const max_ignored: () = ();
        /// How long the value must stay good: `hold_for = 5s`.
        pub const hold_for: () = ();
        /// Async only: an attempt that takes longer is dropped and means "not yet". `attempt_timeout = 2s`.
        pub const attempt_timeout: () = ();
        /// Called for every error, ignored or not: `on_error = |e, attempt| ..`, with `&E` and
        /// [`&Attempt`](crate::Attempt).
        pub const on_error: () = ();
        /// Each attempt gets its own clones of these arguments: `clone(a, b)`.
        pub const clone: () = ();
        /// Binds a [`CurrentAttempt`](crate::CurrentAttempt) in the body: `attempt(a)`.
        pub const attempt: () = ();
        /// A [`PollPolicy`](crate::PollPolicy) in place of the settings: `policy = EXPRESSION`, which may use the
        /// arguments and `self`.
        pub const policy: () = ();
        /// Counts the function's calls under this name, for [`telemetry::stats`](crate::telemetry::stats()):
        /// `stats = "db"`.
        pub const stats: () = ();
        /// How errors name the function: `name = "wait"`. Its path, if it is left out.
        pub const name: () = ();
        /// Where the library is found, if it is re-exported: `crate = ::path`.
        pub const crate_: () = ();
    }

    /// The options of `#[asyncbackoff]`.
    pub mod asyncbackoff {
        /// An attempt that takes longer is dropped and made again: `attempt_timeout = 100ms`, or the first value by
        /// position.
        pub const attempt_timeout: () = ();
        /// Everything together is dropped then: `deadline = 1s`, or the second value by position.
        pub const deadline: () = ();
        /// The wait between attempts: `pause = 100ms`, or the third value by position. None, if it is left out.
        pub const pause: () = ();
        /// Which errors are tried again: `on(PATTERN)`, or `on = predicate` of `&E`. None, if it is left out;
        /// timeouts always are.
        pub const on: () = ();
        /// Errors that end it even so: `giveup(PATTERN)`, or `giveup = predicate` of `&E`.
        pub const giveup: () = ();
        /// Attempts in total: `max_tries = 3`. No bound, if it is left out.
        pub const max_tries: () = ();
        /// How waits grow: `backoff = exponential(100ms, factor = 2, max = 10s)`, `constant(d)`, `linear(d)`,
        /// `fibonacci(d)`, `decorrelated(d)`, or a `const` [`Backoff`](crate::Backoff).
        pub const backoff: () = ();
        /// How waits are spread out: `jitter = full`, `equal`, `25%`, `decorrelated` or `none`, the default.
        pub const jitter: () = ();
        /// The wait that the other side asked for, a lower bound: `retry_after = |e| e.retry_after()`, an
        /// `Option<Duration>`.
        pub const retry_after: () = ();
        /// Called for every failure, also for the last: `on_error = |e, attempt| ..`, with `&E` and
        /// [`&Attempt`](crate::Attempt).
        pub const on_error: () = ();
        /// Each attempt gets its own clones of these arguments: `clone(a, b)`.
        pub const clone: () = ();
        /// Binds a [`CurrentAttempt`](crate::CurrentAttempt) in the body: `attempt(a)`.
        pub const attempt: () = ();
        /// A [`RetryPolicy`](crate::RetryPolicy) in place of the settings: `policy = EXPRESSION`, which may use the
        /// arguments and `self`.
        pub const policy: () = ();
        /// Counts the function's calls under this name, for [`telemetry::stats`](crate::telemetry::stats()):
        /// `stats = "db"`.
        pub const stats: () = ();
        /// How errors name the function: `name = "fetch"`. Its path, if it is left out.
        pub const name: () = ();
        /// Where the library is found, if it is re-exported: `crate = ::path`.
        pub const crate_: () = ();
    }

    /// The options of `#[asyncretry]`.
    pub mod asyncretry {
        /// Attempts in total: `max_tries = 5`, or the value by position. No bound, if it is left out.
        pub const max_tries: () = ();
        /// Which errors are tried again: `on(PATTERN)`, or `on = predicate` of `&E`. Every `Err`, if it is left
        /// out.
        pub const on: () = ();
        /// Errors that end it even so: `giveup(PATTERN)`, or `giveup = predicate` of `&E`.
        pub const giveup: () = ();
        /// The wait between attempts: `pause = 100ms`. None, if it is left out.
        pub const pause: () = ();
        /// How waits grow: `backoff = exponential(100ms, factor = 2, max = 10s)`, `constant(d)`, `linear(d)`,
        /// `fibonacci(d)`, `decorrelated(d)`, or a `const` [`Backoff`](crate::Backoff).
        pub const backoff: () = ();
        /// How waits are spread out: `jitter = full`, `equal`, `25%`, `decorrelated` or `none`, the default.
        pub const jitter: () = ();
        /// The wait that the other side asked for, a lower bound: `retry_after = |e| e.retry_after()`, an
        /// `Option<Duration>`.
        pub const retry_after: () = ();
        /// Called for every failure, also for the last: `on_error = |e, attempt| ..`, with `&E` and
        /// [`&Attempt`](crate::Attempt).
        pub const on_error: () = ();
        /// Each attempt gets its own clones of these arguments: `clone(a, b)`.
        pub const clone: () = ();
        /// Binds a [`CurrentAttempt`](crate::CurrentAttempt) in the body: `attempt(a)`.
        pub const attempt: () = ();
        /// Counts the function's calls under this name, for [`telemetry::stats`](crate::telemetry::stats()):
        /// `stats = "db"`.
        pub const stats: () = ();
        /// How errors name the function: `name = "fetch"`. Its path, if it is left out.
        pub const name: () = ();
        /// Where the library is found, if it is re-exported: `crate = ::path`.
        pub const crate_: () = ();
    }

    /// The options of `#[circuit]`.
    pub mod circuit {
        /// Circuits of one name are one circuit, in the whole program: `name = "payments"`. The function's own, if
        /// it is left out.
        pub const name: () = ();
        /// A [`CircuitBreaker`](crate::CircuitBreaker) of yours: `breaker = EXPRESSION`, which may use the
        /// arguments and `self`.
        pub const breaker: () = ();
        /// One circuit for each key, whatever is `Display`: `key = host`, which may use the arguments and `self`.
        pub const key: () = ();
        /// How many keys are remembered: `max_keys = 1024`, the default.
        pub const max_keys: () = ();
        /// A `const` [`CircuitConfig`](crate::CircuitConfig), which single options override: `config = CAUTIOUS`.
        pub const config: () = ();
        /// So many failures in a row open it: `failure_threshold = 5`, the default.
        pub const failure_threshold: () = ();
        /// Failures within this time open it, successes not clearing them: `within = 60s`.
        pub const within: () = ();
        /// This share of failures in the window opens it: `failure_rate = 50%`.
        pub const failure_rate: () = ();
        /// What a rate looks at: the last calls, `window = 100`, or those of the last time, `window = 30s`.
        pub const window: () = ();
        /// A rate means nothing before so many calls: `min_calls = 20`, the default.
        pub const min_calls: () = ();
        /// A call that takes so long has failed, whatever it brings: `slow_call = 2s`.
        pub const slow_call: () = ();
        /// This share of slow calls in the window opens it: `slow_rate = 80%`.
        pub const slow_rate: () = ();
        /// How long it stays open: `recovery_timeout = 30s`, the default.
        pub const recovery_timeout: () = ();
        /// The recovery timeout doubles with every recovery that fails, up to this: `max_recovery_timeout = 5min`.
        pub const max_recovery_timeout: () = ();
        /// Trials at once: `half_open_calls = 1`, the default.
        pub const half_open_calls: () = ();
        /// Trials that have to succeed before it closes: `success_threshold = 1`, the default.
        pub const success_threshold: () = ();
        /// A trial that has not reported by then has failed: `probe_timeout = 60s`. The recovery timeout, at
        /// least 30 s, if it is left out.
        pub const probe_timeout: () = ();
        /// Which errors are failures: `on(PATTERN)`, or `on = predicate` of `&E`. Every `Err`, if it is left out;
        /// others count as success.
        pub const on: () = ();
        /// Errors that count as nothing at all: `ignore(PATTERN)`, or `ignore = predicate` of `&E`.
        pub const ignore: () = ();
        /// Async only: a call that takes longer is dropped, and has failed, whatever `on` and `ignore` say.
        /// `call_timeout = 1s`.
        pub const call_timeout: () = ();
        /// Called for every failure that is counted: `on_error = |e| ..`, with `&E`.
        pub const on_error: () = ();
        /// Called with the same arguments, `self` first, in place of a call that is refused: `fallback = path`, or
        /// a closure.
        pub const fallback: () = ();
        /// Makes the function's error of a refusal: `on_open = |open| ..`. `From<CircuitOpen>`, if it is left out.
        pub const on_open: () = ();
        /// Where the library is found, if it is re-exported: `crate = ::path`.
        pub const crate_: () = ();
    }
}
