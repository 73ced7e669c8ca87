use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Request, StatusCode};
use tokio::time::Instant;

use super::budget::Budget;
use super::condition::first;
use super::error::HttpErrorKind;
use super::{Condition, HttpAttempt, HttpError, HttpPoll, HttpPollError, HttpResponse};
use crate::clock::Stopwatch;
use crate::poll::{PollAction, PollRun};
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::sleep::Limited;
use crate::telemetry::{SiteEntry, SiteKind};
use crate::time::Nanos;

/// The verdict on a response.
enum ResponseVerdict {
    Right,
    Rings(Condition),
    NotYet,
}

/// A response with its verdict.
struct JudgedResponse {
    response: HttpResponse,
    verdict: Result<ResponseVerdict, HttpError>,
}

impl HttpPoll {
    /// Polls the URL until a response matches. It can be called any number of times, also concurrently; every run counts its own attempts.
    ///
    /// # Errors
    /// See [`HttpPollError`].
    pub async fn run(&self) -> Result<HttpResponse, HttpPollError> {
        run(self).await
    }
}

/// One site for all pollers: they have no names.
static SITE: SiteEntry =
    SiteEntry::unlisted(SiteKind::Function, SiteName::Given("HttpPoll::run"), file!(), line!());

/// The loop around the engine of `#[poll]`.
async fn run(poll: &HttpPoll) -> Result<HttpResponse, HttpPollError> {
    poll.check()?;
    let site = PolicySite::new(SiteName::Given("HttpPoll::run"), SiteKind::Function, poll.policy);
    let mut run = PollRun::new();
    run.begin(&SITE, &site);
    let watch = Stopwatch::start();
    let (mut number, mut last, mut last_error) = (0_u32, None, None);
    loop {
        let ends = run.attempt_ends(&site);
        let next = if let Some((outcome, retry_after)) =
            Limited::new(run.under_way(attempt(poll, ends)), ends).await
        {
            number = number.saturating_add(1);
            let outcome = outcome.and_then(|JudgedResponse { response, verdict }| {
                if !matches!(verdict, Ok(ResponseVerdict::Right | ResponseVerdict::Rings(_))) {
                    last = Some(response.clone());
                }
                Ok((verdict?, response))
            });
            tell(poll, number, &watch, outcome.as_ref().map(|(_, response)| response));
            // A wait that is longer than allowed never ends.
            let too_long = |wait: Duration| wait > poll.max_retry_after;
            let retry_after = retry_after.map(|wait| if too_long(wait) { Duration::MAX } else { wait });
            match outcome {
                Ok((ResponseVerdict::Right, response)) => {
                    run.succeeded();
                    return Ok(response);
                }
                Ok((ResponseVerdict::Rings(condition), response)) => {
                    run.rang();
                    return Err(HttpPollError::Alarm { response, condition });
                }
                Ok((ResponseVerdict::NotYet, _)) => run.saw_with_delay(&site, retry_after),
                Err(error) => {
                    if !ignores(poll, &error) {
                        let _ = run.failed(&site, false, Some(&error));
                        return Err(error.into());
                    }
                    run.ignored(|line| line.display(&error));
                    let next = run.failed_with_delay(&site, retry_after, &error);
                    last_error = Some(error);
                    next
                }
            }
        } else {
            number = number.saturating_add(1);
            let url = poll.request.as_ref().ok().map(|request| request.url());
            let error = HttpError::new(HttpErrorKind::Timeout, url, "no response before the deadline");
            tell(poll, number, &watch, Err(&error));
            match run.cut(&site) {
                Ok(wait) => PollAction::Wait(wait, Duration::ZERO),
                Err(timed_out) => PollAction::TimedOut(timed_out),
            }
        };
        match next {
            PollAction::Wait(wait, _) => {
                wait.await;
                run.goes_on();
            }
            PollAction::TimedOut(timed_out) => {
                let (attempts, elapsed) = (timed_out.attempts(), timed_out.elapsed());
                return Err(HttpPollError::TimedOut { last, last_error, attempts, elapsed });
            }
            // The `Retry-After` is longer than the time left.
            PollAction::Return => {
                let (attempts, elapsed) = (number, watch.elapsed().to_duration());
                let error = HttpPollError::TimedOut { last, last_error, attempts, elapsed };
                run.returns(&site, Some(&error));
                return Err(error);
            }
        }
    }
}

