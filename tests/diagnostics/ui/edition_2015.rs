//! In the edition of 2015, paths begin at the root of the crate.

extern crate resilience;
extern crate tracing;

use resilience::retry as again;
use resilience::{poll, retry, TimedOut};
use tracing::instrument;

#[retry(times = 0, interval = 5)]
fn alone() -> Result<u8, TimedOut> {
    Ok(1)
}

#[again(times = 0)]
#[instrument]
#[poll(timeout = 3s)]
fn stacked(mut number: u8) -> Result<u8, TimedOut> {
    number += 1;
    Ok(number)
}

#[retry]
struct NotAFunction;

fn main() {
    let _ = (alone(), stacked(1), NotAFunction);
}
