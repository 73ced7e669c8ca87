//! Code that is still being written is the compiler's business, once.

use resilience::{TimedOut, asyncbackoff, poll, retry};

#[retry(times = )]
fn half_an_option() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3)]
fn half_a_statement() -> Result<u8, TimedOut> {
    let n = ;
    Ok(n)
}

#[poll(until(2), timeout = 3)]
fn half_an_option_and_half_a_statement() -> Result<u8, TimedOut> {
    let n = 3
    Ok(n)
}

#[asyncbackoff(1s)]
async fn half_a_call() -> Result<u8, TimedOut> {
    std::future::ready(1).
}

fn main() {
    let _ = (half_an_option(), half_a_statement(), half_an_option_and_half_a_statement(), half_a_call());
}
