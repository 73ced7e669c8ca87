use std::error::Error;
use std::fmt;

use reqwest::Url;

/// What went wrong with one request, or with its answer.
///
/// Its message names the address without credentials and without the query.
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

    pub(super) fn caused(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    pub(super) fn of_request(url: &Url, error: reqwest::Error) -> Self {
        let (kind, message) = if error.is_timeout() && error.is_connect() {
            (HttpErrorKind::ConnectTimeout, "could not be connected to in time")
        } else if error.is_timeout() {
            (HttpErrorKind::Timeout, "took too long")
        } else if error.is_connect() {
            (HttpErrorKind::Connect, "could not be connected to")
        } else if error.is_body() || error.is_decode() {
            (HttpErrorKind::Body, "broke off in its answer")
        } else if error.is_redirect() {
            (HttpErrorKind::Request, "led in circles")
        } else {
            (HttpErrorKind::Request, "did not answer the request")
        };
        // It would name the address with everything in it.
        Self::new(kind, Some(url), message).caused(error.without_url())
    }

    /// The other side could not be reached: no address, no connection, no TLS, or not in time.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.kind, HttpErrorKind::Connect | HttpErrorKind::ConnectTimeout)
    }

    /// An attempt took longer than `attempt_timeout`, or than the client allows.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, HttpErrorKind::Timeout | HttpErrorKind::ConnectTimeout)
    }

    /// The request failed after the connection was made: the other side hung up, spoke no HTTP, or sent it in circles.
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.kind == HttpErrorKind::Request
    }

    /// The body is not what a condition looks for: no JSON, or no text.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.kind == HttpErrorKind::Decode
    }

    /// The answer began, and its body broke off, or is longer than `max_body`.
    #[must_use]
    pub fn is_body(&self) -> bool {
        self.kind == HttpErrorKind::Body
    }

    /// The poller itself makes no sense: it has no condition, its address or a condition of it cannot be read, or its client
    /// could not be made. No request was sent.
    #[must_use]
    pub fn is_settings(&self) -> bool {
        self.kind == HttpErrorKind::Settings
    }
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{} ", self.place)?;
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

/// Without what must not stand in a log: name, password and query.
pub(super) fn redacted(url: &Url) -> String {
    let mut text = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    let port = url.port().map(|port| format!(":{port}"));
    let query = if url.query().is_some() { "?.." } else { "" };
    text.extend([port.as_deref().unwrap_or_default(), url.path(), query]);
    text
}
