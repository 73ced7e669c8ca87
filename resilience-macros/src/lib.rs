//! The attributes of [`resilience-runtime`](https://docs.rs/resilience-runtime), which re-exports and documents them.
//!
//! ```text
//!  attribute + function ─ read ─► options ─ judge ─► model ─ write ─► function with a loop
//!                          │                  │
//!                          └──── faults ──────┴─► compile errors + the function as it was
//! ```
//!
//! Writing cannot fail: a model that would make it fail cannot be built.

mod attribute;
mod diagnostics;
mod expand;
mod model;
mod paths;
mod stack;
mod syntax;
mod tables;
mod write;

use attribute::Attribute;
use proc_macro::TokenStream;

/// Calls the function until it succeeds.
///
/// `#[retry]` alone makes three attempts, one second apart, and tries again on every `Err`. On sync and async functions
/// and methods that return a `Result`.
///
/// | option | default | meaning |
/// |---|---|---|
/// | `on(PATTERN)`, `on = predicate` | every `Err` | which errors are tried again |
/// | `giveup(PATTERN)`, `giveup = predicate` | never | errors that end it even so |
/// | `times = 3` | 3 | attempts in total; `times = forever` |
/// | `interval = 1s` | 1 s | the wait between attempts |
/// | `backoff = exponential(100ms, factor = 2, max = 10s)` | – | or `constant(d)`, `linear(d)`, `fibonacci(d)`, `decorrelated(d)`, each with `max = ..`, or a `const` `Backoff` |
/// | `jitter = full` | `none` | or `equal`, `25%`, `decorrelated` |
/// | `deadline = 30s` | none | everything together; an async attempt running then is dropped |
/// | `attempt_timeout = 2s` | none | async only: an attempt that takes longer is dropped and tried again; a `#[circuit]` below counts it as a failure |
/// | `retry_after = \|e\| ..` | none | the wait the other side asked for (`Option<Duration>`): a lower bound |
/// | `on_error = \|e, attempt\| ..` | none | called for every failure |
/// | `clone(a, b)` | none | these arguments are cloned for each attempt |
/// | `policy = EXPR` | – | a `RetryPolicy` in place of times, interval, backoff, jitter and limits |
/// | `attempt(a)` | none | binds `a`, a `CurrentAttempt`, in the body |
/// | `stats = ".."` | none | counts the calls under this name, for `telemetry::stats` |
/// | `name = ".."` | path of the function | in errors and events |
/// | `crate = ::path` | `::resilience` | where the runtime is found |
///
/// With a time limit, the error type needs `From<TimedOut>`: it is returned if no attempt failed with a real error.
#[proc_macro_attribute]
pub fn retry(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::Retry, options, function)
}

/// Calls the function until its value meets a condition.
///
/// `#[poll(until = ..)]` looks every second, for fifteen seconds. On sync and async functions and methods that return a
/// `Result` whose error type has `From<TimedOut>`; an `Err` ends it at once.
///
/// | option | default | meaning |
/// |---|---|---|
/// | `until(PATTERN)`, `until = predicate` | required | the `Ok` value that ends it, as in `until(Job::Done \| Job::Failed)`, `until("done")` |
/// | `timeout = 15s` | 15 s; `hold_for` or `attempt_timeout`, if one is longer | the last wait is clipped, and one attempt is made at the very end; `timeout = forever` |
/// | `interval = 1s`, `backoff = ..`, `jitter = ..` | 1 s | as for `#[retry]`; a wait of zero yields once to the scheduler |
/// | `times = 20` | no bound | attempts in total |
/// | `alarm(PATTERN)`, `alarm = predicate` | none | an `Ok` value that ends it as an error, by `From<Alarm<T>>`; looked at first |
/// | `ignore(PATTERN)`, `ignore = predicate` | none | errors that mean "not yet" |
/// | `max_ignored = 5` | no bound | so many ignored errors in a row end it |
/// | `hold_for = 5s` | none | how long the value must stay good |
/// | `attempt_timeout = 2s` | what is left of the timeout; at its end, one wait | async only: an attempt that takes longer is dropped |
/// | `on_error`, `clone`, `attempt`, `policy`, `stats`, `name`, `crate` | | as for `#[retry]`; the policy is a `PollPolicy` |
#[proc_macro_attribute]
pub fn poll(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::Poll, options, function)
}

/// Calls an async function under time limits: `aiomisc.asyncbackoff`.
///
/// Timeouts are always tried again; errors only with `on`. `#[asyncbackoff(100ms, 1s, 100ms, on(..))]` gives
/// `attempt_timeout`, `deadline` and `pause` by position; `_` leaves one out.
///
/// | option | default | meaning |
/// |---|---|---|
/// | `attempt_timeout = 100ms` | none | an attempt that takes longer is dropped and tried again |
/// | `deadline = 1s` | none | everything together is dropped then |
/// | `pause = 100ms` | 0 | the wait between attempts; or `backoff`, `jitter` |
/// | `on(PATTERN)`, `on = predicate` | none | which errors are tried again |
/// | `giveup(PATTERN)`, `giveup = predicate` | never | errors that end it even so |
/// | `max_tries = 3` | no bound | attempts in total |
/// | `retry_after`, `on_error`, `clone`, `attempt`, `policy`, `stats`, `name`, `crate` | | as for `#[retry]` |
#[proc_macro_attribute]
pub fn asyncbackoff(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::AsyncBackoff, options, function)
}

