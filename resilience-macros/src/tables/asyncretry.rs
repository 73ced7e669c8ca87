use super::Form::{Backoff, Budget, Count, Jitter, Time};
use super::OptionKind::{Arguments, ErrorPredicate, Flag, Function, Name, Path, Setting, Text};
use super::{Table, rows, synonyms};

pub(crate) static ASYNCRETRY: Table = Table {
    name: "asyncretry",
    policy: "RetryPolicy",
    repeats: true,
    async_only: true,
    count: "max_tries",
    required: Some("max_tries"),
    wait: "pause",
    condition: "on",
    by_position: 1,
    options: rows! {
        /// `max_tries = 5`, `max_tries = forever`, first by position | required | Attempts in total, the first included.
        max_tries: Setting(Count), [synonyms::TIMES];
        /// `on(PATTERN)`, `on = predicate` | every `Err` | Errors that are tried again. A predicate gets `&E`.
        on: ErrorPredicate, [synonyms::FAILING, "ignore"];
        /// `giveup(PATTERN)`, `giveup = predicate` | none | Errors that end the call, even if they match `on`.
        giveup: ErrorPredicate, [synonyms::GIVEUP, synonyms::IGNORED];
        /// `pause = 100ms` | 0 s | The wait between attempts.
        pause: Setting(Time), [synonyms::INTERVAL];
        /// `backoff = exponential(100ms, factor = 2, max = 10s)` | none | Waits that grow, in place of `pause`:
        /// `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)`, `decorrelated(d)`, each with `max = d`, or a
        /// `const` [`Backoff`].
        backoff: Setting(Backoff), [synonyms::BACKOFF, "initial_delay"];
        /// `jitter = full` | `none` | Randomizes the waits: `full`, `equal`, `25%`, `decorrelated`, or a `const`
        /// [`Jitter`].
        jitter: Setting(Jitter), [synonyms::JITTER];
        /// `budget = &DB`, `budget = 20%` | none | A [`RetryBudget`] that each retry is taken out of before its wait. While it is
        /// empty, a call that fails returns its error at once. A percentage is a budget of the function's own.
        budget: Setting(Budget), ["retry_budget retry_throttle"];
        /// `retry_after = \|e\| ..` | none | The wait that the server asked for, as an `Option<Duration>`: a lower bound
        /// for the next wait.
        retry_after: Function, [], "retry_after = |error| error.retry_after()";
        /// `on_error = \|e, attempt\| ..` | none | Called for every failure, also for the last, with `&E` and an
        /// [`Attempt`].
        on_error: Function, [synonyms::ON_ERROR], "on_error = |error, attempt| log(error, attempt.number)`, or on a circuit `on_error = |error| log(error)";
        /// `clone(a, b)` | none | Arguments that are cloned for each attempt.
        clone: Arguments, [synonyms::CLONE];
        /// `attempt(a)` | none | Binds `a`, a [`CurrentAttempt`], in the body.
        attempt: Name, [];
        /// `stats = "db"` | none | Counts the calls under this name, for [`telemetry::stats`].
        stats: Text, [];
        /// `span` | none | Runs each call in a `tracing` span, `resilience.call`, with the fields of the events. Needs the
        /// feature `tracing`.
        span: Flag, ["instrument trace"];
        /// `name = "fetch"` | the function's path | The function's name in errors and events.
        name: Text, [synonyms::NAME];
        /// `crate = ::path` | `::resilience` | Where the library is found, if it is re-exported.
        crate: Path, [];
    },
};
