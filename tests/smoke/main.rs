//! A minimal use of every attribute; the topics have separate folders.

use resilience::{TimedOut, asyncbackoff, asyncretry, poll, retry};

#[retry]
fn retried() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2))]
fn polled() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(100ms, 1s)]
async fn backed_off() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5)]
async fn async_retried() -> Result<u8, TimedOut> {
    Ok(4)
}

#[tokio::test]
async fn each_attribute_lets_a_good_call_through() {
    assert_eq!((retried(), polled()), (Ok(1), Ok(2)));
    assert_eq!((backed_off().await, async_retried().await), (Ok(3), Ok(4)));
}