/// Calls an async function so many times: `aiomisc.asyncretry`, the shortcut of
/// [`asyncbackoff`](macro@asyncbackoff).
///
/// `#[asyncretry(5)]` makes five attempts, at once, on every error; `#[asyncretry(forever)]` goes on until it succeeds.
/// Takes `on`, `giveup`, `pause` and the rest of `#[asyncbackoff]`'s options, without its time limits.
#[proc_macro_attribute]
pub fn asyncretry(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::AsyncRetry, options, function)
}

/// Guards the function with a circuit breaker.
///
/// `#[circuit]` alone opens after five failures in a row, refuses every call for thirty seconds, then lets one trial
/// through: a good one closes the circuit, a bad one opens it again. On sync and async functions and methods that return
/// a `Result` whose error type has `From<CircuitOpen>`, or with a `fallback` or `on_open`.
///
/// | option | default | meaning |
/// |---|---|---|
/// | `name = ".."` | path of the function | circuits of one name are one circuit, in the whole program; two of one default name (methods of different types in a module) are two, which a name tells apart |
/// | `breaker = EXPR` | – | a `CircuitBreaker` of yours instead: a `static`, or `&self.breaker` |
/// | `key = EXPR`, `max_keys = 1024` | – | one circuit for each key (host, tenant), told apart by its text; of one name and key, in the whole program |
/// | `config = CONST` | – | a `CircuitConfig`; options override it, and replace what it says in another way (`window = 30s` a window of calls, `failure_threshold` a rate) |
/// | `failure_threshold = 5` | 5 | consecutive failures that open it |
/// | `within = 60s` | – | .. or that many within this time, which successes do not clear |
/// | `failure_rate = 50%`, `window = 100` or `window = 30s`, `min_calls = 20` | – | the share of failures among the last calls, or those of the last time |
/// | `slow_call = 2s`, `slow_rate = 80%` | – | calls that take so long are bad, or a share of them is |
/// | `recovery_timeout = 30s` | 30 s | how long it stays open |
/// | `max_recovery_timeout = 5min` | – | doubling with every failed recovery, up to this |
/// | `half_open_calls = 1`, `success_threshold = 1` | 1, 1 | trials at once, and successes that close it |
/// | `probe_timeout = 60s` | `recovery_timeout`, at least 30 s | a trial that has not reported by then has failed |
/// | `on(PATTERN)`, `on = predicate` | every `Err` | which errors are failures; others count as success |
/// | `ignore(PATTERN)`, `ignore = predicate` | none | errors that count as nothing; asked first |
/// | `call_timeout = 1s` | none | async only: a call that takes longer is dropped, and has failed, whatever `on` and `ignore` say; returned by `From<TimedOut>` |
/// | `on_error = \|e\| ..` | none | called for every failure that is counted |
/// | `fallback = path` or closure | – | called with the same arguments when the circuit refuses; async for an async function (a plain closure is sync) |
/// | `on_open = \|open\| ..` | `From` | makes the function's error of a `CircuitOpen` |
/// | `crate = ::path` | `::resilience` | where the runtime is found |
///
/// A method's fallback gets `self` first (`Self::last_price`, or `|this, item| ..`). It does not see the refusal, which
/// `on_open` does.
///
/// A panic is a failure. A call that an `attempt_timeout` of a layer above drops has failed, whatever `on` and `ignore` say.
/// A total `deadline` or `timeout` that drops it, and a caller that drops the future, count as nothing.
///
/// A retry or a poll above the circuit looks at it before it waits. If the next call would be rejected, it ends at once with
/// the attempt's error; with a `deadline` (a poll: a `timeout`) that leaves time for it, it waits until the circuit recovers.
///
/// `on_error` is called after the failure has been counted, with no lock held. A late result and a disabled circuit count
/// nothing. A panic, and a call that a layer above drops, have no error to pass: the layer above reports its own.
///
/// The text of a failure, `last_failure`, is the error's `Display`; without one, the first line of its `Debug`; without
/// either, the name of its type. Of a call that was dropped, it is `timed out after 1s`. The circuit of a generic function is
/// shared by all its instantiations.
#[proc_macro_attribute]
pub fn circuit(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Attribute::Circuit, options, function)
}

/// What the attributes of one function hand down: the body, once all of them are expanded.
#[doc(hidden)]
#[proc_macro]
pub fn __resilience_handed_down(stack: TokenStream) -> TokenStream {
    expand::expand_marker(stack)
}

/// What editors show over the options, one module for each attribute.
#[doc(hidden)]
#[proc_macro]
pub fn __resilience_options(_: TokenStream) -> TokenStream {
    tables::items().into()
}
