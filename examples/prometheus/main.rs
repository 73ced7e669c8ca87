//! Metrics of calls and circuits, in the text format of Prometheus: `cargo run --example prometheus`.
//!
//! [`server.rs`](server) serves `/metrics`. The program makes some calls, scrapes itself once, and prints what it finds. A
//! wrong count makes it fail.

mod server;

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience::{CircuitOpen, circuit, retry};

/// Every third request fails.
fn request(number: u32) -> Result<u32, String> {
    if number % 3 == 0 { Err(format!("request {number} was lost")) } else { Ok(number) }
}

#[retry(times = 2, interval = 10ms, name = "stock.read")]
async fn read_stock(requests: &AtomicU32) -> Result<u32, String> {
    request(requests.fetch_add(1, Ordering::Relaxed))
}

#[derive(Debug, thiserror::Error)]
enum PayError {
    #[error("the gateway is down")]
    Down,
    #[error(transparent)]
    Open(#[from] CircuitOpen),
}

#[circuit(name = "payments", failure_threshold = 3)]
async fn pay() -> Result<(), PayError> {
    Err(PayError::Down)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = server::serve(server::install()?).await?;

    let requests = AtomicU32::new(1);
    for _ in 0..20 {
        read_stock(&requests).await?;
    }
    let mut refused = 0;
    for _ in 0..5 {
        refused += u32::from(matches!(pay().await, Err(PayError::Open(_))));
    }

    let text = reqwest::get(format!("http://{address}/metrics")).await?.error_for_status()?.text().await?;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.contains("_bucket")) {
        println!("{line}");
    }
    let count = |name: &str, label: &str| -> u64 {
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    };
    // 20 calls took 29 requests, of which every third was lost.
    expect(count("resilience_calls_total", "name=\"stock.read\"") == 20)?;
    expect(count("resilience_calls_total", "outcome=\"after_retry\"") == 9)?;
    expect(count("resilience_retry_wait_seconds_count", "name=\"stock.read\"") == 9)?;
    expect(count("resilience_circuit_state", "name=\"payments\",state=\"open\"") == 1 && refused == 2)?;
    Ok(())
}

fn expect(holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err("the metrics do not match the calls".into()) }
}
