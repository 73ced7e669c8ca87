use super::*;

fn spare(a: u8) -> io::Result<u8> {
    a.checked_add(1).ok_or_else(|| io::Error::other("too much"))
}

#[circuit(
    name = "every option",
    failure_threshold = 3,
    within = 1min,
    slow_call = 2s,
    recovery_timeout = 10s,
    max_recovery_timeout = 5min,
    half_open_calls = 2,
    success_threshold = 3,
    probe_timeout = 5s,
    on = |e| e.kind() != io::ErrorKind::NotFound,
    ignore(_),
    fallback = spare,
    crate = ::resilience
)]
fn every_option_of_a_count(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(
    key = a,
    max_keys = 8,
    config = CircuitConfig::new(),
    failure_rate = 0.5,
    window = 100,
    min_calls = 10,
    slow_call = 2s,
    slow_rate = 80%,
    on_open = io::Error::other,
    crate = resilience
)]
async fn every_option_of_a_rate(a: u8) -> io::Result<u8> {
    Ok(a)
}

const NAME: &str = "a name that is a constant";

#[circuit(name = NAME, failure_rate = 100%, window = 30s)]
fn a_name_and_a_window_of_time() -> io::Result<u8> {
    Ok(3)
}

#[circuit(recovery_timeout = Duration::MAX, half_open_calls = 1u32)]
fn until_it_is_reset() -> io::Result<u8> {
    Ok(4)
}

#[tokio::test]
async fn every_known_option_is_taken() {
    assert_eq!((every_option_of_a_count(1).unwrap(), every_option_of_a_rate(2).await.unwrap()), (1, 2));
    assert_eq!((a_name_and_a_window_of_time().unwrap(), until_it_is_reset().unwrap()), (3, 4));
    assert!(circuits().get(NAME).is_some());
}
