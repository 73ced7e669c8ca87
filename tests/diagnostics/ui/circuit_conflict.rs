//! Options of a circuit that contradict each other, or say nothing alone: as literals.

use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, circuit};

static BREAKER: CircuitBreaker = CircuitBreaker::new("breaker", CircuitConfig::new());

#[circuit(failure_rate = 50%)]
fn a_rate_without_a_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(slow_rate = 50%, window = 10)]
fn a_rate_of_slow_calls_without_a_slow_call() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(slow_rate = 50%, slow_call = 2s)]
fn a_rate_of_slow_calls_without_a_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(window = 100)]
fn a_window_without_a_rate() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = 3, window = 60s)]
fn a_window_for_a_count() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(min_calls = 10)]
fn a_minimum_without_a_rate() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 100, min_calls = 101)]
fn a_minimum_above_the_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 100, failure_threshold = 5)]
fn a_rate_and_a_count() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 100, within = 1min)]
fn a_rate_and_a_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = 2000000, within = 1min)]
fn too_many_to_remember() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(recovery_timeout = 1min, max_recovery_timeout = 30s)]
fn bounded_below_itself() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(max_recovery_timeout = 10s)]
fn bounded_below_the_default() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(max_keys = 10)]
fn keys_without_a_key() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(breaker = BREAKER, failure_threshold = 5, recovery_timeout = 30s)]
fn a_breaker_with_settings() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(breaker = BREAKER, name = "other", key = 1, config = CircuitConfig::new())]
fn a_breaker_with_another_name() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(fallback = || Ok(2), on_open = |open| open)]
fn two_ways_out() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, min_calls = 0, within = 1min, recovery_timeout = 30, fallback = || Ok(2), on_open = |o| o)]
fn all_at_once() -> Result<u8, CircuitOpen> {
    Ok(1)
}

fn main() {
    let _ = (a_rate_without_a_window(), a_rate_of_slow_calls_without_a_slow_call());
    let _ = (a_rate_of_slow_calls_without_a_window(), a_window_without_a_rate(), a_window_for_a_count());
    let _ = (a_minimum_without_a_rate(), a_minimum_above_the_window(), a_rate_and_a_count());
    let _ = (a_rate_and_a_time(), too_many_to_remember(), bounded_below_itself());
    let _ = (bounded_below_the_default(), keys_without_a_key(), a_breaker_with_settings());
    let _ = (a_breaker_with_another_name(), two_ways_out(), all_at_once());
}
