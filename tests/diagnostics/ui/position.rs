//! Values by position, and what leaves one out.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry(3)]
fn none_by_position() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(3, 1s)]
fn two_too_many() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(|n| *n == 2, timeout = 3s)]
fn a_condition_by_position() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(_)]
fn nothing_left_out() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(1s, 2s, 100ms, 5)]
async fn one_too_many() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncbackoff(1s, 2s, 100ms, _)]
async fn one_left_out_too_many() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncbackoff(_, deadline = _)]
async fn left_out_by_name() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncbackoff(on(_), 1s)]
async fn a_position_after_a_name() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5, 1s)]
async fn a_pause_by_position() -> Result<u8, TimedOut> {
    Ok(4)
}

#[asyncretry]
async fn no_number() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncretry(pause = 1s)]
async fn a_pause_and_no_number() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncretry(_)]
async fn a_number_left_out() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (none_by_position(), two_too_many(), a_condition_by_position(), nothing_left_out());
    let _ = (one_too_many(), one_left_out_too_many(), left_out_by_name(), a_position_after_a_name());
    let _ = a_pause_by_position();
    let _ = (no_number(), a_pause_and_no_number(), a_number_left_out());
}
