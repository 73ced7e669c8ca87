//! A flaky web service on loopback, and five annotated functions that call it: `cargo run --example quickstart`.
//!
//! The functions are [below](wait_until_exists); `service.rs` is the service, and `client.rs` prints a line for every
//! attempt. A wrong outcome makes the program fail.

mod client;
mod service;
mod timeline;

use std::error::Error;

use client::{Client, FetchError, Response};
use reqwest::StatusCode;
use resilience::{CircuitState, asyncbackoff, circuit, circuits, poll, retry};

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

/// A query against a database that hangs, then is busy. An attempt that takes longer than 100 ms is dropped.
#[asyncbackoff(
    attempt_timeout = 100ms,
    deadline = 5s,
    pause = 100ms,
    on(FetchError::Status(StatusCode::SERVICE_UNAVAILABLE))
)]
async fn query(client: &Client, path: &str) -> Result<String, FetchError> {
    client.get(path).await?.error_for_status()?.text().await
}

/// A report that stays broken: after four attempts, the caller gets the last error, unchanged.
#[retry(times = 4, backoff = exponential(50ms, max = 1s), giveup(FetchError::Status(StatusCode::NOT_FOUND)))]
async fn fetch_report(client: &Client, path: &str) -> Result<String, FetchError> {
    client.get(path).await?.error_for_status()?.text().await
}

/// A price from a shop that is down for a while. After two failures in a row, it gets no request for 400 ms, and the last
/// known price is returned.
#[circuit(name = "shop", failure_threshold = 2, recovery_timeout = 400ms, fallback = |client, _| last_known_price(client))]
async fn price(client: &Client, path: &str) -> Result<String, FetchError> {
    client.get(path).await?.error_for_status()?.text().await
}

fn last_known_price(client: &Client) -> Result<String, FetchError> {
    client.timeline.not_called("the circuit is open");
    client.last_known_price().ok_or(FetchError::Status(StatusCode::NOT_FOUND))
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
    expect("the third attempt returns the page", page?.status() == StatusCode::OK && attempts == 3)?;

    timeline.call("query");
    let rows = query(&client, "/rows").await;
    let attempts = timeline.ended(&rows);
    expect("one attempt is dropped, one fails, a later one returns rows", rows? == "3 rows" && attempts > 2)?;

    timeline.call("fetch_report");
    let report = fetch_report(&client, "/report").await;
    let attempts = timeline.ended(&report);
    let broken = matches!(report, Err(FetchError::Status(StatusCode::INTERNAL_SERVER_ERROR)));
    expect("four attempts, then the last error", broken && attempts == 4)?;

    ask_the_shop(&client).await
}

/// The circuit opens, rejects, and recovers.
async fn ask_the_shop(client: &Client) -> Result<(), Box<dyn Error>> {
    let shop = circuits().get("shop").ok_or("a circuit is listed before its function is called")?;
    let answers = [None, None, Some("about 42"), Some("42"), Some("42")];
    let states = [CircuitState::Closed, CircuitState::Open, CircuitState::Open, CircuitState::Closed];
    for (call, answer) in answers.into_iter().enumerate() {
        if call == 3 {
            let left = shop.open_remaining().ok_or("it opened less than 400 ms ago")?;
            tokio::time::sleep(left).await;
            expect("it is half-open after its recovery timeout", shop.state() == CircuitState::HalfOpen)?;
        }
        client.timeline.call("price");
        let price = price(client, "/price").await;
        let attempts = client.timeline.ended(&price);
        expect("two failures, a price from memory, then prices", price.ok().as_deref() == answer)?;
        expect("a rejected call is not made", attempts == u32::from(call != 2))?;
        let state = states.get(call).copied().unwrap_or(CircuitState::Closed);
        expect("it opens at the second failure and closes at the probe", shop.state() == state)?;
    }
    Ok(())
}

fn expect(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected otherwise: {what}")) }
}