fn tell(poll: &HttpPoll, number: u32, watch: &Stopwatch, outcome: Result<&HttpResponse, &HttpError>) {
    if let Some(hook) = &poll.on_attempt {
        hook(&HttpAttempt { number, elapsed: watch.elapsed().to_duration(), outcome });
    }
}

/// One request with its redirects, its whole response and the verdict, and the `Retry-After`, which also holds if the body is
/// incomplete. `attempt_timeout` limits all of it, `ends` the evaluation as well.
async fn attempt(
    poll: &HttpPoll,
    ends: Option<Instant>,
) -> (Result<JudgedResponse, HttpError>, Option<Duration>) {
    let request = match request(poll) {
        Ok(request) => request,
        Err(error) => return (Err(error), None),
    };
    let url = request.url().clone();
    let until = Stopwatch::start().moment(Nanos::of(poll.attempt_timeout));
    let mut retry_after_header = None;
    let judged = async {
        let sender = match &poll.client {
            Some(sender) => sender.clone(),
            None => poll.own_client.get().await?,
        };
        let response = sender.send(request).await?;
        retry_after_header = retry_after(poll, response.status(), response.headers());
        let response = HttpResponse::read_at_most(response, poll.max_body).await?;
        let mut budget = Budget::of(response.bytes().len()).until(ends.into_iter().chain(until).min());
        let verdict = judge(poll, &response, &mut budget);
        if budget.is_out_of_time() {
            // The message names the limit that was reached.
            std::future::pending::<()>().await;
        }
        Ok(JudgedResponse { response, verdict })
    };
    let judged = Limited::new(judged, until).await.unwrap_or_else(|| {
        let message = format!("no response within {:?}", poll.attempt_timeout);
        Err(HttpError::new(HttpErrorKind::Timeout, Some(&url), message))
    });
    (judged, retry_after_header)
}

fn request(poll: &HttpPoll) -> Result<Request, HttpError> {
    let wrong = |message: String| HttpError::new(HttpErrorKind::Settings, None, message);
    let request = poll.request.as_ref().map_err(|error| wrong(error.to_string()))?;
    let mut request = request.try_clone().ok_or_else(|| {
        wrong("expected a request body of bytes, found a stream, which can be sent only once".into())
    })?;
    // These override the request's own headers, which override the client's.
    for (name, value) in &poll.headers {
        request.headers_mut().insert(name, value.clone());
    }
    Ok(request)
}

/// Alarms come first. One that cannot be evaluated is an error, as it might have matched; if that error is ignored, `until` decides.
fn judge(
    poll: &HttpPoll,
    response: &HttpResponse,
    budget: &mut Budget,
) -> Result<ResponseVerdict, HttpError> {
    let alarm = first(&poll.alarms, response, true, budget);
    match &alarm {
        Ok(Some(alarm)) => return Ok(ResponseVerdict::Rings((*alarm).clone())),
        Err(error) if !ignores(poll, error) => {}
        Ok(None) | Err(_) => {
            if first(&poll.until, response, true, budget)?.is_some() {
                return Ok(ResponseVerdict::Right);
            }
        }
    }
    alarm.map(|_| ResponseVerdict::NotYet)
}

fn ignores(poll: &HttpPoll, error: &HttpError) -> bool {
    // An invalid poller stays invalid.
    !error.is_settings() && poll.ignore.as_ref().is_some_and(|ignore| ignore(error))
}

/// The `Retry-After` of a 429 or 503.
fn retry_after(poll: &HttpPoll, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
    if busy && poll.respect_retry_after { crate::retry_after::retry_after(headers) } else { None }
}
