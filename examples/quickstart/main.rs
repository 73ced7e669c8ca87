//! A flaky web service on loopback, and four annotated functions that call it: `cargo run --example quickstart`.
//!
//! The functions are [below](wait_until_exists); `service.rs` is what they talk to, and `client.rs` prints a line for
//! every attempt. A wrong outcome makes the program fail.

mod client;
mod service;
mod timeline;

use std::error::Error;

use client::{Client, FetchError, Response};
use reqwest::StatusCode;
use resilience::{asyncbackoff, poll, retry};

/// A resource that appears after a while: a 404 means "not yet".
#[poll(until = |r: &Response| r.status() != 404, timeout = 5s, interval = 150ms)]
async fn wait_until_exists(client: &Client, path: &str) -> Result<Response, FetchError> {
    client.get(path).await
}

/// A page that fails at first. `?` ends the attempt, not the function.
#[retry(on(FetchError::Status(_) | FetchError::Http(_)), times = 5, interval = 200ms)]
async fn wait_until_succeeds(client: &Client, path: &str) -> Result<Response, FetchError> {
    client.get(path).await?.error_for_status()
}

/// A query that hangs, and a database that is busy. An attempt that takes longer than 100 ms is dropped.
#[asyncbackoff(
    attempt_timeout = 100ms,
    deadline = 5s,
    pause = 100ms,
    on(FetchError::Status(StatusCode::SERVICE_UNAVAILABLE))
)]
async fn query(client: &Client, path: &str) -> Result<String, FetchError> {
    client.get(path).await?.error_for_status()?.text().await
}

/// A report that stays broken: after four attempts the caller gets the last error, unchanged.
#[retry(times = 4, backoff = exponential(50ms, max = 1s), giveup(FetchError::Status(StatusCode::NOT_FOUND)))]
async fn fetch_report(client: &Client, path: &str) -> Result<String, FetchError> {
    client.get(path).await?.error_for_status()?.text().await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(service::start().await?)?;
    let timeline = &client.timeline;

    timeline.call("wait_until_exists");
    let job = wait_until_exists(&client, "/jobs/7").await;
    let attempts = timeline.ended(&job);
    expect("the job appears after some attempts", job?.status() == StatusCode::OK && attempts > 1)?;

    timeline.call("wait_until_succeeds");
    let page = wait_until_succeeds(&client, "/page").await;
    let attempts = timeline.ended(&page);
    expect("the third attempt brings the page", page?.status() == StatusCode::OK && attempts == 3)?;

    timeline.call("query");
    let rows = query(&client, "/rows").await;
    let attempts = timeline.ended(&rows);
    expect(
        "one attempt is dropped, one is refused, a later one brings rows",
        rows? == "3 rows" && attempts > 2,
    )?;

    timeline.call("fetch_report");
    let report = fetch_report(&client, "/report").await;
    let attempts = timeline.ended(&report);
    let broken = matches!(report, Err(FetchError::Status(StatusCode::INTERNAL_SERVER_ERROR)));
    expect("four attempts, then the last error", broken && attempts == 4)?;

    Ok(())
}

fn expect(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected otherwise: {what}")) }
}
