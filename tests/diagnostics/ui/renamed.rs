//! An attribute under another name is not seen by the one above it, and would end up outside of it.

use resilience::poll;
use resilience::retry as again;

use resilience::TimedOut;

#[poll(until(2))]
#[again(times = 4)]
fn inside_out() -> Result<u8, TimedOut> {
    Ok(2)
}

#[again]
#[poll(until(2), timeout = 3s)]
async fn seen() -> Result<u8, TimedOut> {
    Ok(2)
}

fn main() {
    let _ = (inside_out(), seen());
}
