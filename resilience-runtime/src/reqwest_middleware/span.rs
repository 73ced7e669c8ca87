use ::reqwest_middleware::Error;
use reqwest::{Request, Response};
use tracing::field::Empty;
use tracing::instrument::Instrumented;
use tracing::{Instrument, Span, info_span};

/// The span of an attempt, with the fields of OpenTelemetry's conventions.
pub(super) struct RequestSpan(Span);

impl RequestSpan {
    pub(super) fn begin(name: &str, request: &Request, resends: u32) -> Self {
        let url = request.url();
        Self(info_span!(
            target: "resilience",
            "http.request",
            resilience.name = name,
            http.request.method = request.method().as_str(),
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.request.resend_count = (resends > 0).then_some(resends),
            http.response.status_code = Empty,
        ))
    }

    pub(super) fn around<F>(&self, future: F) -> Instrumented<F> {
        future.instrument(self.0.clone())
    }

    pub(super) fn end(&self, result: &Result<Response, Error>) {
        if let Ok(response) = result {
            self.0.record("http.response.status_code", response.status().as_u16());
        }
    }
}
