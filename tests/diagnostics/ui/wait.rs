//! How long to wait is said once, and makes sense.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry(interval = 1s, backoff = exponential(100ms))]
fn said_twice() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), backoff = linear(1s), interval = 1s)]
fn said_twice_in_a_poll() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(1s, 2s, 100ms, backoff = fibonacci(100ms))]
async fn said_twice_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5, pause = 1s, backoff = fibonacci(100ms))]
async fn said_twice_in_a_shortcut() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(backoff = exponential(10s, max = 1s))]
fn a_cap_below_the_base() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s, factor = 0.5))]
fn shrinking() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s, factor = "2"))]
fn a_factor_in_quotes() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s, factor = -2))]
fn a_negative_factor() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = linear(1s, factor = 2))]
fn a_factor_of_no_use() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s, mxa = 2s, max = 1s, max = 2s))]
fn options_of_a_shape() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s, 2s))]
fn a_second_wait() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(max = 2s))]
fn no_first_wait() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential())]
fn no_wait_at_all() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential)]
fn a_shape_alone() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponentail(1s))]
fn a_misspelt_shape() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = 1s)]
fn a_duration_for_a_backoff() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(jitter = 150%)]
fn more_than_all() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), jitter = 1.5)]
fn more_than_one() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncretry(5, jitter = -10%)]
async fn less_than_none() -> Result<u8, TimedOut> {
    Ok(4)
}

#[asyncbackoff(1s, jitter = fulll)]
async fn a_misspelt_jitter() -> Result<u8, TimedOut> {
    Ok(3)
}

#[retry(jitter = "full")]
fn a_jitter_in_quotes() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = decorrelated(1s), jitter = full)]
fn random_twice() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = 1s, jitter = decorrelated)]
fn nothing_to_smooth() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s, factor = 3), jitter = decorrelated)]
fn smoothed_for_doubling_only() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(1s).max(2s))]
fn a_cap_by_a_method() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = fibonacci(1s).max(9s).jitter(full))]
fn methods_of_methods() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = exponential(base = 1s, factor = 3))]
fn a_first_wait_by_name() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(backoff = resilience::Backoff::exponential(1s).max(2s))]
fn durations_in_a_constant() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (said_twice(), said_twice_in_a_poll(), said_twice_by_position(), said_twice_in_a_shortcut());
    let _ = (a_cap_below_the_base(), shrinking(), a_factor_in_quotes(), a_negative_factor());
    let _ = (a_factor_of_no_use(), options_of_a_shape(), a_second_wait(), no_first_wait());
    let _ = (no_wait_at_all(), a_shape_alone(), a_misspelt_shape(), a_duration_for_a_backoff());
    let _ = (more_than_all(), more_than_one(), less_than_none(), a_misspelt_jitter(), a_jitter_in_quotes());
    let _ = (random_twice(), nothing_to_smooth(), smoothed_for_doubling_only());
    let _ = (a_cap_by_a_method(), methods_of_methods(), a_first_wait_by_name(), durations_in_a_constant());
}
