//! A number of attempts is a whole number, and at least one.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry(times = 0)]
fn never() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), times = 0, ignore(_), max_ignored = 0)]
fn never_polled() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(1s, max_tries = 0)]
async fn never_backed_off() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(0)]
async fn never_by_position() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(times = -1)]
fn negative() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncretry(-1)]
async fn negative_by_position() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(times = 5000000000)]
fn too_many() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 2.5)]
fn a_fraction() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = "3")]
fn in_quotes() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3s)]
fn a_duration() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = |n| n)]
fn a_closure() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), ignore(_), max_ignored = forever)]
fn ignored_forever() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(times = 3u64)]
fn another_type() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (never(), never_polled(), never_backed_off(), never_by_position(), negative());
    let _ = (negative_by_position(), too_many(), a_fraction(), in_quotes(), a_duration(), a_closure());
    let _ = ignored_forever();
    let _ = another_type();
}
