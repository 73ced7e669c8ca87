//! The service: every path is unreliable in its own way.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::sleep;

#[derive(Default)]
struct Service {
    job_asked_for: OnceLock<Instant>,
    page_requests: AtomicU32,
    rows_requests: AtomicU32,
    price_requests: AtomicU32,
}

type Answer = (StatusCode, &'static str);

/// Serves on a free port until the program ends.
pub(crate) async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/jobs/7", get(job))
        .route("/page", get(page))
        .route("/rows", get(rows))
        .route("/report", get(report))
        .route("/price", get(price))
        .with_state(Arc::new(Service::default()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Appears half a second after the first request.
async fn job(State(service): State<Arc<Service>>) -> Answer {
    let asked_for = service.job_asked_for.get_or_init(Instant::now);
    if asked_for.elapsed() < Duration::from_millis(500) {
        (StatusCode::NOT_FOUND, "no such job")
    } else {
        (StatusCode::OK, "job 7")
    }
}

/// Fails twice.
async fn page(State(service): State<Arc<Service>>) -> Answer {
    match service.page_requests.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => (StatusCode::BAD_GATEWAY, "starting up"),
        _ => (StatusCode::OK, "the page"),
    }
}

/// Hangs, then is busy, then responds.
async fn rows(State(service): State<Arc<Service>>) -> Answer {
    match service.rows_requests.fetch_add(1, Ordering::Relaxed) {
        0 => {
            sleep(Duration::from_secs(60)).await;
            (StatusCode::OK, "too late")
        }
        1 => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        _ => (StatusCode::OK, "3 rows"),
    }
}

/// Never works.
async fn report() -> Answer {
    (StatusCode::INTERNAL_SERVER_ERROR, "broken")
}

/// Down for two requests.
async fn price(State(service): State<Arc<Service>>) -> Answer {
    match service.price_requests.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => (StatusCode::INTERNAL_SERVER_ERROR, "closed for stocktaking"),
        _ => (StatusCode::OK, "42"),
    }
}
