//! Expressions that are evaluated in the function, and would leave it.

use resilience::{CircuitBreaker, CircuitOpen, RetryPolicy, TimedOut, circuit, retry};

fn host() -> Result<&'static str, CircuitOpen> {
    Ok("a.example")
}

#[circuit(key = host()?)]
fn a_key_that_fails() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(breaker = match breaker { Some(breaker) => breaker, None => return Ok(0) })]
async fn a_breaker_that_is_not_there(breaker: Option<&CircuitBreaker>) -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[retry(policy = policy.ok_or_else(|| todo!())?)]
fn a_policy_that_fails(policy: Option<RetryPolicy>) -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (a_key_that_fails(), a_breaker_that_is_not_there(None), a_policy_that_fails(None));
}
