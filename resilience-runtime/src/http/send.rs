//! Sends one request: replaces idle connections that the server closed, and follows redirects.

use std::error::Error;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Client, Request, Response};

use super::HttpError;
use super::error::HttpErrorKind;
use super::redirect::{MAX_REDIRECTS, redirect};

/// A caller's client may hand out one stale connection after another. Clients and proxies usually repeat twice.
const MAX_REPEATS: u32 = 2;

/// The client that sends requests.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: Client,
    /// Of the built-in client, which follows no redirects. A caller's client has its own redirect policy and pool.
    connections: Option<Arc<Connections>>,
}

impl Sender {
    pub(super) fn own(client: Client) -> Self {
        Self { client, connections: Some(Arc::default()) }
    }

    pub(super) const fn given(client: Client) -> Self {
        Self { client, connections: None }
    }

    /// Sends `request`. Repetitions and redirects are part of one attempt.
    pub(super) async fn send(&self, mut request: Request) -> Result<Response, HttpError> {
        let mut repeats = 0;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&request, &mut repeats).await?;
            let is_own = self.connections.is_some();
            if !(is_own && redirect(&mut request, response.status(), response.headers())?) {
                return Ok(response);
            }
        }
        let message = format!("too many redirects: more than {MAX_REDIRECTS}");
        Err(HttpError::new(HttpErrorKind::Request, Some(request.url()), message))
    }

    async fn send_once(&self, request: &Request, repeats: &mut u32) -> Result<Response, HttpError> {
        let url = request.url();
        loop {
            match self.client.execute(copy(request)?).await {
                Ok(response) => {
                    self.remember(&response);
                    return Ok(response);
                }
                Err(error)
                    if *repeats < MAX_REPEATS
                        && request.method().is_idempotent()
                        && self.was_idle(&error)
                        && closed(&error) =>
                {
                    *repeats += 1;
                }
                Err(error) => return Err(HttpError::of_request(url, error)),
            }
        }
    }

    fn remember(&self, response: &Response) {
        if let (Some(connections), Some(info)) = (&self.connections, response.extensions().get::<HttpInfo>())
        {
            connections.remember(info);
        }
    }

    /// Whether the request may have been sent on an idle connection. Of a caller's client this is unknown: other code may have
    /// used its connections.
    fn was_idle(&self, error: &reqwest::Error) -> bool {
        match &self.connections {
            Some(connections) => {
                connection_of(error).is_some_and(|connection| connections.knows(&connection))
            }
            None => !error.is_connect(),
        }
    }
}

/// A copy of a request, for one attempt.
pub(super) fn copy(request: &Request) -> Result<Request, HttpError> {
    request.try_clone().ok_or_else(|| {
        HttpError::settings("expected a request body of bytes, found a stream, which can be sent only once")
    })
}

/// The latest connections with a response, by a hash of their addresses. A request that fails on one of these was sent on an
/// idle connection.
#[derive(Debug)]
pub(super) struct Connections {
    /// Relaxed: entries are independent. A request on a connection that is missed here is not repeated.
    known: [AtomicU64; MAX_CONNECTIONS],
    next: AtomicUsize,
}

/// A client rarely keeps more connections to the origins of one poller.
const MAX_CONNECTIONS: usize = 256;

impl Default for Connections {
    fn default() -> Self {
        Self { known: [const { AtomicU64::new(0) }; MAX_CONNECTIONS], next: AtomicUsize::new(0) }
    }
}

impl Connections {
    fn remember(&self, info: &HttpInfo) {
        if !self.knows(info) {
            let next = self.next.fetch_add(1, Relaxed) % MAX_CONNECTIONS;
            self.known[next].store(Self::hash(info), Relaxed);
        }
    }

    fn knows(&self, info: &HttpInfo) -> bool {
        let hash = Self::hash(info);
        self.known.iter().any(|known| known.load(Relaxed) == hash)
    }

    /// Never zero, which means no connection.
    fn hash(info: &HttpInfo) -> u64 {
        let mut hasher = DefaultHasher::new();
        (info.local_addr(), info.remote_addr()).hash(&mut hasher);
        hasher.finish() | 1
    }
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |error| <dyn Error>::source(*error))
}

/// The connection of the request. Unknown if `reqwest` uses another version of `hyper-util`: then nothing is repeated.
fn connection_of(error: &reqwest::Error) -> Option<HttpInfo> {
    let error = causes(error).find_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())?;
    let mut extensions = hyper::http::Extensions::new();
    error.connect_info()?.get_extras(&mut extensions);
    extensions.remove()
}

/// Whether the connection was closed before the head of a response arrived.
fn closed(error: &reqwest::Error) -> bool {
    error.is_request()
        && !error.is_timeout()
        && causes(error).any(|error| {
            if let Some(error) = error.downcast_ref::<hyper::Error>() {
                return error.is_incomplete_message() || error.is_canceled() || error.is_closed();
            }
            let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
            matches!(
                kind,
                Some(
                    io::ErrorKind::ConnectionReset
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::BrokenPipe
                        | io::ErrorKind::NotConnected
                        | io::ErrorKind::UnexpectedEof
                )
            )
        })
}
