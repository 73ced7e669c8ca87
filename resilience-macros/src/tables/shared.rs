//! The options that several attributes have.

use super::Form::{Backoff, Budget, Jitter};
use super::OptionKind::{Arguments, ErrorPredicate, Expression, Flag, Function, Name, Path, Setting, Text};
use super::{Row, row, synonyms};

/// Rows by the names that the tables have for them.
macro_rules! shared {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:ident: $kind:expr, [$($synonyms:expr),*] $(, $example:literal)?;)+) => {
        $(pub(super) const $name: Row =
            row!($(#[doc = $doc])+ $key: $kind, [$($synonyms),*] $(, $example)?);)+
    };
}

shared! {
    /// `on(PATTERN)`, `on = predicate` | every `Err` | Errors that are tried again. A predicate gets `&E`.
    ON = on: ErrorPredicate, [synonyms::FAILING, "ignore"];
    /// `giveup(PATTERN)`, `giveup = predicate` | none | Errors that end the call, even if they match `on`.
    GIVEUP = giveup: ErrorPredicate, [synonyms::GIVEUP, synonyms::IGNORED];
    /// `jitter = full` | `none` | Randomizes the waits: `full`, `equal`, `25%`, `decorrelated`, or a `const`
    /// [`Jitter`].
    JITTER = jitter: Setting(Jitter), [synonyms::JITTER];
    /// `budget = &DB`, `budget = 20%` | none | A [`RetryBudget`], a `static`, that each retry is taken out of before its wait. While it
    /// is empty, a call that fails returns its error at once. A percentage is a budget of the function's own, which allows 10
    /// retries a second in any case.
    BUDGET = budget: Setting(Budget), ["retry_budget retry_throttle"];
    /// `retry_after = \|e\| ..` | none | The wait that the server asked for, as an `Option<Duration>`: a lower bound
    /// for the next wait.
    RETRY_AFTER = retry_after: Function, [], "retry_after = |error| error.retry_after()";
    /// `cancel = token.cancelled()` | none | Async only. A future, evaluated once for each call. When it completes, the
    /// attempt or wait is dropped, and the call ends by `From<`[`Cancelled`]`>`. It may use the arguments and `self`.
    CANCEL = cancel: Expression, ["cancellation cancel_token cancellation_token token shutdown abort_signal stop_signal"],
        "cancel = token.cancelled()";
    /// `on_error = \|e, attempt\| ..` | none | Called for every failure, also for the last, with `&E` and an
    /// [`Attempt`].
    ON_ERROR = on_error: Function, [synonyms::ON_ERROR], "on_error = |error, attempt| log(error, attempt.number)`, or on a circuit `on_error = |error| log(error)";
    /// `clone(a, b)` | none | Arguments that are cloned for each attempt.
    CLONE = clone: Arguments, [synonyms::CLONE];
    /// `attempt(a)` | none | Binds `a`, a [`CurrentAttempt`], in the body.
    ATTEMPT = attempt: Name, [];
    /// `policy = EXPR` | none | A [`RetryPolicy`] in place of the settings. The expression may use
    /// the arguments and `self`.
    POLICY = policy: Expression, ["config"], "policy = POLICY";
    /// `stats = "db"` | none | Counts the calls under this name, for [`telemetry::stats`].
    STATS = stats: Text, [];
    /// `span` | none | Runs each call in a `tracing` span, `resilience.call`, with the fields of the events. Needs the
    /// feature `tracing`.
    SPAN = span: Flag, ["instrument trace"];
    /// `name = "fetch"` | the function's path | The function's name in errors and events.
    NAME = name: Text, [synonyms::NAME];
    /// `crate = ::path` | `::resilience` | Where the library is found, if it is re-exported.
    CRATE = crate: Path, [];
    /// `backoff = exponential(100ms, factor = 2, max = 10s)` | none | Waits that grow, in place of `pause`:
    /// `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)`, `decorrelated(d)`, each with `max = d`, or a
    /// `const` [`Backoff`].
    BACKOFF = backoff: Setting(Backoff), [synonyms::BACKOFF, "initial_delay"];
}
