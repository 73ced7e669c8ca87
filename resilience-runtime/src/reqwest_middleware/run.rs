use std::time::Duration;

use ::reqwest_middleware::{Error, Next};
use http::Extensions;
use reqwest::{Request, Response};

use super::attempt::{RequestAttempt, SendOutcome};
use super::judge::ResponseText;
use super::middleware::{BuiltMiddleware, ResilienceMiddleware};
use crate::circuit::CircuitOpen;
use crate::retry::TimedRetryRun;
use crate::retry_after::retry_after;
use crate::sleep::{Cut, RejectionHint, Wait};

/// Sends the request until it succeeds or the retry ends.
pub(super) async fn run(
    middleware: &ResilienceMiddleware,
    mut request: Request,
    extensions: &mut Extensions,
    next: Next<'_>,
) -> Result<Response, Error> {
    let built = middleware.built();
    built.site.counts_a_call();
    let mut running = RunningRequest { middleware, built, run: TimedRetryRun::new(), last: None };
    running.run.begin(built.entry, &built.site);
    let cut = Cut::new();
    let repeats = (middleware.repeat_when)(&request);
    let circuit = built.circuit(request.url());
    let initial = extensions.clone();
    let mut resends = 0;
    loop {
        // `None`: it is sent once. A streaming body cannot be cloned.
        let spare = if repeats { request.try_clone() } else { None };
        let attempt = RequestAttempt { next: next.clone(), request, resends, name: built.entry.name() };
        let sent = attempt.send(extensions, circuit.clone(), &cut);
        let ended = running.run.limit_telling(&built.site, sent, &cut).await;
        resends += u32::from(!matches!(ended, Some(SendOutcome::Rejected(_))));
        let step = match ended {
            Some(SendOutcome::Sent(result, told)) => running.decide(spare, result, told),
            Some(SendOutcome::Rejected(open)) => running.rejected(spare, open),
            None => running.decide_after_cut(spare, cut.take()),
        };
        match step {
            NextStep::Again(wait, spare) => {
                wait.await;
                running.run.goes_on();
                request = spare;
                *extensions = initial.clone();
            }
            NextStep::Return(result) => return result,
        }
    }
}

/// A running request.
struct RunningRequest<'a> {
    middleware: &'a ResilienceMiddleware,
    built: &'a BuiltMiddleware,
    run: TimedRetryRun,
    /// The error of the last attempt. A response is not kept: its body occupies a connection.
    last: Option<Error>,
}

/// What follows after an attempt.
enum NextStep {
    Again(Wait, Request),
    Return(Result<Response, Error>),
}

impl RunningRequest<'_> {
    fn decide(
        &mut self,
        spare: Option<Request>,
        result: Result<Response, Error>,
        told: RejectionHint,
    ) -> NextStep {
        let is_retried = (self.middleware.on)(&result);
        if !is_retried && result.is_ok() {
            self.run.succeeded();
            return NextStep::Return(result);
        }
        let requested = result.as_ref().ok().and_then(|response| retry_after(response.headers()));
        let is_allowed = requested.is_none_or(|wait| wait <= self.middleware.max_retry_after);
        let again = is_retried && is_allowed && spare.is_some();
        match self.failed(again, requested, told, false, &result).zip(spare) {
            Some((wait, spare)) => {
                self.last = result.err();
                NextStep::Again(wait, spare)
            }
            None => NextStep::Return(result),
        }
    }

    /// The time of the attempt is up.
    fn decide_after_cut(&mut self, spare: Option<Request>, told: RejectionHint) -> NextStep {
        let timed_out = Err(Error::middleware(self.run.timed_out(&self.built.site)));
        match self.failed(spare.is_some(), None, told, true, &timed_out).zip(spare) {
            Some((wait, spare)) => NextStep::Again(wait, spare),
            None => self.end_with_last(timed_out),
        }
    }

    /// A rejection is not an attempt.
    fn rejected(&mut self, spare: Option<Request>, open: CircuitOpen) -> NextStep {
        let time_left = open.retry_after().filter(|_| spare.is_some());
        match self.run.refused(&self.built.site, time_left).zip(spare) {
            Some((wait, spare)) => NextStep::Again(wait, spare),
            None => self.end_with_last(Err(Error::middleware(open))),
        }
    }

    fn end_with_last(&mut self, result: Result<Response, Error>) -> NextStep {
        let result = self.last.take().map_or(result, Err);
        self.run.returns(&self.built.site, Some(&ResponseText(&result)));
        NextStep::Return(result)
    }

    fn failed(
        &mut self,
        again: bool,
        hint: Option<Duration>,
        told: RejectionHint,
        cut: bool,
        result: &Result<Response, Error>,
    ) -> Option<Wait> {
        let (site, open) = (&self.built.site, told.map(|(time_left, _)| time_left));
        self.run.failed_below(site, again, hint, open, cut, Some(&ResponseText(result))).into_wait()
    }
}
