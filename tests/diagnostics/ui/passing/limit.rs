use super::*;

const RETRY: RetryPolicy = RetryPolicy::new().deadline(SECOND);
const POLL: PollPolicy = PollPolicy::new().timeout(SECOND);

#[retry(attempt_timeout = 1s, deadline = 1s)]
async fn as_long_as_everything() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), timeout = 0s, initial_delay = 0s)]
fn no_delay() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), timeout = 1min, hold_for = 0s, attempt_timeout = 1min)]
async fn as_long_as_the_poll() -> Result<u8, TimedOut> {
    Ok(2)
}

#[poll(until(2), attempt_timeout = 20s)]
async fn longer_than_the_default() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(policy = RETRY)]
fn by_policy() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), policy = &POLL)]
fn by_reference() -> Result<u8, TimedOut> {
    Ok(2)
}

#[tokio::test]
async fn limits_can_be_reached() {
    assert_eq!((as_long_as_everything().await, as_long_as_the_poll().await), (Ok(1), Ok(2)));
    assert_eq!((by_policy(), by_reference()), (Ok(1), Ok(2)));
    assert_eq!((longer_than_the_default().await, no_delay()), (Ok(2), Ok(2)));
}
