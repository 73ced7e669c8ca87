use super::*;

const PATIENT: Backoff = Backoff::fibonacci(SECOND);

const fn patient() -> Backoff {
    PATIENT
}

#[retry(backoff = exponential(100ms, factor = 1.5, max = 10s), jitter = 25%)]
fn spelt_out() -> Result<u8, TimedOut> {
    Ok(1)
}

#[poll(until(2), backoff = PATIENT, jitter = 0.5)]
fn a_constant() -> Result<u8, TimedOut> {
    Ok(2)
}

#[asyncbackoff(1s, backoff = patient(), jitter = Jitter::Full)]
async fn a_constant_function() -> Result<u8, TimedOut> {
    Ok(3)
}

#[asyncretry(5, backoff = exponential(100ms), jitter = decorrelated)]
async fn smoothed() -> Result<u8, TimedOut> {
    Ok(4)
}

#[tokio::test]
async fn waits_are_said_once() {
    assert_eq!((spelt_out(), a_constant()), (Ok(1), Ok(2)));
    assert_eq!((a_constant_function().await, smoothed().await), (Ok(3), Ok(4)));
}
