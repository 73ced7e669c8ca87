use super::*;

macro_rules! check {
    ($value:expr) => {
        Err::<bool, _>($value).is_ok()
    };
}

macro_rules! choose {
    ($value:expr) => {
        if true { $value } else { return $value }
    };
}

#[retry(on(error if check!(error.clone())))]
fn a_macro_in_a_guard() -> Result<u8, TimedOut> {
    Ok(1)
}

macro_rules! more_than {
    ($attempts:literal) => {
        |error| error.attempts() > $attempts
    };
}

#[retry(on = more_than!(1), policy = choose!(RetryPolicy::new()))]
fn a_macro_that_is_a_predicate_and_one_that_is_a_policy() -> Result<u8, TimedOut> {
    Ok(2)
}

static CIRCUIT: CircuitBreaker = CircuitBreaker::new("chosen", CircuitConfig::new());

#[circuit(key = format!("{host}:80"))]
#[circuit(breaker = choose!(&CIRCUIT))]
fn a_macro_that_is_a_key_and_one_that_is_a_breaker(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

#[test]
fn macros_in_options_expand_to_values() {
    assert_eq!(a_macro_in_a_guard(), Ok(1));
    assert_eq!(a_macro_that_is_a_predicate_and_one_that_is_a_policy(), Ok(2));
    assert_eq!(a_macro_that_is_a_key_and_one_that_is_a_breaker("host").unwrap(), 4);
}
