use std::error::Error;
use std::fmt;

use reqwest::Url;

/// An error of one request, or of its response.
///
/// Its message names the URL without credentials and query.
/// ```
/// use resilience::http::{HttpPoll, status};
///
/// let poll = HttpPoll::get("http://server/job")
///     .until(status(200))
///     .ignore(|error| error.is_connect() || error.is_timeout());
/// # drop(poll);
/// ```
#[derive(Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    place: String,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpErrorKind {
    Connect,
    /// While connecting.
    ConnectTimeout,
    Timeout,
    Request,
    Decode,
    Body,
    Settings,
}

impl HttpError {
    pub(super) fn new(kind: HttpErrorKind, url: Option<&Url>, message: impl Into<String>) -> Self {
        Self { kind, place: url.map(redacted).unwrap_or_default(), message: message.into(), source: None }
    }

    /// The poller itself is invalid.
    pub(super) fn settings(message: impl Into<String>) -> Self {
        Self::new(HttpErrorKind::Settings, None, message)
    }

    pub(super) fn caused(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(super) fn of_request(url: &Url, error: reqwest::Error) -> Self {
        let (kind, message) = if error.is_timeout() && error.is_connect() {
            (HttpErrorKind::ConnectTimeout, "connection timed out")
        } else if error.is_timeout() {
            (HttpErrorKind::Timeout, "timed out")
        } else if error.is_connect() {
            (HttpErrorKind::Connect, "connection failed")
        } else if error.is_body() || error.is_decode() {
            (HttpErrorKind::Body, "response body is incomplete")
        } else if error.is_redirect() {
            (HttpErrorKind::Request, "too many redirects")
        } else {
            (HttpErrorKind::Request, "request failed")
        };
        // The cause would print the whole URL.
        Self::new(kind, Some(url), message).caused(error.without_url())
    }

    /// The connection failed: name resolution, TCP or TLS, or a timeout of these.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.kind, HttpErrorKind::Connect | HttpErrorKind::ConnectTimeout)
    }

    /// An attempt took longer than `attempt_timeout`, or than the client allows.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, HttpErrorKind::Timeout | HttpErrorKind::ConnectTimeout)
    }

    /// The request failed on an established connection: closed by the server, not HTTP, or too many redirects.
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.kind == HttpErrorKind::Request
    }

    /// The body could not be decoded as the JSON or text that a condition needs.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.kind == HttpErrorKind::Decode
    }

    /// The body is incomplete, or longer than `max_body`.
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.kind == HttpErrorKind::Body
    }

    /// The poller itself is invalid: no condition, an invalid URL or condition, or a client that cannot be built. No request was
    /// sent.
    #[must_use]
    pub fn is_settings(&self) -> bool {
        self.kind == HttpErrorKind::Settings
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)?;
        let mut source = self.source.as_deref().map(|source| source as &dyn Error);
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The URL without name, password and query, which must not be logged.
pub(super) fn redacted(url: &Url) -> String {
    let mut text = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    let port = url.port().map(|port| format!(":{port}"));
    let query = if url.query().is_some() { "?.." } else { "" };
    text.extend([port.as_deref().unwrap_or_default(), url.path(), query]);
    text
}
