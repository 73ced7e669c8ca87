//! A duration has a unit, is not negative, and fits.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry(interval = 1)]
fn a_bare_number() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 1.5, deadline = 30)]
fn two_bare_numbers() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(1, 2, 3)]
async fn bare_numbers_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[poll(until(2), timeout = 15, interval = 1, hold_for = 5)]
fn bare_numbers_in_a_poll() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncretry(5, pause = 1)]
async fn a_bare_pause() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(interval = 5m)]
fn minutes_or_millis() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), timeout = 15sec, interval = 10millis, hold_for = 2parsec)]
fn wrong_units() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(2hours, 1d)]
async fn wrong_units_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[retry(interval = "15s")]
fn in_quotes() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = -1s)]
fn negative() -> Result<u8, TimedOut> {
    Ok(1)
}

#[asyncbackoff(-100ms, -1)]
async fn negative_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[retry(interval = 999999999999h)]
fn overflowing() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), timeout = 99999999999999999999999999999999999999999999s)]
fn overflowing_by_far() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(interval = 0.5ns)]
fn too_fine() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = true, deadline = |_| 3)]
fn no_duration_at_all() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = forever)]
fn never_again() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(100, max = 5m))]
fn in_a_backoff() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = (1s))]
fn in_parentheses() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 1s + 500ms)]
fn a_sum() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 2 * 1s)]
fn a_product() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(deadline = Some(1s))]
fn an_option() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 1.5e1s)]
fn an_exponent() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 1u64, deadline = 1.5f64)]
fn with_the_suffixes_of_types() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 1µs, deadline = 5micros)]
fn micro_signs() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 100)]
fn a_bare_number_of_millis() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (a_bare_number(), two_bare_numbers(), bare_numbers_by_position(), bare_numbers_in_a_poll());
    let _ = (a_bare_pause(), minutes_or_millis(), wrong_units(), wrong_units_by_position(), in_quotes());
    let _ = (negative(), negative_by_position(), overflowing(), overflowing_by_far(), too_fine());
    let _ = (no_duration_at_all(), never_again(), in_a_backoff());
    let _ = (in_parentheses(), a_sum(), a_product(), an_option(), an_exponent(), with_the_suffixes_of_types(), micro_signs(), a_bare_number_of_millis());
}
