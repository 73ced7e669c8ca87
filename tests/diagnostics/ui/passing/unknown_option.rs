use super::*;

#[retry(
    on(TimedOut { .. }),
    giveup = |e| e.attempts() > 9,
    times = 3,
    backoff = exponential(1ms),
    jitter = full,
    deadline = 10s,
    retry_after = |_| None,
    on_error = |_, _| {},
    clone(a),
    name = "every option",
    crate = ::resilience
)]
fn every_option_of_retry(a: u8) -> Result<u8, TimedOut> {
    Ok(a)
}

#[poll(
    until(2),
    timeout = 1s,
    interval = 1ms,
    jitter = none,
    times = 20,
    alarm(3),
    ignore(_),
    max_ignored = 5,
    hold_for = 0s,
    on_error = |_, _| {},
    clone(a),
    name = "every option",
    crate = resilience
)]
fn every_option_of_poll(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[asyncbackoff(
    attempt_timeout = 100ms,
    deadline = 1s,
    pause = 1ms,
    on(_),
    giveup = |_| false,
    max_tries = 3,
    jitter = 25%,
    retry_after = |_| None,
    on_error = |_, _| {},
    clone(a),
    name = "every option",
    crate = ::resilience
)]
async fn every_option_of_asyncbackoff(a: u8) -> Result<u8, TimedOut> {
    Ok(a)
}

#[asyncretry(
    max_tries = 5,
    on(_),
    giveup = |_| false,
    backoff = linear(1ms, max = 5ms),
    jitter = equal,
    retry_after = |_| None,
    on_error = |_, _| {},
    clone(a),
    name = "every option",
    crate = ::resilience
)]
async fn every_option_of_asyncretry(a: u8) -> Result<u8, TimedOut> {
    Ok(a)
}

#[tokio::test]
async fn every_known_option_is_taken() {
    assert_eq!((every_option_of_retry(1), every_option_of_poll(2).unwrap()), (Ok(1), 2));
    assert_eq!((every_option_of_asyncbackoff(3).await, every_option_of_asyncretry(4).await), (Ok(3), Ok(4)));
}
