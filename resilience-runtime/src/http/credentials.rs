use reqwest::Url;
use reqwest::header::HeaderValue;

/// A URL without credentials, and its credentials as a header.
pub(super) fn without_credentials(mut url: Url) -> (Url, Option<HeaderValue>) {
    if url.username().is_empty() && url.password().is_none() {
        return (url, None);
    }
    let mut credentials = unescaped(url.username());
    credentials.push(b':');
    credentials.extend(unescaped(url.password().unwrap_or_default()));
    // A URL with credentials is valid without them.
    let _ = (url.set_username(""), url.set_password(None));
    let value = HeaderValue::try_from(format!("Basic {}", base64(&credentials))).ok();
    let value = value.map(|mut value| {
        value.set_sensitive(true);
        value
    });
    (url, value)
}

/// Percent-decodes: `%41` is `A`. A `%` without two digits is kept.
fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let digits =
            after.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    bytes
}

/// For `Authorization: Basic`.
pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
