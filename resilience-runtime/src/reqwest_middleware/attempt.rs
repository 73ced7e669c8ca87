use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use ::reqwest_middleware::{Error, Next};
use http::Extensions;
use reqwest::{Request, Response};

use super::judge::{ResponseText, is_failure};
use super::span::RequestSpan;
use crate::circuit::{CircuitBreaker, CircuitOpen, Permit};
use crate::sleep::{Cut, RejectionHint};

/// How often the request of this attempt has been sent before: an extension for other middleware. Absent in the first
/// attempt.
///
/// ```
/// # use resilience::reqwest_middleware::ResendCount;
/// fn resend_count(extensions: &http::Extensions) -> u32 {
///     extensions.get::<ResendCount>().map_or(0, |count| count.get())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResendCount(pub(super) u32);

impl ResendCount {
    /// The number, from 1: `http.request.resend_count` in OpenTelemetry's conventions.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// The end of an attempt.
pub(super) enum SendOutcome {
    /// The request was sent. The circuit's hint about the next attempt.
    Sent(Result<Response, Error>, RejectionHint),
    /// The circuit rejected it.
    Rejected(CircuitOpen),
}

/// One attempt: a request and the rest of the chain of middleware.
pub(super) struct RequestAttempt<'a> {
    pub(super) next: Next<'a>,
    pub(super) request: Request,
    /// How often it was sent before.
    pub(super) resends: u32,
    pub(super) name: &'a str,
}

impl RequestAttempt<'_> {
    /// Sends the request, if the `circuit` admits it.
    pub(super) async fn send(
        self,
        extensions: &mut Extensions,
        circuit: Option<Arc<CircuitBreaker>>,
        cut: &Cut,
    ) -> SendOutcome {
        let Some(circuit) = circuit else { return SendOutcome::Sent(self.pass_on(extensions).await, None) };
        let mut permit = match circuit.acquire_async() {
            Ok(permit) => permit.under::<false>(cut),
            Err(open) => return SendOutcome::Rejected(open),
        };
        let mut sent = pin!(self.pass_on(extensions));
        let result = poll_fn(|cx| permit.poll(sent.as_mut(), cx)).await;
        let (result, told) = report(permit.ended(), result);
        SendOutcome::Sent(result, told)
    }

    async fn pass_on(self, extensions: &mut Extensions) -> Result<Response, Error> {
        let Self { next, request, resends, name } = self;
        if resends > 0 {
            extensions.insert(ResendCount(resends));
        }
        let span = RequestSpan::begin(name, &request, resends);
        let result = span.around(next.run(request, extensions)).await;
        span.end(&result);
        result
    }
}

/// Reports the result to the circuit. Returns it, and whether the circuit rejects the next attempt.
fn report(permit: Permit<'_>, result: Result<Response, Error>) -> (Result<Response, Error>, RejectionHint) {
    match is_failure(&result) {
        None => {
            permit.ignore();
            (result, None)
        }
        Some(false) => (permit.succeeded(result), None),
        Some(true) => {
            let next = permit.next_call();
            let result = permit.failed(result, |result, line| line.display(ResponseText(result)));
            (result, next.rejected(None))
        }
    }
}
