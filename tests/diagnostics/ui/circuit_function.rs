//! What a circuit asks of the function, and what its options may use.

use resilience::{CircuitConfig, circuit, retry};
use std::io;
use std::pin::Pin;

#[circuit]
const fn constant() -> Result<u8, io::Error> {
    Ok(1)
}

#[circuit]
fn no_result() -> u8 {
    1
}

#[circuit]
fn nothing() {}

#[circuit]
async fn an_option() -> Option<u8> {
    Some(1)
}

#[circuit]
fn items() -> impl Iterator<Item = io::Result<u8>> {
    [Ok(1)].into_iter()
}

#[circuit(failure_threshold = 2)]
fn boxed_items<'a>(items: &'a [u8]) -> Box<dyn Iterator<Item = io::Result<u8>> + 'a> {
    Box::new(items.iter().map(|item| Ok(*item)))
}

trait Stream {
    type Item;
}

#[circuit]
async fn a_stream() -> Pin<Box<dyn Stream<Item = io::Result<u8>> + Send>> {
    todo!()
}

#[derive(Debug)]
enum Plain {
    Broken,
}

#[circuit]
fn an_error_that_cannot_hold_a_refusal() -> Result<u8, Plain> {
    Err(Plain::Broken)
}

#[circuit]
async fn an_async_error_that_cannot_hold_a_refusal() -> Result<u8, Plain> {
    Err(Plain::Broken)
}

#[retry]
#[circuit(name = "below")]
fn below_a_retry() -> Result<u8, Plain> {
    Err(Plain::Broken)
}

fn two_arguments(a: u8, b: u8) -> io::Result<u8> {
    Ok(a + b)
}

fn other_type(_: u8) -> Option<u8> {
    None
}

fn other_argument(_: String) -> io::Result<u8> {
    Ok(1)
}

#[circuit(fallback = two_arguments)]
fn a_fallback_of_more_arguments(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = other_type)]
fn a_fallback_of_another_type(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = other_argument)]
fn a_fallback_of_another_argument(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = |a, b| Ok(a))]
fn a_closure_of_more_arguments(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[circuit(fallback = two_arguments)]
async fn a_sync_fallback_of_an_async_function(a: u8, b: u8) -> io::Result<u8> {
    Ok(a + b)
}

#[circuit(fallback = two_arguments)]
fn an_argument_without_a_name((a, b): (u8, u8), c: u8) -> io::Result<u8> {
    Ok(a + b + c)
}

#[circuit(on_open = |open| open.to_string())]
fn an_on_open_of_another_type() -> io::Result<u8> {
    Ok(1)
}

#[circuit(failure_threshold = limit, recovery_timeout = std::time::Duration::from_secs(seconds))]
fn values_of_run_time(limit: u32, seconds: u64) -> io::Result<u64> {
    Ok(seconds + u64::from(limit))
}

#[circuit(failure_threshold = N)]
fn a_generic_value<const N: u32>() -> io::Result<u8> {
    Ok(1)
}

trait Service {
    const CONFIG: CircuitConfig;

    #[circuit(config = Self::CONFIG)]
    fn of_a_trait(&self) -> io::Result<u8> {
        Ok(1)
    }
}

#[circuit(key = host, max_keys = most)]
fn a_bound_of_run_time(host: &str, most: u32) -> io::Result<usize> {
    Ok(host.len() + most as usize)
}

struct Client {
    limit: u32,
}

impl Client {
    #[circuit(failure_threshold = self.limit)]
    fn of_self(&self) -> io::Result<u8> {
        Ok(1)
    }
}

#[circuit(breaker = 7)]
fn no_breaker() -> io::Result<u8> {
    Ok(1)
}

struct NoText;

#[circuit(key = key)]
fn a_key_without_a_text(key: NoText) -> io::Result<u8> {
    Ok(1)
}

#[circuit]
struct NoFunction;

fn main() {
    let _ = (constant(), no_result(), nothing(), an_option(), an_error_that_cannot_hold_a_refusal());
    let _ = (an_async_error_that_cannot_hold_a_refusal(), below_a_retry(), a_fallback_of_more_arguments(1));
    let _ = (a_fallback_of_another_type(1), a_fallback_of_another_argument(1), a_closure_of_more_arguments(1));
    let _ = (a_sync_fallback_of_an_async_function(1, 2), an_argument_without_a_name((1, 2), 3));
    let _ = (an_on_open_of_another_type(), values_of_run_time(1, 2), a_generic_value::<1>());
    let _ = (Client { limit: 1 }.of_self(), no_breaker(), a_key_without_a_text(NoText), NoFunction);
    let _ = a_bound_of_run_time("", 1);
    let _ = (items().next(), boxed_items(&[]).next(), a_stream());
}
