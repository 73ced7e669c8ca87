use super::Form::{Backoff, Count, Time};
use super::OptionKind::Setting;
use super::{Table, rows, synonyms};

pub(crate) static RETRY: Table = Table {
    name: "retry",
    policy: "RetryPolicy",
    repeats: true,
    async_only: false,
    count: "times",
    required: None,
    wait: "interval",
    condition: "on",
    by_position: 0,
    options: rows! {
        ON;
        GIVEUP;
        /// `times = 3`, `times = forever` | 3 | Attempts in total, the first included.
        times: Setting(Count), [synonyms::TIMES];
        /// `interval = 1s` | 1 s | The wait between attempts.
        interval: Setting(Time), [synonyms::INTERVAL];
        /// `backoff = exponential(100ms, factor = 2, max = 10s)` | none | Waits that grow, in place of `interval`:
        /// `constant(d)`, `linear(d)`, `exponential(d)`, `fibonacci(d)`, `decorrelated(d)`, each with `max = d`, or a
        /// `const` [`Backoff`].
        backoff: Setting(Backoff), [synonyms::BACKOFF, "initial_delay"];
        JITTER;
        /// `deadline = 30s` | none | Limits the whole call. No wait is begun that would end after it. An async attempt
        /// that is running then is dropped.
        deadline: Setting(Time), [synonyms::DEADLINE];
        /// `attempt_timeout = 2s` | none | Async only. An attempt that takes longer is dropped and tried again. A
        /// `#[circuit]` below counts it as a failure.
        attempt_timeout: Setting(Time), [synonyms::ATTEMPT_TIMEOUT, "call_timeout"];
        BUDGET;
        RETRY_AFTER;
        CANCEL;
        ON_ERROR;
        CLONE;
        ATTEMPT;
        POLICY;
        STATS;
        SPAN;
        NAME;
        CRATE;
    },
};
