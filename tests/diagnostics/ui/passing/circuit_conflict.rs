use super::*;

static BREAKER: CircuitBreaker = CircuitBreaker::new("breaker", CircuitConfig::new());

#[circuit(slow_rate = 50%, slow_call = 2s, window = 30s, min_calls = 100)]
fn a_rate_of_slow_calls() -> io::Result<u8> {
    Ok(1)
}

#[circuit(failure_rate = 50%, window = 100, min_calls = 100)]
fn a_minimum_of_the_whole_window() -> io::Result<u8> {
    Ok(2)
}

#[circuit(failure_threshold = 1048576, within = 1min)]
fn as_many_as_are_remembered() -> io::Result<u8> {
    Ok(3)
}

#[circuit(failure_threshold = 2000000)]
fn in_a_row_there_is_no_bound() -> io::Result<u8> {
    Ok(4)
}

#[circuit(max_recovery_timeout = 30s)]
fn bounded_at_the_default() -> io::Result<u8> {
    Ok(5)
}

#[circuit(breaker = BREAKER, on(_), fallback = || Ok(0))]
fn a_breaker_with_opinions() -> io::Result<u8> {
    Ok(6)
}

#[circuit(name = "named", key = 1, max_keys = 1)]
fn a_name_for_the_keys() -> io::Result<u8> {
    Ok(7)
}

#[test]
fn settings_that_agree_are_taken() {
    let counts = (as_many_as_are_remembered().unwrap(), in_a_row_there_is_no_bound().unwrap());
    let rates = (a_rate_of_slow_calls().unwrap(), a_minimum_of_the_whole_window().unwrap());
    assert_eq!((rates, counts), ((1, 2), (3, 4)));
    let others = (a_breaker_with_opinions().unwrap(), a_name_for_the_keys().unwrap());
    assert_eq!((bounded_at_the_default().unwrap(), others), (5, (6, 7)));
    assert!(circuits().get("named[1]").is_some());
}
