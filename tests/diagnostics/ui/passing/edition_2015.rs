//! `matrix/pass/paths.rs` is compiled in that edition.

use super::*;
use resilience::retry as again;
use tracing::instrument;

#[retry(times = 1, interval = 5s)]
fn alone() -> Result<u8, TimedOut> {
    Ok(1)
}

#[again(times = 1, clone(number))]
#[instrument]
#[poll(until(2), timeout = 3s, clone(number))]
fn stacked(mut number: u8) -> Result<u8, TimedOut> {
    number += 1;
    Ok(number)
}

#[test]
fn the_same_is_taken_in_every_edition() {
    assert_eq!((alone(), stacked(1)), (Ok(1), Ok(2)));
}
