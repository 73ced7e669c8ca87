//! The options of a circuit, one by one.

use resilience::{CircuitOpen, circuit};

/// Words of other libraries, of other attributes, and slips.
#[circuit(threshold = 3, reset_timeout = 30s, expected_exception(_), fallback_function = f)]
fn as_in_python() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(
    failure_rate_threshold = 50%,
    sliding_window = 100,
    minimum_number_of_calls = 10,
    slow_call_duration_threshold = 2s,
    slow_call_rate_threshold = 50%,
    wait_duration_in_open_state = 30s,
    permitted_number_of_calls_in_half_open_state = 3,
    ignore_exceptions(_)
)]
fn as_in_java() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(times = 3, interval = 1s, deadline = 5s, giveup(_), clone(a), on_error = |_, _| ())]
fn as_in_a_retry(a: u8) -> Result<u8, CircuitOpen> {
    Ok(a)
}

#[circuit(failure_treshold = 3, recovery = 30s, slow_calls = 2s, halfopen_calls = 2, frobnicate = 1)]
fn slips() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(policy = POLICY)]
fn a_policy() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(5, 30s)]
fn by_position() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = 5, failure_threshold = 6)]
fn twice() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(name = 7)]
fn a_name_without_quotes() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(name = host)]
fn a_name_of_run_time(host: &str) -> Result<usize, CircuitOpen> {
    Ok(host.len())
}

#[circuit(name = "")]
fn an_empty_name() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(name = " ", key = 1)]
fn a_name_of_nothing_but_space() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = forever, half_open_calls = forever, success_threshold = forever)]
fn never() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = 0, half_open_calls = 0, success_threshold = 0)]
fn none_at_all() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(key = 1, max_keys = 0)]
fn no_keys() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(key = 1, max_keys = forever)]
fn endless_keys() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = -1, half_open_calls = 1.5, success_threshold = "1")]
fn no_counts() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_threshold = 5000000000)]
fn too_many() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 0%, window = 10)]
fn a_rate_of_nothing() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 101%, window = 10)]
fn more_than_all() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50, window = 10)]
fn percent_without_a_sign() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(slow_rate = -0.5, slow_call = 1s, window = 10)]
fn less_than_nothing() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = "50%", window = 10)]
fn a_rate_in_quotes() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 0, min_calls = 0)]
fn an_empty_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 0s)]
fn a_window_of_no_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 2000000)]
fn a_window_of_too_many() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 1.5)]
fn a_window_without_a_unit() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = forever)]
fn an_endless_window() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(recovery_timeout = 0s, probe_timeout = 0s, slow_call = 0s)]
fn no_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(within = 0s, max_recovery_timeout = 30, slow_call = forever)]
fn no_time_either() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(recovery_timeout = 30)]
fn no_unit() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(recovery_timeout = forever)]
fn never_again() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(on_open(f), config(C), key(k))]
fn in_parentheses() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(fallback(f), breaker(B))]
fn in_parentheses_too() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(on, ignore(), fallback)]
fn without_values() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(name = "host-{host}")]
fn a_name_with_an_argument_in_it(host: &str) -> Result<usize, CircuitOpen> {
    Ok(host.len())
}

#[circuit(name = format!("host-{host:?}"))]
fn a_name_that_is_made_of_an_argument(host: &str) -> Result<usize, CircuitOpen> {
    Ok(host.len())
}

fn main() {
    let _ = (as_in_python(), as_in_java(), as_in_a_retry(1), slips(), a_policy(), by_position(), twice());
    let _ = (a_name_without_quotes(), a_name_of_run_time(""), an_empty_name(), a_name_of_nothing_but_space(), never(), none_at_all(), no_keys(), endless_keys(), no_counts());
    let _ = (too_many(), a_rate_of_nothing(), more_than_all(), percent_without_a_sign(), less_than_nothing());
    let _ = (a_rate_in_quotes(), an_empty_window(), a_window_of_no_time(), a_window_of_too_many());
    let _ = (a_window_without_a_unit(), an_endless_window(), no_time(), no_time_either(), no_unit());
    let _ = (never_again(), in_parentheses(), in_parentheses_too(), without_values());
    let _ = (a_name_with_an_argument_in_it(""), a_name_that_is_made_of_an_argument(""));
}
