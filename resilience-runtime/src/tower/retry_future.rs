use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tower_service::Service;

use super::faults::FaultyResponse;
use super::hooks::{OnTimeout, Replay, RequestedWait, ResultText, ShouldRetry};
use super::retry::{RetryHooks, SharedRetry};
use super::running::{Failure, RunningRetry};
use super::signal;
use crate::sleep::{Limited, Pause, RejectionHint, Wait};
use crate::telemetry::{SiteEntry, UnderWay, injected_fault};
use crate::time::Nanos;

/// The longest wait that a server may request. A wrong header would otherwise hold a call without a deadline forever.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

pin_project! {
    /// One attempt: waits until the service is ready, then calls it.
    struct ServiceAttempt<S: Service<Req>, Req> {
        service: S,
        // `None` once the service is called.
        request: Option<Req>,
        // For faults of tests.
        entry: &'static SiteEntry,
        #[pin]
        response: Option<FaultyResponse<S::Future>>,
    }
}

impl<S: Service<Req>, Req> ServiceAttempt<S, Req> {
    /// Drops the response of the attempt that took too long.
    fn clear(self: Pin<&mut Self>) {
        let mut this = self.project();
        *this.request = None;
        this.response.set(None);
    }

    /// Begins the next attempt.
    fn restart(self: Pin<&mut Self>, request: Option<Req>) {
        *self.project().request = request;
    }
}

impl<S: Service<Req>, Req> Future for ServiceAttempt<S, Req>
where
    S::Error: 'static,
{
    type Output = AttemptEnd<Result<S::Response, S::Error>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            if let Some(response) = this.response.as_mut().as_pin_mut() {
                let result = ready!(response.poll(cx));
                // Before the wait, so that the attempt holds nothing any more.
                this.response.set(None);
                return Poll::Ready(AttemptEnd::Called(result));
            }
            if let Err(error) = ready!(this.service.poll_ready(cx)) {
                return Poll::Ready(AttemptEnd::NotReady(Err(error)));
            }
            match this.request.take() {
                Some(request) => {
                    let fault = injected_fault(&[this.entry], &[]);
                    let response = FaultyResponse::of(fault, || this.service.call(request));
                    this.response.set(Some(response));
                }
                // Polled after the end.
                None => return Poll::Pending,
            }
        }
    }
}

/// The end of an attempt.
enum AttemptEnd<T> {
    Called(T),
    /// The service failed before it was called. It must not be used any more.
    NotReady(T),
}

type ServiceResult<S, Req> = Result<<S as Service<Req>>::Response, <S as Service<Req>>::Error>;

pin_project! {
    /// The response future of a [`RetryService`](super::RetryService) service.
    #[must_use = "futures do nothing unless polled"]
    pub struct RetryFuture<S: Service<Req>, Req, On, After, Again, Late> {
        shared: Arc<SharedRetry<RetryHooks<On, After, Again, Late>>>,
        running: RunningRetry,
        // The request for the next attempt.
        spare: Option<Req>,
        // The error of the last attempt. A response is not kept: its body may occupy the connection, for which the next
        // attempt would wait forever.
        last: Option<S::Error>,
        // The limit of the running attempt, for inner circuits.
        limit: Nanos,
        pause: Option<Pause>,
        #[pin]
        attempt: Limited<UnderWay<ServiceAttempt<S, Req>>>,
    }
}

impl<S, Req, On, After, Again, Late> RetryFuture<S, Req, On, After, Again, Late>
where
    S: Service<Req>,
    Again: Replay<Req>,
{
    /// Makes the first call of a service that is ready.
    pub(super) fn start(
        shared: Arc<SharedRetry<RetryHooks<On, After, Again, Late>>>,
        mut service: S,
        request: Req,
    ) -> Self {
        let running = RunningRetry::begin(shared.entry, &shared.site);
        let spare = shared.hooks.replay.replay(&request);
        let (until, limit) = running.until(&shared.site);
        let entry = shared.entry;
        let response = FaultyResponse::of(injected_fault(&[entry], &[]), || service.call(request));
        let attempt = ServiceAttempt { service, request: None, entry, response: Some(response) };
        let attempt = Limited::new(running.under_way(attempt), until);
        Self { shared, running, spare, last: None, limit, pause: None, attempt }
    }
}

