//! How calls end.

use std::fmt;

/// How a call ended: [`CallEvent::outcome`](super::CallEvent::outcome).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// The first attempt succeeded.
    FirstTry,
    /// A later attempt succeeded.
    AfterRetry,
    /// It returned the error of an attempt.
    GaveUp(GiveUpReason),
    /// Its time was up, and it returned that.
    TimedOut,
    /// A circuit below rejected it, or opened at its last attempt.
    Refused,
    /// A poll ended at a value of its `alarm`.
    Alarm,
    /// The future was dropped.
    Cancelled,
    /// An attempt panicked.
    Panicked,
}

/// Why a call made no further attempt: [`CallOutcome::GaveUp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUpReason {
    /// The error is not one to try again on.
    NotRetryable,
    /// That was the last attempt allowed; of a poll, also the last of `max_ignored` errors in a row.
    Attempts,
    /// The next attempt could not begin before the deadline.
    Deadline,
    /// The other side asked for a wait that goes beyond the deadline.
    RetryAfter,
    /// The retry budget is spent.
    Budget,
}

impl CallOutcome {
    /// How it is spelt in labels and in JSON, without the reason.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstTry => "first_try",
            Self::AfterRetry => "after_retry",
            Self::GaveUp(_) => "gave_up",
            Self::TimedOut => "timed_out",
            Self::Refused => "refused",
            Self::Alarm => "alarm",
            Self::Cancelled => "cancelled",
            Self::Panicked => "panicked",
        }
    }

    /// Whether the call returned what it was called for.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::FirstTry | Self::AfterRetry)
    }
}

impl GiveUpReason {
    /// How it is spelt in labels and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotRetryable => "not_retryable",
            Self::Attempts => "attempts",
            Self::Deadline => "deadline",
            Self::RetryAfter => "retry_after",
            Self::Budget => "budget",
        }
    }
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for GiveUpReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
