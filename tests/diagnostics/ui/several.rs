//! All mistakes at once; a slip of the pen in one option does not hide the others.

use resilience::{TimedOut, asyncbackoff, poll, retry};

#[retry(times = 0, interval = 5, jitter = 150%, tmies = 3, on())]
fn five() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(timeout = 15, times = 0, deadline = 3s)]
const fn six(mut n: u8) -> Result<u8, TimedOut> {
    n += 1;
    Ok(n)
}

#[asyncbackoff(1, 2s, 3m, 4, max_tries = 0)]
fn five_by_position() -> Result<u8, TimedOut> {
    Ok(3)
}

#[retry(times = = 3, interval = 5)]
fn a_slip_in_a_value() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times: 3, interval = 5)]
fn a_colon() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3; interval = 5)]
fn a_semicolon() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3 interval = 5)]
fn no_comma() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times = 3,, interval = 5)]
fn two_commas() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(times == 3, interval = 5)]
fn two_signs() -> Result<u8, TimedOut> {
    Ok(1)
}

#[retry(on = |e| , interval = 5)]
fn half_a_closure() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = (five(), six(1), five_by_position(), a_slip_in_a_value(), a_colon(), a_semicolon(), no_comma());
    let _ = (two_commas(), two_signs(), half_a_closure());
}
