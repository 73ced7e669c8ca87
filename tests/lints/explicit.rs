#![deny(clippy::implicit_return, clippy::question_mark_used)]

use resilience::{asyncbackoff, asyncretry, circuit, poll, retry};

use super::{Fault, ask, ask_async, hear, instead, note};

/// It asks.
#[retry(times = 2, interval = 0s, on_error = note)]
fn retried(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[retry(deadline = 1s, interval = 0s)]
fn retried_in_time(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[poll(until(1), alarm(9), ignore(Fault::Down(_)), interval = 0s, times = 2)]
fn polled(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[circuit(on(Fault::Down(_)), ignore(Fault::Late))]
fn guarded(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[circuit(fallback = instead)]
fn guarded_with_fallback(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[retry(deadline = 1s, interval = 0s)]
#[circuit]
fn retry_over_circuit(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[circuit]
#[retry(times = 2, interval = 0s)]
fn circuit_over_retry(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[poll(until(1), ignore(Fault::Down(_)), timeout = 1s)]
#[circuit]
fn poll_over_circuit(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[circuit]
#[poll(until(1), times = 2)]
fn circuit_over_poll(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[retry(times = 2, interval = 0s)]
#[poll(until(1), times = 2)]
fn retry_over_poll(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[retry(times = 2, interval = 0s, on_error = note)]
async fn retried_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[retry(deadline = 1s, interval = 0s)]
async fn retried_in_time_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[poll(until(1), alarm(9), ignore(Fault::Down(_)), interval = 0s, times = 2)]
async fn polled_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[circuit(on(Fault::Down(_)), ignore(Fault::Late))]
async fn guarded_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[circuit(call_timeout = 9s, on(Fault::Down(_)), ignore(Fault::Late), on_error = hear)]
async fn guarded_with_limit_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[poll(until(1), ignore(Fault::Down(_)), attempt_timeout = 5s, interval = 0s, on_error = note)]
#[circuit(call_timeout = 4s, on_error = |_| {})]
#[circuit(fallback = ask_async)]
async fn limits_over_circuits(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[circuit(on_error = hear)]
fn guarded_that_tells(number: u32) -> Result<u32, Fault> {
    return ask(number);
}

/// It asks.
#[circuit(fallback = ask_async)]
async fn guarded_with_fallback_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[retry(deadline = 1s, interval = 0s)]
#[circuit]
async fn retry_over_circuit_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[circuit]
#[retry(times = 2, interval = 0s)]
async fn circuit_over_retry_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[poll(until(1), ignore(Fault::Down(_)), timeout = 1s)]
#[circuit]
async fn poll_over_circuit_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[circuit]
#[poll(until(1), times = 2)]
async fn circuit_over_poll_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[retry(times = 2, interval = 0s)]
#[poll(until(1), times = 2)]
async fn retry_over_poll_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[asyncbackoff(1s, 2s, on(Fault::Down(_)), max_tries = 2)]
async fn backed_off_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[asyncretry(2)]
async fn tried_again_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

/// It asks.
#[asyncbackoff(1s, 2s, on(Fault::Down(_)))]
#[circuit]
async fn asyncbackoff_over_circuit_later(number: u32) -> Result<u32, Fault> {
    return ask_async(number).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn they_are_called_and_called_again() {
        assert_eq!((retried(1), retried(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retried_in_time(1), retried_in_time(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled(1), polled(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded(1), guarded(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_with_fallback(1), guarded_with_fallback(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_circuit(1), retry_over_circuit(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((circuit_over_retry(1), circuit_over_retry(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((poll_over_circuit(1), poll_over_circuit(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((circuit_over_poll(1), circuit_over_poll(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_poll(1), retry_over_poll(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retried_later(1).await, retried_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (retried_in_time_later(1).await, retried_in_time_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((polled_later(1).await, polled_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_later(1).await, guarded_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (guarded_with_limit_later(1).await, guarded_with_limit_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (limits_over_circuits(1).await, limits_over_circuits(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((guarded_that_tells(1), guarded_that_tells(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (guarded_with_fallback_later(1).await, guarded_with_fallback_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (retry_over_circuit_later(1).await, retry_over_circuit_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (circuit_over_retry_later(1).await, circuit_over_retry_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (poll_over_circuit_later(1).await, poll_over_circuit_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (circuit_over_poll_later(1).await, circuit_over_poll_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (retry_over_poll_later(1).await, retry_over_poll_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((backed_off_later(1).await, backed_off_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((tried_again_later(1).await, tried_again_later(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (asyncbackoff_over_circuit_later(1).await, asyncbackoff_over_circuit_later(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
    }
}
