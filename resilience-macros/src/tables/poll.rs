use super::Form::{Backoff, Count, Time, Timeout};
use super::OptionKind::{ErrorPredicate, Expression, Function, Setting, Text, ValuePredicate};
use super::{Table, rows, synonyms};

pub(crate) static POLL: Table = Table {
    name: "poll",
    policy: "PollPolicy",
    repeats: true,
    async_only: false,
    count: "times",
    required: Some("until"),
    wait: "interval",
    condition: "until",
    by_position: 0,
    options: rows! {
        /// `until(PATTERN)`, `until = predicate` | required | The `Ok` value that ends it. A predicate gets `&T`.
        until: ValuePredicate, ["condition check success status_code json"],
            "until(Job::Done { .. })`, or `until = |value| value.is_done()";
        /// `timeout = 15s`, `timeout = forever` | 15 s, or `initial_delay` plus the longer of `hold_for` and `attempt_timeout`, if that is more | How long to go
        /// on. The last wait is clipped, and one attempt is made at the end, which may take one `attempt_timeout` or wait.
        timeout: Setting(Timeout), [synonyms::DEADLINE];
        /// `initial_delay = 1s` | none | A wait before the first attempt, which is part of the timeout.
        initial_delay: Setting(Time), ["poll_delay start_delay start_after"];
        /// `interval = 1s` | 1 s | The wait between attempts. Zero yields once to the scheduler.
        interval: Setting(Time), [synonyms::INTERVAL];
        /// `backoff = exponential(100ms, factor = 2, max = 10s)` | none | Waits that grow, in place of `interval`:
        /// `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)`, `decorrelated(d)`, each with `max = d`, or a
        /// `const` [`Backoff`].
        backoff: Setting(Backoff), [synonyms::BACKOFF];
        JITTER;
        /// `times = 20`, `times = forever` | `forever` | Attempts in total.
        times: Setting(Count), [synonyms::TIMES];
        /// `alarm(PATTERN)`, `alarm = predicate` | none | An `Ok` value that ends it as an error, by `From<Alarm<T>>`.
        /// Evaluated before `until`.
        alarm: ValuePredicate, ["alarms"], "alarm(Job::Failed { .. })`, or `alarm = |value| value.has_failed()";
        /// `ignore(PATTERN)`, `ignore = predicate` | none | Errors that mean "not yet". Any other error ends it.
        ignore: ErrorPredicate, [synonyms::FAILING, synonyms::IGNORED];
        /// `max_ignored = 5` | `forever` | Ends with the last error after this many consecutive ignored errors.
        max_ignored: Setting(Count), [], "max_ignored = 3";
        /// `hold_for = 5s` | none | How long the value must stay good.
        hold_for: Setting(Time), ["stable_for hold for"];
        /// `attempt_timeout = 2s` | what is left of the timeout; at its end, one wait | Async only. An attempt that takes
        /// longer is dropped and means "not yet".
        attempt_timeout: Setting(Time), [synonyms::ATTEMPT_TIMEOUT, "call_timeout"];
        CANCEL;
        /// `on_error = \|e, attempt\| ..` | none | Called for every error, ignored or not, with `&E` and an
        /// [`Attempt`].
        on_error: Function, [synonyms::ON_ERROR], "on_error = |error, attempt| log(error, attempt.number)`, or on a circuit `on_error = |error| log(error)";
        CLONE;
        ATTEMPT;
        /// `policy = EXPR` | none | A [`PollPolicy`] in place of the settings. The expression may use
        /// the arguments and `self`.
        policy: Expression, ["config"], "policy = POLICY";
        STATS;
        SPAN;
        /// `name = "wait"` | the function's path | The function's name in errors and events.
        name: Text, [synonyms::NAME];
        CRATE;
    },
};
