use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Request, StatusCode};

use super::error::Kind;
use super::{Condition, HttpAttempt, HttpError, HttpPoll, HttpPollError, HttpResponse};
use crate::clock::Stopwatch;
use crate::poll::{PollNext, PollRun};
use crate::site::Site;
use crate::sleep::Limited;
use crate::time::Nanos;

/// What an answer means.
enum Verdict {
    Right,
    Rings(Condition),
    NotYet,
}

/// The loop around the engine of `#[poll]`.
pub(super) async fn run(poll: &HttpPoll) -> Result<HttpResponse, HttpPollError> {
    poll.check()?;
    let client = match &poll.client {
        Some(client) => client,
        None => poll.made.get_or_try_init(|| std::future::ready(poll.tls.client())).await?,
    };
    let site = Site::new("HttpPoll::run", poll.policy);
    let mut run = PollRun::start();
    let watch = Stopwatch::start();
    let (mut number, mut last) = (0_u32, None);
    loop {
        let next = if let Some(outcome) = run.limit(&site, attempt(poll, client)).await {
            number = number.saturating_add(1);
            // Asked of an answer that cannot be read as well.
            let asked = outcome.as_ref().ok().and_then(|response| retry_after(poll, response));
            let outcome = outcome.and_then(|response| {
                let verdict = judge(poll, &response);
                if !matches!(verdict, Ok(Verdict::Right | Verdict::Rings(_))) {
                    last = Some(response.clone());
                }
                Ok((verdict?, response))
            });
            tell(poll, number, &watch, outcome.as_ref().map(|(_, response)| response));
            match outcome {
                Ok((Verdict::Right, response)) => return Ok(response),
                Ok((Verdict::Rings(condition), response)) => {
                    return Err(HttpPollError::Alarm { response, condition });
                }
                Ok((Verdict::NotYet, _)) => run.saw_asked(&site, false, asked),
                Err(error) => {
                    // What makes no sense does not get better.
                    let ignored = poll.ignore.as_ref().is_some_and(|ignore| ignore(&error));
                    if !ignored || error.is_settings() {
                        return Err(error.into());
                    }
                    run.failed_asked(&site, asked)
                }
            }
        } else {
            number = number.saturating_add(1);
            let url = poll.request.as_ref().ok().map(|request| request.url());
            let error = HttpError::new(Kind::Timeout, url, "did not answer until the deadline");
            tell(poll, number, &watch, Err(&error));
            match run.cut(&site) {
                Ok(wait) => PollNext::Wait(wait, Duration::ZERO),
                Err(timed_out) => PollNext::TimedOut(timed_out),
            }
        };
        match next {
            PollNext::Wait(wait, _) => wait.await,
            PollNext::TimedOut(timed_out) => {
                let (attempts, elapsed) = (timed_out.attempts(), timed_out.elapsed());
                return Err(HttpPollError::TimedOut { last, attempts, elapsed });
            }
            // The wait that was asked for leads nowhere.
            PollNext::Return => {
                let (attempts, elapsed) = (number, watch.elapsed().to_duration());
                return Err(HttpPollError::TimedOut { last, attempts, elapsed });
            }
        }
    }
}

fn tell(poll: &HttpPoll, number: u32, watch: &Stopwatch, outcome: Result<&HttpResponse, &HttpError>) {
    if let Some(hook) = &poll.on_attempt {
        hook(&HttpAttempt { number, elapsed: watch.elapsed().to_duration(), outcome });
    }
}

/// One request, and its whole answer.
async fn attempt(poll: &HttpPoll, client: &Client) -> Result<HttpResponse, HttpError> {
    let request = request(poll)?;
    let url = request.url().clone();
    let answer = async {
        let response = client.execute(request).await.map_err(|error| HttpError::of_request(&url, error))?;
        HttpResponse::read_at_most(response, poll.max_body).await
    };
    let until = poll.tls.attempt_timeout.and_then(|timeout| Stopwatch::start().moment(Nanos::of(timeout)));
    if let Some(answer) = Limited::new(answer, until).await {
        return answer;
    }
    let took = poll.tls.attempt_timeout.unwrap_or_default();
    Err(HttpError::new(Kind::Timeout, Some(&url), format!("did not answer within {took:?}")))
}

fn request(poll: &HttpPoll) -> Result<Request, HttpError> {
    let wrong = |message: String| HttpError::new(Kind::Settings, None, message);
    let request = poll.request.as_ref().map_err(|error| wrong(error.to_string()))?;
    let mut request = request.try_clone().ok_or_else(|| {
        wrong("a request whose body is a stream can be sent only once: give it a body of bytes".into())
    })?;
    // These win over the request's own, and those over the client's.
    for (name, value) in &poll.headers {
        request.headers_mut().insert(name, value.clone());
    }
    Ok(request)
}

fn judge(poll: &HttpPoll, response: &HttpResponse) -> Result<Verdict, HttpError> {
    for alarm in &poll.alarms {
        if alarm.holds(response)? {
            return Ok(Verdict::Rings(alarm.clone()));
        }
    }
    for condition in &poll.until {
        if condition.holds(response)? {
            return Ok(Verdict::Right);
        }
    }
    Ok(Verdict::NotYet)
}

/// The wait that a server which is too busy asks for: seconds, or a date.
fn retry_after(poll: &HttpPoll, response: &HttpResponse) -> Option<Duration> {
    let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&response.status());
    if !busy || !poll.respect_retry_after {
        return None;
    }
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    // The answer's own date is the server's clock, which may go wrong by as much.
    let sent = response.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
    let sent = sent.and_then(|date| httpdate::parse_http_date(date).ok())?;
    Some(until.duration_since(sent).unwrap_or_default())
}
