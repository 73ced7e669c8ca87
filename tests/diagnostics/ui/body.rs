//! Mistakes in the body are the compiler's, at the user's own tokens.

use resilience::{TimedOut, asyncbackoff, poll, retry};

#[retry]
fn of_another_type() -> Result<u8, TimedOut> {
    Ok("one")
}

#[asyncbackoff(1s)]
async fn of_another_type_asynchronously() -> Result<u8, TimedOut> {
    Ok("three")
}

#[poll(until(2))]
fn of_another_error() -> Result<u8, TimedOut> {
    std::fs::read_to_string("/nowhere")?;
    Ok(2)
}

#[retry(attempt_timeout = 1s)]
async fn of_another_error_asynchronously() -> Result<u8, TimedOut> {
    std::fs::read_to_string("/nowhere")?;
    Ok(2)
}

#[retry]
fn without_an_end() -> Result<u8, TimedOut> {
    Ok::<_, TimedOut>(1);
}

#[retry]
async fn without_an_async_end() -> Result<u8, TimedOut> {
    Ok::<_, TimedOut>(1);
}

#[retry]
fn early() -> Result<u8, TimedOut> {
    if true {
        return 3;
    }
    Ok(1)
}

#[retry]
fn unknown() -> Result<u8, TimedOut> {
    Ok(nowhere)
}

fn main() {
    let _ = (of_another_type(), of_another_type_asynchronously(), of_another_error());
    let _ = (of_another_error_asynchronously(), without_an_end(), without_an_async_end(), early(), unknown());
}
