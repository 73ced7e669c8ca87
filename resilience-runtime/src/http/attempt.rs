use std::time::Duration;

use super::{HttpError, HttpResponse};

/// One attempt of an [`HttpPoll`](super::HttpPoll), as passed to `on_attempt`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpAttempt<'a> {
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The time since the start of the run.
    pub elapsed: Duration,
    /// The response, or the error.
    pub outcome: Result<&'a HttpResponse, &'a HttpError>,
}
