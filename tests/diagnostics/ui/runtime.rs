//! Attributes that turn an async function into one that runs a whole runtime.

use resilience::{TimedOut, asyncbackoff, poll, retry};

#[tokio::test]
#[retry(times = 3)]
async fn below_a_test() -> Result<(), TimedOut> {
    Ok(())
}

#[tokio::test(start_paused = true)]
#[poll(until(()))]
async fn below_a_test_with_options() -> Result<(), TimedOut> {
    Ok(())
}

#[tokio::test]
#[asyncbackoff(1s)]
async fn one_that_only_async_functions_take() -> Result<(), TimedOut> {
    Ok(())
}

#[tokio::main]
#[retry]
async fn main() -> Result<(), TimedOut> {
    Ok(())
}
