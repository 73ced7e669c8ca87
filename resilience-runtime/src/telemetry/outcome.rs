//! The outcomes of calls.

use std::fmt;

/// The outcome of a call: [`CallEvent::outcome`](super::CallEvent::outcome).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallOutcome {
    /// The first attempt succeeded.
    FirstTry,
    /// A later attempt succeeded.
    AfterRetry,
    /// It returned the error of an attempt.
    GaveUp(GiveUpReason),
    /// Its time was up, and it returned a timeout error.
    TimedOut,
    /// An inner circuit rejected it, or opened at its last attempt.
    Refused,
    /// A poll ended with a value that its `alarm` matched.
    Alarm,
    /// The future was dropped, or its `cancel` signal ended the call: only then is there an error.
    Cancelled,
    /// An attempt panicked.
    Panicked,
}

/// The reason why a call made no further attempt: [`CallOutcome::GaveUp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GiveUpReason {
    /// The error is not retryable.
    NotRetryable,
    /// That was the last allowed attempt. For a poll, also the last of `max_ignored` consecutive errors.
    Attempts,
    /// The next attempt could not begin before the deadline.
    Deadline,
    /// The server requested a wait that goes beyond the deadline.
    RetryAfter,
    /// The retry budget is empty.
    Budget,
}

impl CallOutcome {
    /// The spelling in labels and in JSON, without the reason.
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

    /// Whether the call returned a value.
    #[must_use]
    pub const fn is_success(self) -> bool {
        matches!(self, Self::FirstTry | Self::AfterRetry)
    }
}

impl GiveUpReason {
    /// The spelling in labels and in JSON.
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
