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
    let value = HeaderValue::try_from(format!("Basic {}", base64(&credentials))).ok();
    let value = value.map(|mut value| {
        value.set_sensitive(true);
        value
    });
    (url, value)
}

/// For `Authorization: Basic`.
pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
