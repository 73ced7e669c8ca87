//! The user's lints look at the user's code as if there were no attribute: once, and where it stands.

#![deny(unused_variables, unused_mut, unused_must_use, dead_code, unreachable_code, unused_assignments)]

use resilience::{CircuitOpen, TimedOut, asyncbackoff, asyncretry, circuit, poll, retry};

async fn tick() {
    tokio::task::yield_now().await;
}

#[must_use]
fn two() -> u8 {
    2
}

#[retry]
fn blocking_retry(unused_argument: u8) -> Result<u8, TimedOut> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[poll(until(2))]
fn blocking_poll(unused_argument: u8) -> Result<u8, TimedOut> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[circuit]
fn blocking_circuit(unused_argument: u8) -> Result<u8, CircuitOpen> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[retry]
async fn retry_in_time(unused_argument: u8) -> Result<u8, TimedOut> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    tick();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[poll(until(2))]
async fn poll_in_time(unused_argument: u8) -> Result<u8, TimedOut> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[circuit]
async fn circuit_in_time(unused_argument: u8) -> Result<u8, CircuitOpen> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[asyncbackoff(1s)]
async fn backoff_in_time(unused_argument: u8) -> Result<u8, TimedOut> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[asyncretry(2)]
#[circuit]
async fn stacked(unused_argument: u8) -> Result<u8, CircuitOpen> {
    let unused_variable = 1;
    let mut unused_mut = 2;
    two();
    let assigned;
    assigned = 4;
    return Ok(unused_mut);
    Ok(5)
}

#[retry(clone(text))]
fn cloned_and_not_changed(mut text: String) -> Result<String, TimedOut> {
    Ok(text)
}

#[retry(clone(text))]
fn cloned_and_not_used(text: String) -> Result<u8, TimedOut> {
    Ok(1)
}

#[circuit]
fn not_changed(mut text: String) -> Result<String, CircuitOpen> {
    Ok(text)
}

#[circuit]
async fn not_changed_in_time(mut text: String) -> Result<String, CircuitOpen> {
    Ok(text)
}

#[retry]
fn nobody_calls_it() -> Result<u8, TimedOut> {
    Ok(1)
}

#[circuit]
async fn nobody_calls_it_in_time() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[poll(until(1))]
fn calls_one_of_two() -> Result<u8, TimedOut> {
    fn one() -> Result<u8, TimedOut> {
        Ok(1)
    }

    fn two() {}

    one()
}

fn main() {
    drop((blocking_retry(1), blocking_poll(1), blocking_circuit(1), retry_in_time(1), poll_in_time(1)));
    drop((circuit_in_time(1), backoff_in_time(1), stacked(1), calls_one_of_two()));
    drop((cloned_and_not_changed(String::new()), cloned_and_not_used(String::new())));
    drop((not_changed(String::new()), not_changed_in_time(String::new())));
}
