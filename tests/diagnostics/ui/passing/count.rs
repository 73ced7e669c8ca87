use super::*;

const MANY: u32 = 7;

#[retry(times = 1)]
fn once() -> Result<u8, u8> {
    Err(1)
}

#[retry(times = MANY, interval = 0s)]
fn many() -> Result<u8, u8> {
    Err(7)
}

#[asyncretry(forever)]
async fn without_end() -> Result<u8, u8> {
    Ok(4)
}

#[poll(until(2), timeout = 0s, ignore(_), max_ignored = forever, times = forever)]
fn bounded_by_time_alone() -> Result<u8, TimedOut> {
    Ok(1)
}

#[tokio::test]
async fn counts_are_whole_numbers() {
    assert_eq!((once(), many(), without_end().await), (Err(1), Err(7), Ok(4)));
    assert_eq!(bounded_by_time_alone().unwrap_err().attempts(), 1);
}
