use ::reqwest_middleware::Error;
use reqwest::{Request, Response};

/// The span of an attempt, with the fields of OpenTelemetry's conventions. Without the feature `tracing`, it is empty.
pub(super) struct RequestSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg(feature = "tracing")]
impl RequestSpan {
    pub(super) fn begin(name: &str, request: &Request, resends: u32) -> Self {
        let url = request.url();
        let span = tracing::info_span!(
            target: "resilience",
            "http.request",
            resilience.name = name,
            http.request.method = request.method().as_str(),
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            http.request.resend_count = (resends > 0).then_some(resends),
            http.response.status_code = tracing::field::Empty,
        );
        Self { span }
    }

    pub(super) fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        tracing::Instrument::instrument(future, self.span.clone())
    }

    pub(super) fn end(&self, result: &Result<Response, Error>) {
        if let Ok(response) = result {
            self.span.record("http.response.status_code", response.status().as_u16());
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self, reason = "as with the feature")]
impl RequestSpan {
    pub(super) fn begin(_: &str, _: &Request, _: u32) -> Self {
        Self {}
    }

    pub(super) fn around<F>(&self, future: F) -> F {
        future
    }

    pub(super) fn end(&self, _: &Result<Response, Error>) {}
}
