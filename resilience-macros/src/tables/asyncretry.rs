use super::Form::{Count, Time};
use super::OptionKind::Setting;
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
        ON;
        GIVEUP;
        /// `pause = 100ms` | 0 s | The wait between attempts.
        pause: Setting(Time), [synonyms::INTERVAL];
        BACKOFF;
        JITTER;
        BUDGET;
        RETRY_AFTER;
        CANCEL;
        ON_ERROR;
        CLONE;
        ATTEMPT;
        STATS;
        SPAN;
        NAME;
        CRATE;
    },
};
