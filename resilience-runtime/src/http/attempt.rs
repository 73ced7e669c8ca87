use std::time::Duration;

use super::{HttpError, HttpResponse};

/// One attempt of an [`HttpPoll`](super::HttpPoll), as passed to `on_attempt`.
/// ```
/// use resilience::http::{HttpPoll, status};
///
/// let poll = HttpPoll::get("http://server/job").until(status(200)).on_attempt(|attempt| match attempt.outcome {
///     Ok(response) => println!("attempt {}: {}", attempt.number, response.status()),
///     Err(error) => println!("attempt {}: {error}", attempt.number),
/// });
/// # drop(poll);
/// ```
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
