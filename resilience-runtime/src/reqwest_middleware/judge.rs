//! The rules of HTTP: what is repeated, and what is a failure of the host.

use std::error::Error as _;
use std::fmt;

use ::reqwest_middleware::Error;
use http::{Method, StatusCode};
use reqwest::{Request, Response};

use crate::circuit::CircuitOpen;

/// Whether the server handles a repetition as it handles the request itself.
pub(super) fn is_idempotent(request: &Request) -> bool {
    const METHODS: [Method; 6] =
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE, Method::PUT, Method::DELETE];
    METHODS.contains(request.method()) || request.headers().contains_key("idempotency-key")
}

/// Whether another attempt may succeed.
pub(super) fn is_transient(result: &Result<Response, Error>) -> bool {
    const STATUSES: [StatusCode; 4] = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    match result {
        Ok(response) => STATUSES.contains(&response.status()),
        Err(Error::Middleware(_)) => false,
        Err(Error::Reqwest(error)) => {
            let is_lasting =
                error.is_builder() || error.is_redirect() || error.is_body() || error.is_decode();
            !is_lasting && (error.is_connect() || error.is_timeout() || error.is_request())
        }
    }
}

/// Whether the host has failed. `None`: the result says nothing about it.
pub(super) fn is_failure(result: &Result<Response, Error>) -> Option<bool> {
    match result {
        Ok(response) => Some(response.status().is_server_error()),
        Err(error) if error.is_builder() => None,
        // A circuit of an inner middleware has rejected the request: the host was not called.
        Err(Error::Middleware(error)) if error.chain().any(<dyn std::error::Error>::is::<CircuitOpen>) => {
            None
        }
        Err(_) => Some(true),
    }
}

/// The text of a result that is not good: the status, or the kind of error and its first cause. The text of a `reqwest`
/// error would include the URL, which may contain secrets.
pub(super) struct ResponseText<'a>(pub(super) &'a Result<Response, Error>);

impl fmt::Display for ResponseText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.0 {
            Ok(response) => return write!(f, "status {}", response.status()),
            Err(Error::Middleware(error)) => return error.fmt(f),
            Err(Error::Reqwest(error)) => error,
        };
        f.write_str(match () {
            () if error.is_connect() => "cannot connect",
            () if error.is_timeout() => "timed out",
            () if error.is_builder() => "invalid request",
            () if error.is_redirect() => "cannot follow a redirect",
            () if error.is_body() || error.is_decode() => "invalid body",
            () => "request failed",
        })?;
        let mut source = error.source();
        while let Some(next) = source.and_then(std::error::Error::source) {
            source = Some(next);
        }
        source.map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}
