use super::*;

#[retry(times = 2, interval = 5ms, jitter = 50%, on(_))]
fn all_right() -> Result<u8, TimedOut> {
    Ok(1)
}

#[test]
fn several_options_stand_side_by_side() {
    assert_eq!(all_right(), Ok(1));
}
