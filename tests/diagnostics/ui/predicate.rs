//! A predicate takes a reference and answers with a `bool`.

use resilience::{Attempt, TimedOut, asyncbackoff, poll, retry};
use std::time::Duration;

#[retry(on = |e| e.to_string())]
fn no_answer() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on = |e, n| n > 1)]
fn one_argument_too_many() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on = true)]
fn no_question() -> Result<u8, TimedOut> {
    Ok(1)
}

fn is_even(n: u8) -> bool {
    n % 2 == 0
}

#[poll(until = is_even)]
fn by_value() -> Result<u8, TimedOut> {
    Ok(2)
}

fn is_long(text: &String) -> bool {
    text.len() > 9
}

#[poll(until = is_long)]
fn of_another_type() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until = |n| n == 2)]
fn a_reference_is_no_number() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), alarm = |n| n.is_bad(), ignore = |e: &u8| *e == 1)]
fn two_predicates_at_once() -> std::io::Result<u8> {
    Ok(2)
}

#[retry(retry_after = |_| Duration::from_secs(1))]
fn a_wait_that_is_no_option() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), retry_after = |_| Duration::ZERO)]
fn a_wait_of_a_poll_that_is_no_option() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(on_error = |e| eprintln!("{e}"))]
fn told_too_little() -> Result<u8, TimedOut> {
    Ok(1)
}

fn tell(_: &TimedOut, _: Attempt) {}

#[asyncbackoff(1s, on_error = tell)]
async fn told_by_value() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncbackoff(1s, giveup = |e| e.attempts())]
async fn given_up_by_number() -> Result<u8, TimedOut> {
    Ok(3)
}

fn main() {
    let _ = (no_answer(), one_argument_too_many(), no_question(), by_value(), of_another_type());
    let _ = (a_reference_is_no_number(), two_predicates_at_once(), a_wait_that_is_no_option());
    let _ = (told_too_little(), told_by_value(), given_up_by_number());
}
