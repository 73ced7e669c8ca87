//! Mistakes in several layers of a stack: all are reported, each at its attribute.

use resilience::{TimedOut, circuit, poll, retry};
use resilience::{circuit as guarded, retry as again};
use tracing::instrument;

#[retry(times = 0)]
#[poll]
#[circuit(window = 0s)]
fn by_name(mut number: u8) -> Result<u8, TimedOut> {
    number += 1;
    Ok(number)
}

#[again(times = 0)]
#[poll(timeout = 3s)]
#[guarded(window = 0s)]
fn renamed() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(times = 0)]
#[instrument]
#[guarded(window = 0s)]
#[poll(timeout = 3s)]
async fn with_others_between(mut number: u8) -> Result<u8, TimedOut> {
    number += 1;
    Ok(number)
}

#[again]
#[poll = 3]
fn without_parentheses() -> Result<u8, TimedOut> {
    Ok(2)
}

/// A message of the compiler is at the body.
#[again]
#[guarded(on_open = |_| TimedOut)]
#[instrument]
fn mistake_in_the_body() -> Result<u8, TimedOut> {
    Ok("text")
}

fn main() {
    let _ = (by_name(1), renamed(), with_others_between(1), without_parentheses(), mistake_in_the_body());
}
