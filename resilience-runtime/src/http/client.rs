use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use reqwest::header::HeaderValue;
use reqwest::{Certificate, Client, Url, redirect};
use tokio::sync::{OnceCell, oneshot};

use super::HttpError;
use super::error::HttpErrorKind;
use super::send::{Connections, Sender};

/// Settings of the built-in client.
#[derive(Clone, Debug, Default)]
pub(super) struct Tls {
    pub(super) accept_invalid_certs: bool,
    pub(super) ca_bundle: Option<PathBuf>,
}

/// A browser's list of authorities takes 200 KiB.
const MAX_CA_BUNDLE: u64 = 4 << 20;

impl Tls {
    pub(super) fn is_set(&self) -> bool {
        self.accept_invalid_certs || self.ca_bundle.is_some()
    }

    fn client(&self) -> Result<Client, HttpError> {
        let mut builder = Client::builder()
            .tls_danger_accept_invalid_certs(self.accept_invalid_certs)
            // Redirects are followed by `send`, which filters the headers.
            .redirect(redirect::Policy::none())
            .referer(false);
        if let Some(path) = &self.ca_bundle {
            builder = builder.tls_certs_merge(certificates(path).map_err(|message| {
                let message = format!("the certificates in {} {message}", path.display());
                HttpError::new(HttpErrorKind::Settings, None, message)
            })?);
        }
        builder.build().map_err(|error| {
            HttpError::new(HttpErrorKind::Settings, None, "cannot build the HTTP client")
                .caused(error.without_url())
        })
    }
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    // Opening a named pipe would block.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("cannot be read: expected a regular file".into());
    }
    let mut pem = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CA_BUNDLE + 1).read_to_end(&mut pem))
        .map_err(unreadable)?;
    if pem.len() as u64 > MAX_CA_BUNDLE {
        return Err(format!("are too large: more than {} MiB", MAX_CA_BUNDLE >> 20));
    }
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| format!("are invalid: {}", error.without_url()))?;
    if certificates.is_empty() {
        return Err("are invalid: expected a PEM certificate, found none".into());
    }
    Ok(certificates)
}

/// The built-in client: built once, by the first attempt that needs it.
#[derive(Debug, Default)]
pub(super) struct OwnClient {
    /// Filled by the thread that builds it, so that the next attempt can use it if this one times out.
    made: Arc<OnceLock<Sender>>,
    /// Lets concurrent runs wait for one thread.
    waited_for: OnceCell<Sender>,
}

impl OwnClient {
    /// Reading certificates blocks, those of the system included. A separate thread does it, which a runtime does not wait
    /// for when it shuts down.
    pub(super) async fn get(&self, tls: &Tls) -> Result<Sender, HttpError> {
        if let Some(sender) = self.made.get() {
            return Ok(sender.clone());
        }
        self.waited_for.get_or_try_init(|| self.make(tls.clone())).await.cloned()
    }

    async fn make(&self, tls: Tls) -> Result<Sender, HttpError> {
        let failed = |cause: &str| {
            HttpError::new(HttpErrorKind::Settings, None, format!("cannot build the HTTP client: {cause}"))
        };
        let (send, receive) = oneshot::channel();
        let made = Arc::clone(&self.made);
        let on_thread = move || {
            let sender = |client| Sender::Own(client, Arc::<Connections>::default());
            let outcome = tls.client().map(|client| made.get_or_init(|| sender(client)).clone());
            // The attempt timed out: the next one uses the client.
            let _ = send.send(outcome);
        };
        let thread = std::thread::Builder::new().name("resilience-http".into()).spawn(on_thread);
        thread.map_err(|error| failed(&error.to_string()))?;
        receive.await.unwrap_or_else(|_| Err(failed("its thread panicked")))
    }
}

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
