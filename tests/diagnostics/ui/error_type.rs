//! Error types that are not the user's, or are parameters; and none at all.

use resilience::{asyncbackoff, circuit, poll, retry};
use std::num::ParseIntError;

#[circuit]
fn a_string() -> Result<u8, String> {
    Ok(1)
}

#[circuit]
async fn nothing() -> Result<u8, ()> {
    Ok(1)
}

#[poll(until(1))]
fn of_the_standard_library() -> Result<u8, ParseIntError> {
    "1".parse()
}

#[circuit]
fn a_parameter<E: From<ParseIntError>>(text: &str) -> Result<u8, E> {
    Ok(text.parse()?)
}

#[retry(attempt_timeout = 1s)]
async fn an_async_parameter<E>() -> Result<u8, E> {
    Ok(1)
}

struct Client<E>(E);

impl<E: Clone> Client<E> {
    #[asyncbackoff(1s)]
    async fn a_parameter_of_the_impl(&self) -> Result<u8, E> {
        Err(self.0.clone())
    }
}

#[poll(until(Some(_)))]
fn an_option() -> Option<u8> {
    Some(1)
}

#[poll(until(7))]
async fn a_value() -> u8 {
    7
}

fn main() {
    let _ = (a_string(), nothing(), of_the_standard_library(), a_parameter::<ParseIntError>("1"));
    let _ = (an_async_parameter::<()>(), Client(1).a_parameter_of_the_impl(), an_option(), a_value());
}
