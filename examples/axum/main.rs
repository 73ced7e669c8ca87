//! A server whose handlers use a service that is down: the circuit answers 503 at once, and a client with retries.
//!
//! `cargo run --example axum`

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::error_handling::HandleErrorLayer;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{BoxError, Router};
use reqwest_middleware::ClientBuilder;
use resilience::reqwest_middleware::ResilienceMiddleware;
use resilience::tower::{CircuitLayer, Verdict};
use resilience::{CircuitConfig, CircuitOpen, RetryPolicy, circuit, circuits};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower::timeout::TimeoutLayer;

/// Of the client.
const POLICY: RetryPolicy =
    RetryPolicy::new().times(5).interval(Duration::from_millis(50)).deadline(Duration::from_secs(10));

/// The calls that the handlers have made.
static CALLS: AtomicU32 = AtomicU32::new(0);

/// Configures the circuit that the layer below shares.
#[circuit(name = "warehouse", failure_threshold = 3, recovery_timeout = 100ms)]
async fn is_warehouse_up() -> Result<(), CircuitOpen> {
    Ok(())
}

/// The first call hangs, the next two fail, then the warehouse is up again.
async fn stock() -> Response {
    match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => std::future::pending().await,
        1 | 2 => (StatusCode::BAD_GATEWAY, "the warehouse is down").into_response(),
        _ => "7 in stock".into_response(),
    }
}

/// 5xx and time limits are failures of the warehouse.
fn judge(result: &Result<Response, BoxError>) -> Verdict {
    match result {
        Ok(response) if !response.status().is_server_error() => Verdict::Success,
        _ => Verdict::Failure,
    }
}

/// Errors of the layers below become responses: `CircuitOpen` and tower's `Elapsed`.
async fn answer(error: BoxError) -> Response {
    match error.downcast_ref::<CircuitOpen>() {
        Some(open) => {
            let seconds = open.retry_after().map_or(1, |left| left.as_secs() + 1).to_string();
            (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", seconds)], open.to_string()).into_response()
        }
        None => (StatusCode::GATEWAY_TIMEOUT, error.to_string()).into_response(),
    }
}

fn app() -> Router {
    let layers = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(answer))
        .layer(CircuitLayer::named("warehouse").judge(judge))
        .layer(TimeoutLayer::new(Duration::from_millis(50)));
    // A route without other layers' errors: `on_open` makes the response.
    let health = CircuitLayer::named("health").on_open(|open| {
        let answer: Result<Response, Infallible> =
            Ok((StatusCode::SERVICE_UNAVAILABLE, open.to_string()).into_response());
        answer
    });
    Router::new().route("/stock", get(stock).layer(layers)).route(
        "/health",
        get(async || if is_warehouse_up().await.is_ok() { "up" } else { "down" }).layer(health),
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app()).await });

    println!("without retries:");
    let plain = reqwest::Client::builder().no_proxy().build()?;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = plain.get(format!("{server}/stock")).send().await?;
        statuses.push(response.status().as_u16());
        println!("  {} {:?}", response.status(), response.text().await?);
    }
    assert_eq!(statuses, [504, 502, 502, 503], "three failures open the circuit");
    assert_eq!(CALLS.load(Ordering::Relaxed), 3, "a rejected request does not reach the handler");
    assert!(circuits().get("warehouse").is_some_and(|circuit| circuit.is_open()));
    println!("  the warehouse is {}", plain.get(format!("{server}/health")).send().await?.text().await?);

    println!("with retries, which respect `Retry-After: 1`:");
    let middleware = ResilienceMiddleware::new(POLICY).name("stock").circuit_per_host(CircuitConfig::new());
    let client = ClientBuilder::new(plain).with(middleware).build();
    let response = client.get(format!("{server}/stock")).send().await?;
    assert_eq!(response.status(), 200);
    println!("  {} {:?}", response.status(), response.text().await?);
    assert!(circuits().all_closed());
    Ok(())
}
