//! Functions that return a future, and make it of something else than one async block at their end.

use resilience::{TimedOut, circuit, retry};
use std::future::{Future, Ready, ready};
use std::io;
use std::pin::Pin;

async fn other() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3)]
fn a_call() -> impl Future<Output = Result<u8, TimedOut>> {
    other()
}

#[retry]
fn one_of_two(first: bool) -> Pin<Box<dyn Future<Output = Result<u8, TimedOut>> + Send>> {
    if first {
        return Box::pin(async { Ok(1) });
    }
    Box::pin(async { Ok(2) })
}

#[circuit]
fn of_another_library(a: u8) -> impl Future<Output = io::Result<u8>> {
    ready(Ok(a))
}

/// Which future it is, its type does not say.
#[retry]
fn by_name() -> Ready<Result<u8, TimedOut>> {
    ready(Ok(1))
}

/// What a function does with the block, nobody knows.
#[retry]
fn wrapped() -> impl Future<Output = Result<u8, TimedOut>> {
    once_more(async move { Ok(1) })
}

async fn once_more(future: impl Future<Output = Result<u8, TimedOut>>) -> Result<u8, TimedOut> {
    future.await
}

#[retry]
fn in_a_block() -> impl Future<Output = Result<u8, TimedOut>> {
    { async move { Ok(1) } }
}

#[circuit]
#[track_caller]
fn tracked() -> io::Result<u32> {
    Ok(std::panic::Location::caller().line())
}

fn main() {
    drop((wrapped(), in_a_block(), tracked()));
    drop((a_call(), one_of_two(true), of_another_library(1), by_name()));
}
