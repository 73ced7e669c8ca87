//! Limits that no attempt could reach, or that nothing could keep.

use resilience::{PollPolicy, RetryPolicy, TimedOut, asyncbackoff, poll, retry};

#[retry(attempt_timeout = 10s, deadline = 1s)]
async fn longer_than_everything() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(10s, 1s)]
async fn longer_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[poll(until(2), timeout = 5s, attempt_timeout = 10s, hold_for = 6s)]
async fn longer_than_the_poll() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(attempt_timeout = 1s)]
fn nothing_to_drop() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), attempt_timeout = 1s)]
fn nothing_to_drop_in_a_poll() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(deadline = 0s)]
fn no_time() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(0ms, 0s)]
async fn no_time_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[poll(until(2), max_ignored = 3)]
fn nothing_to_ignore() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(timeout = 5s)]
fn no_end() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll]
async fn nothing_said() -> Result<u8, TimedOut> {
    Ok(2)
}

const RETRY: RetryPolicy = RetryPolicy::new();
const POLL: PollPolicy = PollPolicy::new();

#[retry(policy = RETRY, times = 4, deadline = 1s)]
fn said_by_the_policy() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), policy = POLL, timeout = 4s)]
fn said_by_the_polls_policy() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(1s, policy = RETRY)]
async fn said_by_position_and_policy() -> Result<u8, TimedOut> {
    Ok(3)
}

#[poll(until(2), timeout = 5s, initial_delay = 6s)]
fn too_late() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), initial_delay = forever, policy = POLL)]
fn delayed_by_the_policy() -> Result<u8, TimedOut> {
    Ok(2)
}

fn main() {
    let _ = (too_late(), delayed_by_the_policy());
    let _ = (longer_than_everything(), longer_by_position(), longer_than_the_poll());
    let _ = (nothing_to_drop(), nothing_to_drop_in_a_poll(), no_time());
    let _ = (no_time_by_position(), nothing_to_ignore(), no_end(), nothing_said());
    let _ = (said_by_the_policy(), said_by_the_polls_policy(), said_by_position_and_policy());
}
