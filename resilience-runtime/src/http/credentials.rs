use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::HeaderValue;

/// A URL without credentials, and its credentials as a header.
pub(super) fn without_credentials(mut url: Url) -> (Url, Option<HeaderValue>) {
    if url.username().is_empty() && url.password().is_none() {
        return (url, None);
    }
    let mut credentials: Vec<u8> = percent_decode_str(url.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(url.password().unwrap_or_default()));
    // A URL with credentials is valid without them.
    let _ = (url.set_username(""), url.set_password(None));
    (url, basic(&credentials))
}

/// For `Authorization: Basic`, from `name:password`.
pub(super) fn basic(credentials: &[u8]) -> Option<HeaderValue> {
    use base64::Engine as _;
    secret(&format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(credentials)))
}

/// A value that is not logged. `None`: it is not the value of a header.
pub(super) fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}
