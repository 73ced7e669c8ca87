use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use resilience::RetryPolicy;
use resilience::reqwest_middleware::ResilienceMiddleware;
use tokio::net::TcpListener;

use crate::proxy::{Fault, Proxy};

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Retries a millisecond later.
pub(crate) const fn times(times: u32) -> RetryPolicy {
    RetryPolicy::new().times(times).interval(ms(1))
}

/// What the server has received: method, `Idempotency-Key` and body.
type Received = Arc<Mutex<Vec<(String, Option<String>, Vec<u8>)>>>;

/// An axum server behind a proxy.
pub(crate) struct Server {
    pub(crate) proxy: Proxy,
    received: Received,
}

impl Server {
    pub(crate) async fn behind(faults: impl IntoIterator<Item = Fault>) -> Self {
        let received = Received::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address: SocketAddr = listener.local_addr().expect("it is bound");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { proxy: Proxy::start(address, faults).await, received }
    }

    pub(crate) fn url(&self) -> String {
        self.proxy.url("/orders")
    }

    pub(crate) fn attempts(&self) -> usize {
        self.proxy.connections()
    }

    pub(crate) fn received(&self) -> Vec<(String, Option<String>, Vec<u8>)> {
        self.received.lock().expect("it is not poisoned").clone()
    }
}

async fn answer(
    State(received): State<Received>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> &'static str {
    let key = headers.get("idempotency-key").map(|key| key.to_str().expect("a text").to_owned());
    received.lock().expect("it is not poisoned").push((method.to_string(), key, body.to_vec()));
    "from the server"
}

/// A client that opens a connection for each attempt.
pub(crate) fn plain() -> reqwest::Client {
    reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().expect("a client without TLS")
}

pub(crate) fn client(middleware: ResilienceMiddleware) -> ClientWithMiddleware {
    ClientBuilder::new(plain()).with(middleware).build()
}
