use std::time::Duration;

use reqwest::Request;
use reqwest::header::HeaderMap;
use tokio::time::Instant;

use super::budget::Budget;
use super::condition::first;
use super::error::HttpErrorKind;
use super::send::copy;
use super::{Condition, HttpAttempt, HttpError, HttpPoll, HttpPollError, HttpResponse};
use crate::clock::Stopwatch;
use crate::current_attempt::CurrentAttempt;
use crate::error::Limit;
use crate::poll::{PollAction, PollRun};
use crate::retry_after::retry_after;
use crate::site::PolicySite;
use crate::site_name::SiteName;
use crate::sleep::Limited;
use crate::telemetry::{SiteEntry, SiteKind};
use crate::time::Nanos;

/// The verdict on a response.
enum ResponseVerdict {
    Matches,
    Alarm(Condition),
    NotYet,
}

/// The parts of a response that are there, also if the attempt fails.
#[derive(Default)]
struct Received {
    /// The `Retry-After`.
    requested: Option<Duration>,
    response: Option<HttpResponse>,
}

/// One site for all pollers: they have no names.
static SITE: SiteEntry =
    SiteEntry::unlisted(SiteKind::Function, SiteName::Given("HttpPoll::run"), file!(), line!());

// The loop around the engine of `#[poll]`.
impl HttpPoll {
    /// Polls the URL until a response matches. It can be called any number of times, also concurrently; every run counts its own attempts.
    ///
    /// # Errors
    /// See [`HttpPollError`].
    pub async fn run(&self) -> Result<HttpResponse, HttpPollError> {
        self.check()?;
        let site = PolicySite::new(SiteName::Given("HttpPoll::run"), SiteKind::Function, self.policy);
        let mut run = PollRun::new();
        run.begin(&SITE, &site);
        let (mut last, mut last_error) = (None, None);
        loop {
            let current = run.current(&site, true);
            let next = if let Some((received, outcome)) = run.limit(&site, self.attempt(current.ends)).await {
                self.tell(&current, outcome.as_ref().map(|(_, response)| response));
                match outcome {
                    Ok((ResponseVerdict::Matches, response)) => {
                        run.succeeded();
                        return Ok(response);
                    }
                    Ok((ResponseVerdict::Alarm(condition), response)) => {
                        run.rang();
                        return Err(HttpPollError::Alarm { response, condition });
                    }
                    Ok((ResponseVerdict::NotYet, response)) => {
                        last = Some(response);
                        run.saw(&site, false, received.requested)
                    }
                    Err(error) if self.ignores(&error) => {
                        run.ignored(|line| line.display(&error));
                        let next = run.failed_below(&site, true, received.requested, None, Some(&error));
                        last = received.response.or(last);
                        last_error = Some(error);
                        next
                    }
                    Err(error) => {
                        let _ = run.failed(&site, false, Some(&error));
                        return Err(error.into());
                    }
                }
            } else {
                let error = self.cut(last_error.take());
                self.tell(&current, Err(&error));
                last_error = Some(error);
                run.cut(&site)
                    .map_or_else(PollAction::TimedOut, |wait| PollAction::Wait(wait, Duration::ZERO))
            };
            let (attempts, elapsed) = match next {
                PollAction::Wait(wait, _) => {
                    wait.await;
                    run.goes_on();
                    continue;
                }
                PollAction::TimedOut(timed_out) => {
                    if let (Limit::RetryAfter(wait), Some(last)) = (timed_out.limit(), &last) {
                        last.ends(wait);
                    }
                    (timed_out.attempts(), timed_out.elapsed())
                }
                // For settings that an HTTP poll does not have.
                PollAction::Return => (current.number(), current.elapsed()),
            };
            return Err(HttpPollError::TimedOut { last, last_error, attempts, elapsed });
        }
    }

    fn tell(&self, current: &CurrentAttempt, outcome: Result<&HttpResponse, &HttpError>) {
        if let Some(hook) = &self.on_attempt {
            hook(&HttpAttempt { number: current.number(), elapsed: current.elapsed(), outcome });
        }
    }

    /// The error of an attempt that the deadline ends. The one before it may tell more.
    fn cut(&self, before: Option<HttpError>) -> HttpError {
        let before = before.map(|error| format!("; the error before: {error}")).unwrap_or_default();
        self.timed_out(format!("no response before the deadline{before}"))
    }

    fn timed_out(&self, message: impl Into<String>) -> HttpError {
        let url = self.request.as_ref().ok().map(|request| request.url());
        HttpError::new(HttpErrorKind::Timeout, url, message)
    }

    /// An invalid poller stays invalid.
    fn ignores(&self, error: &HttpError) -> bool {
        !error.is_settings() && self.ignore.as_ref().is_some_and(|ignore| ignore(error))
    }
}

// One attempt.
impl HttpPoll {
    /// One request with its redirects, its whole response and the verdict. `attempt_timeout` limits all of it, `ends` the
    /// evaluation as well.
    async fn attempt(
        &self,
        ends: Option<Instant>,
    ) -> (Received, Result<(ResponseVerdict, HttpResponse), HttpError>) {
        let timeout = self.limits.attempt_timeout;
        let until = Stopwatch::start().moment(Nanos::of(timeout));
        let mut received = Received::default();
        let response = self.response(ends.into_iter().chain(until).min(), &mut received);
        let outcome = Limited::new(response, until).await;
        let outcome =
            outcome.unwrap_or_else(|| Err(self.timed_out(format!("no response within {timeout:?}"))));
        (received, outcome)
    }

    async fn response(
        &self,
        until: Option<Instant>,
        received: &mut Received,
    ) -> Result<(ResponseVerdict, HttpResponse), HttpError> {
        let request = self.next_request()?;
        let sender = match &self.client {
            Some(sender) => sender.clone(),
            None => self.own_client.get().await?,
        };
        let response = sender.send(request).await?;
        received.requested = self.requested_wait(response.headers());
        let response = HttpResponse::read_at_most(response, self.limits.max_body).await?;
        received.response = Some(response.clone());
        let mut budget = Budget::of(response.bytes().len()).until(until);
        let verdict = self.judge(&response, &mut budget);
        if budget.is_out_of_time() {
            // The message names the limit that was reached.
            std::future::pending::<()>().await;
        }
        Ok((verdict?, response))
    }

    fn next_request(&self) -> Result<Request, HttpError> {
        let mut request = copy(self.valid_request()?)?;
        // These override the request's own headers, which override the client's.
        for (name, value) in &self.headers {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(request)
    }

    /// The `Retry-After` of a response. One that is longer than allowed never ends.
    fn requested_wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let requested = retry_after(headers).filter(|_| self.limits.respect_retry_after)?;
        Some(if requested > self.limits.max_retry_after { Duration::MAX } else { requested })
    }

    /// Alarms come first. One that cannot be evaluated is an error, as it might have matched; if that error is ignored,
    /// `until` decides.
    fn judge(&self, response: &HttpResponse, budget: &mut Budget) -> Result<ResponseVerdict, HttpError> {
        let alarm = first(&self.alarms, response, true, budget);
        match &alarm {
            Ok(Some(alarm)) => return Ok(ResponseVerdict::Alarm((*alarm).clone())),
            Err(error) if !self.ignores(error) => {}
            Ok(None) | Err(_) => {
                if first(&self.until, response, true, budget)?.is_some() {
                    return Ok(ResponseVerdict::Matches);
                }
            }
        }
        alarm.map(|_| ResponseVerdict::NotYet)
    }
}
