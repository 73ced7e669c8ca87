use super::*;

#[asyncbackoff(_, 2s, _, max_tries = 3)]
async fn two_left_out() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncbackoff(1s, 2s, 100ms, on(_))]
async fn three() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(forever)]
async fn without_end() -> Result<u8, TimedOut> {
    Ok(4)
}

#[tokio::test]
async fn values_are_given_by_position() {
    assert_eq!((two_left_out().await, three().await, without_end().await), (Ok(3), Ok(3), Ok(4)));
}
