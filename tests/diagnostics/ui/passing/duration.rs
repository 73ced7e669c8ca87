use super::*;

const HALF: Duration = Duration::from_millis(500);

#[retry(interval = 1.5s, deadline = 2min)]
fn literals() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), timeout = forever, interval = 100us, hold_for = 0ns)]
fn more_literals() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(HALF, SECOND, Duration::ZERO)]
async fn constants() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5, pause = Duration::from_millis(2 * 5))]
async fn an_expression() -> Result<u8, TimedOut> {
    Ok(4)
}

#[retry(interval = const { if cfg!(test) { HALF } else { SECOND } })]
fn a_block() -> Result<u8, TimedOut> {
    Ok(1)
}

#[tokio::test]
async fn durations_have_units_or_are_constants() {
    assert_eq!((literals(), more_literals(), a_block()), (Ok(1), Ok(2), Ok(1)));
    assert_eq!((constants().await, an_expression().await), (Ok(3), Ok(4)));
}
