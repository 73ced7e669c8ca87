use std::time::Duration;

use super::{HttpError, HttpResponse};

/// What one attempt brought, as `on_attempt` is told.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HttpAttempt<'a> {
    /// Which one it was, from 1.
    pub number: u32,
    /// Since the run began.
    pub elapsed: Duration,
    /// The answer, or what went wrong.
    pub outcome: Result<&'a HttpResponse, &'a HttpError>,
}
