//! What a circuit's `call_timeout` and `on_error` take.

use resilience::{CircuitOpen, TimedOut, circuit};
use std::io;
use std::time::Duration;

#[circuit(call_timeout = 1s)]
fn a_sync_function() -> io::Result<u8> {
    Ok(1)
}

#[circuit(call_timeout = 0s)]
async fn no_time() -> io::Result<u8> {
    Ok(1)
}

#[circuit(call_timeout = 100)]
async fn no_unit() -> io::Result<u8> {
    Ok(1)
}

#[circuit(call_timeout = forever)]
async fn no_end() -> io::Result<u8> {
    Ok(1)
}

#[circuit(call_timeout = limit)]
async fn a_limit_of_run_time(limit: Duration) -> io::Result<u8> {
    let _ = limit;
    Ok(1)
}

#[circuit(attempt_timeout = 1s)]
async fn the_word_of_a_retry() -> io::Result<u8> {
    Ok(1)
}

#[circuit(call_timeout = 1s)]
async fn no_room_for_a_time_limit() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(call_timeout = 1s)]
async fn no_room_for_a_refusal() -> Result<u8, TimedOut> {
    Ok(1)
}

fn of_a_number(_: &u8) {}

#[circuit(on_error = of_a_number)]
fn a_function_of_another_type() -> io::Result<u8> {
    Ok(1)
}

#[circuit(on_error = |error, attempt| drop((error, attempt)))]
fn a_closure_for_a_retry() -> io::Result<u8> {
    Ok(1)
}

#[circuit(on_error = 1)]
fn not_a_function() -> io::Result<u8> {
    Ok(1)
}

#[circuit(on_error = |error: &io::Error| error.to_string())]
fn a_closure_that_returns_something() -> io::Result<u8> {
    Ok(1)
}

#[circuit(on_failure = |_| (), on_error(_))]
fn the_word_of_others() -> io::Result<u8> {
    Ok(1)
}

#[circuit(on_error = |error| return Err(error))]
fn a_closure_that_returns() -> io::Result<u8> {
    Ok(1)
}

fn main() {
    let _ = (a_sync_function(), no_time(), no_unit(), no_end());
    let _ = (a_limit_of_run_time(Duration::ZERO), the_word_of_a_retry(), no_room_for_a_time_limit());
    let _ = (no_room_for_a_refusal(), a_function_of_another_type(), a_closure_for_a_retry());
    let _ = (not_a_function(), a_closure_that_returns_something(), the_word_of_others());
    let _ = (a_closure_that_returns(), of_a_number(&1));
}