impl<S, Req, On, After, Again, Late> Future for RetryFuture<S, Req, On, After, Again, Late>
where
    S: Service<Req>,
    S::Error: 'static,
    On: ShouldRetry<S::Response, S::Error>,
    After: RequestedWait<S::Response, S::Error>,
    Again: Replay<Req>,
    Late: OnTimeout<S::Response, S::Error>,
{
    type Output = ServiceResult<S, Req>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            ready!(self.as_mut().poll_pause(cx));
            let mut this = self.as_mut().project();
            let (polled, told) = signal::listen(|| this.attempt.as_mut().poll(cx));
            let next = match ready!(polled) {
                Some(AttemptEnd::Called(result)) => self.as_mut().decide(result, told),
                Some(AttemptEnd::NotReady(result)) => {
                    *this.spare = None;
                    self.as_mut().decide(result, None)
                }
                None => self.as_mut().decide_after_cut(),
            };
            match next {
                Next::Return(result) => return Poll::Ready(result),
                Next::Wait(wait) => *self.as_mut().project().pause = Some(wait.into_future()),
                Next::GoOn => {}
            }
        }
    }
}

/// What follows after an attempt.
enum Next<T> {
    Return(T),
    Wait(Wait),
    /// The attempt goes on without a limit, because there is nothing to return.
    GoOn,
}

impl<S, Req, On, After, Again, Late> RetryFuture<S, Req, On, After, Again, Late>
where
    S: Service<Req>,
    S::Error: 'static,
    On: ShouldRetry<S::Response, S::Error>,
    After: RequestedWait<S::Response, S::Error>,
    Again: Replay<Req>,
    Late: OnTimeout<S::Response, S::Error>,
{
    /// Waits for the next attempt, and begins it.
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(pause) = this.pause else { return Poll::Ready(()) };
        ready!(Pin::new(pause).poll(cx));
        *this.pause = None;
        this.running.goes_on();
        let request = this.spare.take();
        *this.spare = request.as_ref().and_then(|request| this.shared.hooks.replay.replay(request));
        let (until, limit) = this.running.until(&this.shared.site);
        *this.limit = limit;
        this.attempt.as_mut().restart(until);
        this.attempt.as_mut().attempt().attempt().restart(request);
        Poll::Ready(())
    }

    /// An attempt has ended. `told`: the report of inner circuits.
    fn decide(
        self: Pin<&mut Self>,
        result: ServiceResult<S, Req>,
        told: RejectionHint,
    ) -> Next<ServiceResult<S, Req>> {
        let this = self.project();
        let (site, hooks) = (&this.shared.site, &this.shared.hooks);
        let again = hooks.on.should_retry(&result);
        if !again && result.is_ok() {
            this.running.succeeded();
            return Next::Return(result);
        }
        // A rejection is not an attempt.
        if let Some((time_left, false)) = told {
            if this.spare.is_some() {
                if let Some(wait) = this.running.refused(site, time_left) {
                    return Next::Wait(wait);
                }
            } else {
                let _ = this.running.refused(site, None);
            }
            signal::tell(Some((time_left, this.last.is_some())));
            let result = this.last.take().map_or(result, Err);
            this.running.returns(site, &ResultText(&result));
            return Next::Return(result);
        }
        let hint = if again { hooks.retry_after.requested_wait(&result) } else { None };
        let again = again && this.spare.is_some() && hint.is_none_or(|wait| wait <= MAX_RETRY_AFTER);
        let failure = Failure { again, hint, told, cut: false };
        if let Some(wait) = this.running.failed(site, failure, &ResultText(&result)) {
            *this.last = result.err();
            return Next::Wait(wait);
        }
        if told.is_some() {
            signal::tell(told);
        }
        Next::Return(result)
    }

    /// The time of the attempt is up.
    fn decide_after_cut(self: Pin<&mut Self>) -> Next<ServiceResult<S, Req>> {
        let mut this = self.project();
        let (site, on_timeout) = (&this.shared.site, &this.shared.hooks.on_timeout);
        let Some(timed_out) = this.running.timed_out(site) else { return Next::GoOn };
        let limit = *this.limit;
        let mut drop_attempt = || {
            let limit = (!limit.is_zero()).then(|| limit.to_duration());
            signal::cut(limit, || this.attempt.as_mut().attempt().attempt().clear())
        };
        let has_result = this.last.is_some() || on_timeout.has_result();
        let told = if has_result { drop_attempt() } else { None };
        let failure = Failure { again: this.spare.is_some(), hint: None, told, cut: true };
        if let Some(wait) = this.running.failed(site, failure, &timed_out) {
            if !has_result {
                drop_attempt();
            }
            return Next::Wait(wait);
        }
        if !has_result {
            this.attempt.as_mut().restart(None);
            return Next::GoOn;
        }
        if told.is_some() {
            signal::tell(told);
        }
        match this.last.take().map(Err).or_else(|| on_timeout.result(timed_out)) {
            Some(result) => {
                this.running.returns(site, &ResultText(&result));
                Next::Return(result)
            }
            None => Next::GoOn,
        }
    }
}

impl<S: Service<Req>, Req, On, After, Again, Late> fmt::Debug
    for RetryFuture<S, Req, On, After, Again, Late>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryFuture").field("site", &self.shared.site).finish_non_exhaustive()
    }
}
