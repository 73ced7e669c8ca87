use resilience::{circuit, poll, retry};
use resilience::{circuit as watched, retry as once_more};

use super::{BREAKER, CONFIG, Fault, LOOKS, RETRIES, SECOND, ask, instead, is_down, note, suffix};

/// It asks.
#[retry(interval = 0s)]
fn retried(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(on(Fault::Down(_) | Fault::Late), giveup = |fault| *fault == Fault::Late, times = 4, backoff = exponential(1ms, factor = 2, max = 4ms), jitter = full, deadline = 1s, on_error = note, retry_after = |fault: &Fault| (*fault == Fault::Late).then_some(SECOND), name = "retried")]
fn retried_with_options(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(times = forever, on = is_down, interval = 1ms, giveup(Fault::Down(0)))]
fn retried_by_path(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It takes what it asks.
#[retry(interval = 0s, clone(text))]
fn retried_with_clones(mut text: String) -> Result<String, Fault> {
    text.push_str(suffix(&text)?);
    Ok(text)
}

/// It takes what it asks.
#[poll(until = |answer| answer.len() == 2, interval = 0s, times = 2)]
#[watched]
#[once_more(interval = 0s, clone(text))]
fn renamed_with_clones(mut text: String) -> Result<String, Fault> {
    text.push_str(suffix(&text)?);
    Ok(text)
}

/// It asks.
#[retry(policy = RETRIES)]
fn retried_by_policy(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[poll(until(1 | 2), interval = 0s, times = 2)]
fn polled(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[poll(until = |answer| *answer == 1, alarm(9), ignore(Fault::Down(_)), max_ignored = 2, timeout = 1s, hold_for = 1ms, interval = 1ms, jitter = 25%, on_error = note)]
fn polled_with_options(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It takes what it asks.
#[poll(until = |length| *length == 1, interval = 0s, times = 2, clone(text))]
fn polled_with_clones(mut text: String) -> Result<usize, Fault> {
    text.push_str(suffix(&text)?);
    Ok(text.len())
}

/// It asks.
#[poll(until(1), policy = LOOKS)]
fn polled_by_policy(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit]
fn guarded(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(name = "options", failure_threshold = 3, within = 60s, recovery_timeout = 1s, max_recovery_timeout = 9s, half_open_calls = 2, success_threshold = 2, probe_timeout = 5s, on(Fault::Down(_)), ignore = |fault| *fault == Fault::Late, on_open = |open| if open.retry_after().is_none() { Fault::Late } else { Fault::Refused })]
fn guarded_with_options(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(failure_rate = 50%, window = 100, min_calls = 20, slow_call = 2s, slow_rate = 80%)]
fn guarded_by_rate(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(key = number, max_keys = 9, config = CONFIG)]
fn guarded_by_key(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(breaker = &BREAKER)]
fn guarded_by_breaker(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(fallback = instead)]
fn guarded_with_fallback(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(fallback = |other| other.checked_add(1).ok_or(Fault::Late))]
fn guarded_with_closure(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(interval = 0s)]
#[circuit]
fn retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit]
#[retry(interval = 0s)]
fn circuit_over_retry(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[poll(until(1), times = 2, interval = 0s)]
#[retry(interval = 0s)]
fn poll_over_retry(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(interval = 0s)]
#[poll(until(1), times = 2, interval = 0s)]
fn retry_over_poll(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[poll(until(1), times = 2, interval = 0s)]
#[circuit]
fn poll_over_circuit(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit]
#[poll(until(1), times = 2, interval = 0s)]
fn circuit_over_poll(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(interval = 0s)]
#[retry(interval = 0s)]
fn retry_over_retry(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[poll(until(1), ignore(Fault::Down(_)), times = 2, interval = 0s, retry_after = |_| None)]
#[circuit]
fn ignoring_poll_over_circuit(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(deadline = 1s, interval = 0s, on_error = note)]
#[circuit]
fn bounded_retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(interval = 0s)]
#[circuit(fallback = |_| Ok(1))]
fn retry_over_circuit_with_fallback(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[circuit(fallback = |_| Ok(1))]
#[retry(interval = 0s)]
fn circuit_with_fallback_over_retry(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(interval = 0s)]
#[poll(until(1), ignore(Fault::Down(_)), times = 2, interval = 0s)]
fn retry_over_ignoring_poll(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It asks.
#[retry(deadline = 1s, interval = 0s, on_error = note)]
#[retry(interval = 0s)]
#[circuit]
fn bounded_retry_over_retry_over_circuit(number: u32) -> Result<u32, Fault> {
    ask(number)
}

/// It has them, too.
struct Client {
    /// So many.
    calls: u32,
}

impl Client {
    /// It counts.
    #[retry(interval = 0s)]
    fn retried(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask(number)
    }

    /// It counts.
    #[poll(until(1), times = 2, interval = 0s)]
    fn polled(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask(number)
    }

    /// It counts.
    #[circuit]
    fn guarded(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask(number)
    }

    /// It counts.
    #[circuit(key = self.calls)]
    fn guarded_by_its_own(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask(number)
    }

    /// It counts.
    #[retry(interval = 0s)]
    #[circuit]
    fn stacked(&mut self, number: u32) -> Result<u32, Fault> {
        self.calls = self.calls.saturating_add(1);
        ask(number)
    }
}

/// It is of any type.
#[retry(times = N, interval = 0s)]
fn generic_retried<T: Copy, const N: u32>(item: &T) -> Result<[T; 1], Fault> {
    Ok([*item; 1])
}

/// It is of any type.
#[poll(until = |items| items.len() == N, interval = 0s)]
fn generic_polled<T: Copy, const N: usize>(item: &T) -> Result<[T; N], Fault> {
    Ok([*item; N])
}

/// It is of any type.
#[circuit]
fn generic_guarded<T: Copy, const N: usize>(item: &T) -> Result<[T; N], Fault> {
    Ok([*item; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_called_and_called_again() {
        assert_eq!((retried(1), retried(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retried_with_options(1), retried_with_options(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retried_by_path(1), retried_by_path(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (retried_with_clones(String::new()), retried_with_clones(String::new())),
            (Ok("a".into()), Ok("a".into())),
            "they answer"
        );
        assert_eq!((retried_by_policy(1), retried_by_policy(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled(1), polled(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((polled_with_options(1), polled_with_options(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (polled_with_clones(String::new()), polled_with_clones(String::new())),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((polled_by_policy(1), polled_by_policy(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded(1), guarded(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_with_options(1), guarded_with_options(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_by_rate(1), guarded_by_rate(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_by_key(1), guarded_by_key(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_by_breaker(1), guarded_by_breaker(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_with_fallback(1), guarded_with_fallback(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((guarded_with_closure(1), guarded_with_closure(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_circuit(1), retry_over_circuit(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((circuit_over_retry(1), circuit_over_retry(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((poll_over_retry(1), poll_over_retry(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_poll(1), retry_over_poll(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((poll_over_circuit(1), poll_over_circuit(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((circuit_over_poll(1), circuit_over_poll(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!((retry_over_retry(1), retry_over_retry(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (ignoring_poll_over_circuit(1), ignoring_poll_over_circuit(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (bounded_retry_over_circuit(1), bounded_retry_over_circuit(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (retry_over_circuit_with_fallback(1), retry_over_circuit_with_fallback(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (circuit_with_fallback_over_retry(1), circuit_with_fallback_over_retry(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!((retry_over_ignoring_poll(1), retry_over_ignoring_poll(1)), (Ok(1), Ok(1)), "they answer");
        assert_eq!(
            (bounded_retry_over_retry_over_circuit(1), bounded_retry_over_retry_over_circuit(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.retried(1), Client { calls: 0 }.retried(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.polled(1), Client { calls: 0 }.polled(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.guarded(1), Client { calls: 0 }.guarded(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.guarded_by_its_own(1), Client { calls: 0 }.guarded_by_its_own(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (Client { calls: 0 }.stacked(1), Client { calls: 0 }.stacked(1)),
            (Ok(1), Ok(1)),
            "they answer"
        );
        assert_eq!(
            (generic_retried::<u32, 1>(&1), generic_retried::<u32, 1>(&1)),
            (Ok([1]), Ok([1])),
            "they answer"
        );
        assert_eq!(
            (generic_polled::<u32, 1>(&1), generic_polled::<u32, 1>(&1)),
            (Ok([1]), Ok([1])),
            "they answer"
        );
        assert_eq!(
            (generic_guarded::<u32, 1>(&1), generic_guarded::<u32, 1>(&1)),
            (Ok([1]), Ok([1])),
            "they answer"
        );
    }

    #[test]
    fn renamed_ones_are_called_and_called_again() {
        assert_eq!(
            (renamed_with_clones("a".into()), renamed_with_clones("b".into())),
            (Err(Fault::Late), Err(Fault::Late)),
            "they answer"
        );
    }
}
