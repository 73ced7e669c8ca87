//! Values of the wrong type are the compiler's business, at the value.

use resilience::{TimedOut, asyncbackoff, poll, retry};

const NAME: &str = "three";
const COUNT: u64 = 3;

#[retry(times = COUNT)]
fn a_count_too_wide() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(interval = NAME)]
fn a_name_for_a_wait() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = NOWHERE)]
fn nowhere_to_be_found() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(policy = 3)]
fn a_number_for_a_policy() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on(Missing::Busy))]
fn no_such_pattern() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until("done"))]
fn a_pattern_of_another_type() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(1s, on(Some(3)))]
async fn a_pattern_of_another_error() -> Result<u8, TimedOut> {
    Ok(3)
}

fn main() {
    let _ = (a_count_too_wide(), a_name_for_a_wait());
    let _ = (nowhere_to_be_found(), a_number_for_a_policy(), no_such_pattern());
    let _ = (a_pattern_of_another_type(), a_pattern_of_another_error());
}
