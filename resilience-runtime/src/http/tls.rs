use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use reqwest::{ClientBuilder, Url};

use super::HttpError;
use super::error::HttpErrorKind;

/// Settings of TLS, for the built-in client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tls {
    pub(super) accept_invalid_certs: bool,
    pub(super) ca_bundle: Option<PathBuf>,
}

/// The contents of a CA bundle.
pub(super) type Pem = Vec<u8>;

/// A browser's list of authorities takes 200 KiB.
const MAX_CA_BUNDLE: u64 = 4 << 20;

const IS_SUPPORTED: bool = cfg!(any(feature = "http-rustls", feature = "http-native-tls"));

/// Rejects an `https` URL if the built-in client has no TLS.
pub(super) fn check_scheme(url: &Url) -> Result<(), HttpError> {
    if url.scheme() == "https" && !IS_SUPPORTED { Err(unsupported(Some(url), "`https`")) } else { Ok(()) }
}

fn unsupported(url: Option<&Url>, what: &str) -> HttpError {
    let message = format!(
        "{what} needs the feature `http-rustls` or `http-native-tls` of `resilience-runtime`, or a client of your own"
    );
    HttpError::new(HttpErrorKind::Settings, url, message)
}

impl Tls {
    /// Rejects settings and a URL that need TLS, without TLS.
    pub(super) fn check(&self, url: &Url) -> Result<(), HttpError> {
        if self.is_set() && !IS_SUPPORTED {
            return Err(unsupported(None, "`verify` or `ca_bundle`"));
        }
        check_scheme(url)
    }

    pub(super) fn is_set(&self) -> bool {
        *self != Self::default()
    }

    /// Reads the CA bundle, which blocks.
    pub(super) fn read(&self) -> Result<Option<Pem>, HttpError> {
        let Some(path) = &self.ca_bundle else { return Ok(None) };
        let unreadable = |error: std::io::Error| self.invalid(&format!("cannot be read: {error}"));
        // Opening a named pipe would block.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(self.invalid("cannot be read: expected a regular file"));
        }
        let mut pem = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_CA_BUNDLE + 1).read_to_end(&mut pem))
            .map_err(unreadable)?;
        if pem.len() as u64 > MAX_CA_BUNDLE {
            return Err(self.invalid(&format!("are too large: more than {} MiB", MAX_CA_BUNDLE >> 20)));
        }
        Ok(Some(pem))
    }

    fn invalid(&self, message: &str) -> HttpError {
        let path = self.ca_bundle.as_deref().unwrap_or("".as_ref()).display();
        HttpError::new(HttpErrorKind::Settings, None, format!("the certificates in {path} {message}"))
    }

    #[cfg(not(any(feature = "http-rustls", feature = "http-native-tls")))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with TLS")]
    pub(super) fn apply(&self, client: ClientBuilder, _: Option<&Pem>) -> Result<ClientBuilder, HttpError> {
        Ok(client)
    }

    /// Configures a client.
    #[cfg(any(feature = "http-rustls", feature = "http-native-tls"))]
    pub(super) fn apply(&self, client: ClientBuilder, pem: Option<&Pem>) -> Result<ClientBuilder, HttpError> {
        // With both, `reqwest` would take the other.
        #[cfg(feature = "http-rustls")]
        let client = client.tls_backend_rustls();
        let client = client.tls_danger_accept_invalid_certs(self.accept_invalid_certs);
        let Some(pem) = pem else { return Ok(client) };
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|error| self.invalid(&format!("are invalid: {}", error.without_url())))?;
        if certificates.is_empty() {
            return Err(self.invalid("are invalid: expected a PEM certificate, found none"));
        }
        Ok(client.tls_certs_merge(certificates))
    }
}
