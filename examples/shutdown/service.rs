//! The server, and fifty clients that send one request after the other.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use reqwest::RequestBuilder;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::{Backend, BackendError};

const CLIENTS: u32 = 50;

/// The server until it stops.
pub(crate) struct Server {
    serving: JoinHandle<io::Result<()>>,
    clients: JoinSet<Answers>,
}

/// The answers that the clients have received.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) pages: u32,
    /// `503 Service Unavailable`, because the server stops.
    pub(crate) cancelled: u32,
    /// No answer: the server did not accept the request any more.
    pub(crate) unanswered: u32,
}

/// Serves on a free port until the backend's signal.
pub(crate) async fn start(backend: &Arc<Backend>) -> io::Result<Server> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", get(page)).with_state(Arc::clone(backend));
    let signal = backend.shutdown.clone().cancelled_owned();
    let serving =
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(signal).await });
    // The service is on this machine: no proxy.
    let http = reqwest::Client::builder().no_proxy().build().map_err(io::Error::other)?;
    let clients = (0..CLIENTS).map(|_| client(http.get(&url), Arc::clone(backend))).collect();
    Ok(Server { serving, clients })
}

async fn page(State(backend): State<Arc<Backend>>) -> (StatusCode, String) {
    match backend.fetch().await {
        Ok(page) => (StatusCode::OK, page.into()),
        Err(error @ BackendError::Cancelled(_)) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()),
    }
}

async fn client(request: RequestBuilder, backend: Arc<Backend>) -> Answers {
    let mut answers = Answers::default();
    while !backend.shutdown.is_cancelled() {
        let Some(request) = request.try_clone() else { break };
        match request.send().await.map(|answer| answer.status()) {
            Ok(StatusCode::OK) => answers.pages += 1,
            Ok(StatusCode::SERVICE_UNAVAILABLE) => answers.cancelled += 1,
            _ => answers.unanswered += 1,
        }
    }
    answers
}

impl Server {
    /// Waits until no request is running.
    pub(crate) async fn stopped(self) -> io::Result<Answers> {
        let mut all = Answers::default();
        for answers in self.clients.join_all().await {
            all.pages += answers.pages;
            all.cancelled += answers.cancelled;
            all.unanswered += answers.unanswered;
        }
        self.serving.await??;
        Ok(all)
    }
}
