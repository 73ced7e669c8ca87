use super::Form::{Count, Time};
use super::OptionKind::{ErrorPredicate, Setting};
use super::{Table, rows, synonyms};

pub(crate) static ASYNCBACKOFF: Table = Table {
    name: "asyncbackoff",
    policy: "RetryPolicy",
    repeats: true,
    async_only: true,
    count: "max_tries",
    required: None,
    wait: "pause",
    condition: "on",
    by_position: 3,
    options: rows! {
        /// `attempt_timeout = 100ms`, first by position | none | An attempt that takes longer is dropped and tried again.
        attempt_timeout: Setting(Time), [synonyms::ATTEMPT_TIMEOUT, "call_timeout"];
        /// `deadline = 1s`, second by position | none | Limits the whole call. An attempt or a wait that is running then is
        /// dropped.
        deadline: Setting(Time), [synonyms::DEADLINE];
        /// `pause = 100ms`, third by position | 0 s | The wait between attempts.
        pause: Setting(Time), [synonyms::INTERVAL];
        /// `on(PATTERN)`, `on = predicate` | none | Errors that are tried again. Timeouts always are.
        on: ErrorPredicate, [synonyms::FAILING, "ignore"];
        GIVEUP;
        /// `max_tries = 3`, `max_tries = forever` | `forever` | Attempts in total, the first included.
        max_tries: Setting(Count), [synonyms::TIMES];
        BACKOFF;
        JITTER;
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
