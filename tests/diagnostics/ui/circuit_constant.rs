//! The same mistakes as constants, which the compiler evaluates.

use std::time::Duration;

use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, circuit};

const NONE: u32 = 0;
const MANY: u32 = 200;
const TOO_MANY: u32 = 2_000_000;
const ZERO: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HALF: f64 = 0.5;
const TWICE: f64 = 2.0;

#[circuit(failure_threshold = NONE)]
fn no_failures() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(recovery_timeout = ZERO)]
fn no_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = TWICE, window = MANY)]
fn more_than_all() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = HALF, window = NONE)]
fn an_empty_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = HALF, window = ZERO)]
fn a_window_of_no_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = HALF, window = 100, min_calls = MANY)]
fn a_minimum_above_the_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = HALF, window = 1min, failure_threshold = MANY)]
fn a_rate_and_a_count() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(recovery_timeout = MINUTE, max_recovery_timeout = SECOND)]
fn bounded_below_itself() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(half_open_calls = NONE)]
fn no_trials() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(success_threshold = NONE)]
fn no_successes() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(probe_timeout = ZERO)]
fn no_time_for_a_trial() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(key = 1, max_keys = NONE)]
fn no_keys() -> Result<u8, CircuitOpen> {
    Ok(1)
}

const RATED: CircuitConfig = CircuitConfig::new().failure_rate(0.5).window_calls(100);
const COUNTED: CircuitConfig = CircuitConfig::new().failure_threshold(3);
const ALONE: CircuitConfig = CircuitConfig::new().failure_rate(0.5);

#[circuit(config = ALONE)]
fn a_configuration_without_a_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(config = RATED, failure_threshold = 3, window = 1min)]
fn options_that_replace_a_rate_and_need_one() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(name = "named", config = COUNTED, window = 1min)]
fn a_window_over_a_count() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(config = RATED, failure_rate = 50%, within = 1min)]
fn both_in_one_attribute() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = TOO_MANY, within = 1min)]
fn too_many_to_remember() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(key = 1, failure_rate = HALF, window = 1min, within = SECOND)]
async fn a_rate_and_a_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(call_timeout = ZERO)]
async fn no_time_for_a_call() -> std::io::Result<u8> {
    Ok(1)
}

static STATIC: CircuitBreaker = CircuitBreaker::new("static", ALONE);

fn main() {
    let _ = (no_failures(), no_time(), more_than_all(), an_empty_window(), a_window_of_no_time());
    let _ = (a_minimum_above_the_window(), a_rate_and_a_count(), bounded_below_itself(), no_trials());
    let _ = (no_successes(), no_time_for_a_trial(), no_keys(), a_configuration_without_a_window());
    let _ = (options_that_replace_a_rate_and_need_one(), a_window_over_a_count(), both_in_one_attribute());
    let _ = (too_many_to_remember(), a_rate_and_a_time(), no_time_for_a_call());
    let _ = STATIC.state();
}
