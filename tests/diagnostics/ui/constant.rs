//! Constants are judged by the policy's own constructor, where the compiler evaluates it.

use resilience::{Backoff, Jitter, PollPolicy, RetryPolicy, TimedOut, asyncbackoff, asyncretry, poll, retry};
use std::time::Duration;

const NONE: u32 = 0;
const ZERO: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HALF: f64 = 0.5;
const PLAIN: Backoff = Backoff::constant(SECOND);

#[retry(times = NONE)]
fn never() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), times = NONE)]
fn never_polled() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), ignore(_), max_ignored = NONE)]
fn nothing_ignored() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncretry(NONE)]
async fn never_by_position() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(interval = 1s, deadline = ZERO)]
fn no_time() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(deadline = SECOND, attempt_timeout = MINUTE)]
async fn longer_than_everything() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(deadline = SECOND, attempt_timeout = 1min)]
async fn a_literal_longer_than_everything() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(MINUTE, SECOND)]
async fn longer_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[poll(until(2), timeout = SECOND, hold_for = MINUTE)]
fn longer_than_the_poll() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(backoff = exponential(SECOND, factor = HALF))]
fn shrinking() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(MINUTE, max = SECOND))]
fn a_cap_below_the_base() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(jitter = Jitter::Ratio(HALF * 3.0))]
fn more_than_all() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = PLAIN, jitter = decorrelated)]
fn nothing_to_smooth() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), timeout = SECOND, initial_delay = MINUTE)]
fn too_late() -> Result<u8, TimedOut> {
    Ok(2)
}

const RETRY: RetryPolicy = RetryPolicy::new().times(NONE);
const POLL: PollPolicy = PollPolicy::new().hold_for(MINUTE).timeout(SECOND);

fn main() {
    let _ = (never(), never_polled(), nothing_ignored(), never_by_position(), no_time());
    let _ = (longer_than_everything(), a_literal_longer_than_everything(), longer_by_position());
    let _ = (longer_than_the_poll(), shrinking(), a_cap_below_the_base(), more_than_all());
    let _ = (nothing_to_smooth(), too_late(), RETRY, POLL);
}
