//! The server, and fifty clients that send one request after the other.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
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
    /// Any other answer.
    pub(crate) failed: u32,
}

/// Serves on a free port until the backend's signal.
pub(crate) async fn start(backend: &Arc<Backend>) -> io::Result<Server> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let router = Router::new().route("/", get(page)).with_state(Arc::clone(backend));
    let signal = backend.shutdown.clone().cancelled_owned();
    let serving =
        tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(signal).await });
    let clients = (0..CLIENTS).map(|_| client(url.clone(), Arc::clone(backend))).collect();
    Ok(Server { serving, clients })
}

async fn page(State(backend): State<Arc<Backend>>) -> (StatusCode, String) {
    match backend.fetch().await {
        Ok(page) => (StatusCode::OK, page.into()),
        Err(error @ BackendError::Cancelled(_)) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()),
    }
}

async fn client(url: String, backend: Arc<Backend>) -> Answers {
    let mut answers = Answers::default();
    // The service is on this machine: no proxy.
    let Ok(http) = reqwest::Client::builder().no_proxy().build() else { return answers };
    while !backend.shutdown.is_cancelled() {
        let status = http.get(&url).send().await.map(|answer| answer.status());
        match status {
            Ok(StatusCode::OK) => answers.pages += 1,
            Ok(StatusCode::SERVICE_UNAVAILABLE) => answers.cancelled += 1,
            _ => answers.failed += 1,
        }
    }
    answers
}

impl Server {
    /// Waits until every request has its answer.
    pub(crate) async fn stopped(self) -> io::Result<Answers> {
        let mut all = Answers::default();
        for answers in self.clients.join_all().await {
            all.pages += answers.pages;
            all.cancelled += answers.cancelled;
            all.failed += answers.failed;
        }
        self.serving.await??;
        Ok(all)
    }
}
