#![deny(unused_imports)]

use super::*;

#[retry(times = 3)]
#[poll(until(1))]
fn spelt_above_another() -> Result<u8, TimedOut> {
    Ok(1)
}

#[test]
fn the_imports_of_attributes_below_are_in_use() {
    assert_eq!(spelt_above_another(), Ok(1));
}
