//! A mistake in one attribute must not make the imports of the others look unused.
#![deny(unused_imports)]

use resilience::{TimedOut, poll, retry};

#[retry(timess = 3)]
#[poll(until(1))]
fn misspelt_above_another() -> Result<u8, TimedOut> {
    Ok(1)
}

fn main() {
    let _ = misspelt_above_another();
}
