//! `ui/leaves.rs`

use std::io;

use resilience::{CircuitBreaker, CircuitConfig, RetryPolicy, circuit, retry};

#[circuit(key = host)]
fn a_key_that_is_passed_on(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

fn host_of(url: &str) -> io::Result<usize> {
    a_key_that_is_passed_on(url.split('/').nth(2).ok_or(io::ErrorKind::InvalidInput)?)
}

#[circuit(breaker = breaker)]
async fn a_breaker_that_is_passed_on(breaker: &CircuitBreaker) -> io::Result<u8> {
    Ok(1)
}

#[retry(policy = policy.unwrap_or_default())]
fn a_policy_or_the_default(policy: Option<RetryPolicy>) -> io::Result<u8> {
    Ok(2)
}

#[tokio::test]
async fn what_fails_is_done_before() {
    assert_eq!(host_of("http://example/").unwrap(), 7);
    assert!(host_of("example").is_err());
    let breaker = CircuitBreaker::new("passed on", CircuitConfig::new());
    assert_eq!(a_breaker_that_is_passed_on(&breaker).await.unwrap(), 1);
    assert_eq!(a_policy_or_the_default(None).unwrap(), 2);
}
