//! Redirects of the built-in client, which keep the headers of one origin from another.

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, PRAGMA, TRANSFER_ENCODING, USER_AGENT,
};
use reqwest::{Method, Request, StatusCode, Url};

use super::HttpError;
use super::error::{HttpErrorKind, redacted};
use super::tls::check_scheme;

/// As in `reqwest`.
pub(super) const MAX_REDIRECTS: usize = 10;

/// Headers that may be sent to another origin: content negotiation and the user agent. They hold no credentials.
const ALLOWED: [HeaderName; 6] =
    [ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, PRAGMA, USER_AGENT];

/// Headers that describe a body, which is dropped where the method becomes `GET`.
const OF_BODY: [HeaderName; 5] =
    [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING];

/// Turns `request` into the redirected one. `false`: the response is not a redirect that can be followed.
pub(super) fn redirect(
    request: &mut Request,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<bool, HttpError> {
    let Some(target) = target(request.url(), status, headers) else { return Ok(false) };
    if !matches!(target.scheme(), "http" | "https") {
        let message = format!("redirected to the scheme `{}`, expected `http` or `https`", target.scheme());
        return Err(HttpError::new(HttpErrorKind::Request, Some(request.url()), message));
    }
    check_scheme(&target)?;
    let method = match status {
        StatusCode::SEE_OTHER if request.method() != Method::HEAD => Method::GET,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if request.method() == Method::POST => Method::GET,
        _ => request.method().clone(),
    };
    if method != *request.method() {
        *request.body_mut() = None;
        for name in OF_BODY {
            request.headers_mut().remove(name);
        }
        *request.method_mut() = method;
    }
    if target.origin() != request.url().origin() {
        if request.body().is_some() {
            let message =
                format!("redirected a request with a body to another origin, {}", redacted(&target));
            return Err(HttpError::new(HttpErrorKind::Request, Some(request.url()), message));
        }
        let all = std::mem::take(request.headers_mut());
        for name in ALLOWED {
            for value in all.get_all(&name) {
                request.headers_mut().append(&name, value.clone());
            }
        }
    }
    *request.url_mut() = target;
    Ok(true)
}

fn target(from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Url> {
    let redirects = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    if !redirects.contains(&status) {
        return None;
    }
    let mut target = from.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    // A server must not choose the credentials.
    let _ = (target.set_username(""), target.set_password(None));
    Some(target)
}
