use resilience::{asyncbackoff, asyncretry, circuit, poll, retry};

use super::{
    BREAKER, CONFIG, Fault, LOOKS, RETRIES, SECOND, ask_async, hear, instead, is_down, note, suffix,
};

/// It asks.
#[retry(interval = 0s)]
async fn retried(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(on(Fault::Down(_) | Fault::Late), giveup = |fault| *fault == Fault::Late, times = 4, backoff = exponential(1ms, factor = 2, max = 4ms), jitter = full, deadline = 1s, on_error = note, retry_after = |fault: &Fault| (*fault == Fault::Late).then_some(SECOND), name = "retried")]
async fn retried_with_options(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(times = forever, on = is_down, interval = 1ms, giveup(Fault::Down(0)))]
async fn retried_by_path(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It takes what it asks.
#[retry(interval = 0s, clone(text))]
async fn retried_with_clones(mut text: String) -> Result<String, Fault> {
    text.push_str(suffix(&text)?);
    Ok(text)
}

/// It asks.
#[retry(policy = RETRIES)]
async fn retried_by_policy(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(attempt_timeout = 1s, interval = 0s)]
async fn retried_in_time(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until(1 | 2), interval = 0s, times = 2)]
async fn polled(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until = |answer| *answer == 1, alarm(9), ignore(Fault::Down(_)), max_ignored = 2, timeout = 1s, hold_for = 1ms, interval = 1ms, jitter = 25%, on_error = note)]
async fn polled_with_options(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It takes what it asks.
#[poll(until = |length| *length == 1, interval = 0s, times = 2, clone(text))]
async fn polled_with_clones(mut text: String) -> Result<usize, Fault> {
    text.push_str(suffix(&text)?);
    Ok(text.len())
}

/// It asks.
#[poll(until(1), policy = LOOKS)]
async fn polled_by_policy(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until(1), attempt_timeout = 1s, times = 2, interval = 0s)]
async fn polled_in_time(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncbackoff(1s, 2s, 1ms, on(Fault::Down(_)), max_tries = 2)]
async fn backed_off(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncbackoff(attempt_timeout = 1s, deadline = 2s, on = |fault| *fault != Fault::Late, giveup(Fault::Down(0)), backoff = linear(1ms), on_error = note)]
async fn backed_off_with_options(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncretry(2)]
async fn tried_again(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncretry(forever, giveup(Fault::Down(0)), pause = 1ms)]
async fn tried_again_with_options(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit]
async fn guarded(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(name = "options", failure_threshold = 3, within = 60s, recovery_timeout = 1s, max_recovery_timeout = 9s, half_open_calls = 2, success_threshold = 2, probe_timeout = 5s, on(Fault::Down(_)), ignore = |fault| *fault == Fault::Late, on_open = |open| if open.retry_after().is_none() { Fault::Late } else { Fault::Refused })]
async fn guarded_with_options(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(failure_rate = 50%, window = 100, min_calls = 20, slow_call = 2s, slow_rate = 80%)]
async fn guarded_by_rate(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(key = number, max_keys = 9, config = CONFIG)]
async fn guarded_by_key(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(breaker = &BREAKER)]
async fn guarded_by_breaker(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(call_timeout = 9s, on(Fault::Down(_)), ignore(Fault::Late), on_error = hear)]
async fn guarded_with_limit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until(1), ignore(Fault::Down(_)), attempt_timeout = 5s, interval = 0s, on_error = note, retry_after = |result| result.is_err().then_some(SECOND))]
#[circuit(call_timeout = 4s, on_error = |_| {})]
#[circuit(fallback = |_| Err(Fault::Late))]
async fn limits_over_circuits(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncbackoff(attempt_timeout = 5s, on(Fault::Down(_)), max_tries = 2)]
#[retry(policy = RETRIES, on_error = note)]
#[circuit(on_open = |_| Fault::Refused)]
async fn limits_over_retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(fallback = async |other| instead(other))]
async fn guarded_with_fallback(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(fallback = |other| other.checked_add(1).ok_or(Fault::Late))]
async fn guarded_with_closure(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(interval = 0s)]
#[circuit]
async fn retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit]
#[retry(interval = 0s)]
async fn circuit_over_retry(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until(1), times = 2, interval = 0s)]
#[retry(interval = 0s)]
async fn poll_over_retry(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(interval = 0s)]
#[poll(until(1), times = 2, interval = 0s)]
async fn retry_over_poll(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until(1), times = 2, interval = 0s)]
#[circuit]
async fn poll_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit]
#[poll(until(1), times = 2, interval = 0s)]
async fn circuit_over_poll(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(interval = 0s)]
#[retry(interval = 0s)]
async fn retry_over_retry(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[poll(until(1), ignore(Fault::Down(_)), times = 2, interval = 0s)]
#[circuit]
async fn ignoring_poll_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(deadline = 1s, interval = 0s, on_error = note)]
#[circuit]
async fn bounded_retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(interval = 0s)]
#[circuit(fallback = |_| Ok(1))]
async fn retry_over_circuit_with_fallback(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit(fallback = |_| Ok(1))]
#[retry(interval = 0s)]
async fn circuit_with_fallback_over_retry(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(interval = 0s)]
#[poll(until(1), ignore(Fault::Down(_)), times = 2, interval = 0s)]
async fn retry_over_ignoring_poll(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[retry(deadline = 1s, interval = 0s, on_error = note)]
#[retry(interval = 0s)]
#[circuit]
async fn bounded_retry_over_retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncbackoff(1s, 2s, on(Fault::Down(_)), max_tries = 2)]
#[circuit]
async fn asyncbackoff_over_circuit(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[circuit]
#[asyncbackoff(1s, 2s, on(Fault::Down(_)), max_tries = 2)]
async fn circuit_over_asyncbackoff(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It asks.
#[asyncbackoff(1s, 2s, on(Fault::Down(_)), max_tries = 2)]
#[retry(interval = 0s)]
async fn asyncbackoff_over_retry(number: u32) -> Result<u32, Fault> {
    ask_async(number).await
}

/// It has them, too.
struct Client {
    /// So many.
    calls: u32,
}

impl Client {
    /// It counts.
    #[retry(interval = 0s)]
    async fn retried(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask_async(number).await
    }

    /// It counts.
    #[poll(until(1), times = 2, interval = 0s)]
    async fn polled(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask_async(number).await
    }

    /// It counts.
    #[circuit]
    async fn guarded(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask_async(number).await
    }

    /// It counts.
    #[circuit(key = self.calls)]
    async fn guarded_by_its_own(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask_async(number).await
    }

    /// It counts.
    #[retry(interval = 0s)]
    #[circuit]
    async fn stacked(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask_async(number).await
    }
}

/// It is of any type.
#[retry(times = N, interval = 0s)]
async fn generic_retried<T: Copy + Sync, const N: u32>(item: &T) -> Result<[T; 1], Fault> {
    Ok([*item; 1])
}

/// It is of any type.
#[poll(until = |items| items.len() == N, interval = 0s)]
async fn generic_polled<T: Copy + Sync, const N: usize>(item: &T) -> Result<[T; N], Fault> {
    Ok([*item; N])
}

/// It is of any type.
#[circuit]
async fn generic_guarded<T: Copy + Sync, const N: usize>(item: &T) -> Result<[T; N], Fault> {
    Ok([*item; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::too_many_lines, reason = "there are many functions")]
    #[tokio::test(start_paused = true)]
    async fn they_are_called_and_called_again() {
        assert_eq!((retried(1).await, retried(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (retried_with_options(1).await, retried_with_options(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((retried_by_path(1).await, retried_by_path(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (retried_with_clones(String::new()).await, retried_with_clones(String::new()).await),
            (Ok("a".into()), Ok("a".into())),
            "they answer"
        );
        assert_eq!((retried_by_policy(1).await, retried_by_policy(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retried_in_time(1).await, retried_in_time(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled(1).await, polled(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (polled_with_options(1).await, polled_with_options(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (polled_with_clones(String::new()).await, polled_with_clones(String::new()).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((polled_by_policy(1).await, polled_by_policy(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled_in_time(1).await, polled_in_time(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((backed_off(1).await, backed_off(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (backed_off_with_options(1).await, backed_off_with_options(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((tried_again(1).await, tried_again(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (tried_again_with_options(1).await, tried_again_with_options(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((guarded(1).await, guarded(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (guarded_with_options(1).await, guarded_with_options(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((guarded_by_rate(1).await, guarded_by_rate(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_by_key(1).await, guarded_by_key(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_by_breaker(1).await, guarded_by_breaker(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (guarded_with_fallback(1).await, guarded_with_fallback(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (guarded_with_closure(1).await, guarded_with_closure(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((retry_over_circuit(1).await, retry_over_circuit(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((circuit_over_retry(1).await, circuit_over_retry(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((poll_over_retry(1).await, poll_over_retry(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_poll(1).await, retry_over_poll(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((poll_over_circuit(1).await, poll_over_circuit(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((circuit_over_poll(1).await, circuit_over_poll(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_retry(1).await, retry_over_retry(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (ignoring_poll_over_circuit(1).await, ignoring_poll_over_circuit(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (bounded_retry_over_circuit(1).await, bounded_retry_over_circuit(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (retry_over_circuit_with_fallback(1).await, retry_over_circuit_with_fallback(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (circuit_with_fallback_over_retry(1).await, circuit_with_fallback_over_retry(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (retry_over_ignoring_poll(1).await, retry_over_ignoring_poll(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (bounded_retry_over_retry_over_circuit(1).await, bounded_retry_over_retry_over_circuit(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (asyncbackoff_over_circuit(1).await, asyncbackoff_over_circuit(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (circuit_over_asyncbackoff(1).await, circuit_over_asyncbackoff(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (asyncbackoff_over_retry(1).await, asyncbackoff_over_retry(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((guarded_with_limit(1).await, guarded_with_limit(1).await), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (limits_over_circuits(1).await, limits_over_circuits(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (limits_over_retry_over_circuit(1).await, limits_over_retry_over_circuit(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.retried(1).await, Client { calls: 0 }.retried(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.polled(1).await, Client { calls: 0 }.polled(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.guarded(1).await, Client { calls: 0 }.guarded(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (
                Client { calls: 0 }.guarded_by_its_own(1).await,
                Client { calls: 0 }.guarded_by_its_own(1).await
            ),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.stacked(1).await, Client { calls: 0 }.stacked(1).await),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (generic_retried::<u32, 1>(&1).await, generic_retried::<u32, 1>(&1).await),
            (Ok([1]), Ok([1])),
            "they answer"
        );
        assert_eq!(
            (generic_polled::<u32, 1>(&1).await, generic_polled::<u32, 1>(&1).await),
            (Ok([1]), Ok([1])),
            "they answer"
        );
        assert_eq!(
            (generic_guarded::<u32, 1>(&1).await, generic_guarded::<u32, 1>(&1).await),
            (Ok([1]), Ok([1])),
            "they answer"
        );
    }
}
