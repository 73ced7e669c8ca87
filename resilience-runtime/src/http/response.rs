use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::HttpError;
use super::budget::Exhausted;
use super::error::{HttpErrorKind, redacted};

/// A response with its whole body. Clones share the body.
///
/// The body is decoded once, on first use.
/// ```
/// use resilience::http::{HttpPoll, HttpPollError, status};
///
/// async fn version(url: &str) -> Result<String, HttpPollError> {
///     let response = HttpPoll::get(url).until(status(200)).run().await?;
///     let body: serde_json::Value = response.json()?;
///     Ok(body["version"].to_string())
/// }
/// ```
#[derive(Clone)]
pub struct HttpResponse(Arc<Parts>);

struct Parts {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    text: OnceLock<Result<String, String>>,
    json: OnceLock<Result<Value, String>>,
    /// Its `Retry-After`, if that ended the poll.
    too_long: OnceLock<Duration>,
}

impl HttpResponse {
    pub(super) fn new(url: Url, status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let (text, json, too_long) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self(Arc::new(Parts { url, status, headers, body, text, json, too_long }))
    }

    /// The wait that it requests is too long, and ends the poll.
    pub(super) fn ends(&self, wait: Duration) {
        self.0.too_long.get_or_init(|| wait);
    }

    /// The requested wait that ended the poll. [`Duration::MAX`]: one beyond `max_retry_after`.
    pub(super) fn ended(&self) -> Option<Duration> {
        self.0.too_long.get().copied()
    }

    /// Reads the whole body of a `reqwest` response, without a limit on its size: for functions under `#[poll]` that use conditions.
    ///
    /// # Errors
    /// If the body is incomplete.
    pub async fn read(response: reqwest::Response) -> Result<Self, HttpError> {
        Self::read_at_most(response, usize::MAX).await
    }

    pub(super) async fn read_at_most(
        mut response: reqwest::Response,
        most: usize,
    ) -> Result<Self, HttpError> {
        let url = response.url().clone();
        let mut body = Vec::new();
        let too_large = || {
            let message = format!("response body exceeds the {most} bytes of `max_body`");
            HttpError::new(HttpErrorKind::Body, Some(&url), message)
        };
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(too_large());
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| HttpError::of_request(&url, error))? {
            if body.len() + chunk.len() > most {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self::new(url, status, headers, body.into()))
    }

    /// The URL of the response, after redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0.url
    }

    /// The status, which compares with a number.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The body.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0.body
    }

    /// The body as text, in the encoding of its `Content-Type`, by default UTF-8.
    ///
    /// # Errors
    /// If the body is not valid in this encoding.
    pub fn text(&self) -> Result<&str, HttpError> {
        match self.0.text.get_or_init(|| self.decode()) {
            Ok(text) => Ok(text),
            Err(message) => Err(self.undecodable(message)),
        }
    }

    /// The body, deserialized from JSON.
    ///
    /// # Errors
    /// If the body is not JSON (with line and column), or not a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        serde_json::from_slice(self.unmarked()).map_err(|error| {
            self.undecodable(&format!("response body is not of the requested type: {error}"))
        })
    }

    /// The JSON value for conditions, parsed once.
    pub(super) fn value(&self) -> Result<&Value, HttpError> {
        let read = || {
            serde_json::from_slice(self.unmarked())
                .map_err(|error| format!("response body is not JSON: {error}"))
        };
        self.0.json.get_or_init(read).as_ref().map_err(|message| self.undecodable(message))
    }

    /// Some servers send a byte order mark, which is not JSON.
    fn unmarked(&self) -> &[u8] {
        self.0.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.0.body)
    }

    pub(super) fn place(&self) -> String {
        redacted(&self.0.url)
    }

    fn decode(&self) -> Result<String, String> {
        let content_type = self.0.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let charset = content_type.and_then(|value| {
            value.split(';').skip(1).find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
            })
        });
        let encoding = charset.and_then(|name| Encoding::for_label(name.as_bytes())).unwrap_or(UTF_8);
        let (text, used, bad) = encoding.decode(&self.0.body);
        if bad { Err(format!("response body is not valid {}", used.name())) } else { Ok(text.into_owned()) }
    }

    pub(super) fn not_evaluated(&self, what: &str, exhausted: Exhausted) -> HttpError {
        self.undecodable(&format!("{what} on the response body {exhausted}"))
    }

    fn undecodable(&self, message: &str) -> HttpError {
        HttpError::new(HttpErrorKind::Decode, Some(&self.0.url), message)
    }
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("url", &self.place())
            .field("status", &self.0.status.as_u16())
            .field("bytes", &self.0.body.len())
            .finish_non_exhaustive()
    }
}
