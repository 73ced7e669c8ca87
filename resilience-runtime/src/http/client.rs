use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Certificate, Client, Url};

use super::HttpError;
use super::error::Kind;

/// How a client of our own is made.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    pub(super) accept_invalid_certs: bool,
    pub(super) ca_bundle: Option<PathBuf>,
    pub(super) attempt_timeout: Option<Duration>,
}

impl Tls {
    pub(super) fn is_set(&self) -> bool {
        self.accept_invalid_certs || self.ca_bundle.is_some()
    }

    pub(super) fn client(&self) -> Result<Client, HttpError> {
        let mut builder = Client::builder().tls_danger_accept_invalid_certs(self.accept_invalid_certs);
        if let Some(path) = &self.ca_bundle {
            let wrong = |message: String| {
                HttpError::new(
                    Kind::Settings,
                    None,
                    format!("the certificates in {} {message}", path.display()),
                )
            };
            let pem = std::fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| wrong(format!("are none: {}", error.without_url())))?;
            if certificates.is_empty() {
                return Err(wrong("are none: there is no PEM certificate in it".into()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map_err(|error| {
            HttpError::new(Kind::Settings, None, "the HTTP client could not be made")
                .caused(error.without_url())
        })
    }
}

/// An address, and what it says about who is asking.
pub(super) fn without_credentials(mut url: Url) -> (Url, Option<HeaderValue>) {
    if url.username().is_empty() && url.password().is_none() {
        return (url, None);
    }
    let mut credentials = unescaped(url.username());
    credentials.push(b':');
    credentials.extend(unescaped(url.password().unwrap_or_default()));
    // An address that has them can be without.
    let _ = (url.set_username(""), url.set_password(None));
    let value = HeaderValue::try_from(format!("Basic {}", base64(&credentials))).ok();
    let value = value.map(|mut value| {
        value.set_sensitive(true);
        value
    });
    (url, value)
}

/// With `%41` as `A`; a `%` that stands for nothing is itself.
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

/// As `Authorization: Basic` wants it.
pub(super) fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
