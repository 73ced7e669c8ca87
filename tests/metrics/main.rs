//! Metrics, as Prometheus scrapes them from the server of `examples/prometheus`.

mod batches;
mod calls;
mod circuits;
mod dashboard;
mod scrape;
#[path = "../../examples/prometheus/server.rs"]
mod server;
