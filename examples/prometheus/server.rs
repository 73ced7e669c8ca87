//! The endpoint that Prometheus scrapes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

/// The recorder of the program. Install it before `resilience`, which keeps handles to its metrics.
///
/// Names get the units and the `_total` that Prometheus recommends: `resilience.calls` is `resilience_calls_total`.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
    let handle = PrometheusBuilder::new()
        .with_recommended_naming(true)
        .set_buckets_for_metric(Matcher::Suffix("duration".into()), &seconds)?
        .set_buckets_for_metric(Matcher::Full("resilience.retry.wait".into()), &seconds)?
        .set_buckets_for_metric(Matcher::Suffix("attempts".into()), &[1.0, 2.0, 3.0, 5.0, 10.0])?
        .install_recorder()?;
    resilience::metrics::install();
    Ok(handle)
}

/// Serves `/metrics` on a free port of this machine until the program ends.
pub(crate) async fn serve(handle: PrometheusHandle) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let upkeep = handle.clone();
    let router = Router::new().route("/metrics", get(metrics)).with_state(handle);
    tokio::spawn(async move { axum::serve(listener, router).await });
    // Histograms keep every value until a scrape, or until this upkeep.
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(address)
}

async fn metrics(State(handle): State<PrometheusHandle>) -> String {
    handle.render()
}
