//! Control flow out of other crates' macros, which the compiler rejects.

use resilience::{CircuitOpen, TimedOut, circuit, poll, retry};

macro_rules! check {
    ($value:expr) => {
        Err::<bool, _>($value)?
    };
}

macro_rules! give_up {
    () => {
        return Ok(0)
    };
}

macro_rules! stop {
    () => {
        break Ok(0)
    };
}

#[retry(on(error if check!(error.clone())))]
fn a_question_mark_in_a_guard() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on = give_up!())]
fn a_return_in_a_predicate() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(1), ignore(_ if stop!()))]
fn a_break_in_a_guard() -> Result<u8, TimedOut> {
    Ok(1)
}

#[circuit(key = give_up!())]
fn a_return_in_a_key() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[circuit(breaker = give_up!())]
fn a_return_in_a_breaker() -> Result<u8, CircuitOpen> {
    Ok(1)
}

#[retry(policy = give_up!())]
fn a_return_in_a_policy() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (a_question_mark_in_a_guard(), a_return_in_a_predicate(), a_break_in_a_guard());
    let _ = (a_return_in_a_key(), a_return_in_a_breaker(), a_return_in_a_policy());
}
