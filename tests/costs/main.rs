//! Costs of successful calls that can be counted exactly: allocations, and the size of futures.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use allocation_counter::measure;
use resilience::{
    CircuitBreaker, CircuitConfig, KeyedCircuits, RetryPolicy, TimedOut, asyncbackoff, asyncretry, poll,
    retry,
};

/// Pending at the first look, so that a limit has to set up its timer. (Tokio's `yield_now` allocates.)
async fn pending_once() {
    let mut looked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut looked, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

type Outcome = Result<u32, TimedOut>;

#[retry]
fn retried() -> Outcome {
    Ok(1)
}

#[retry(on = |_| true, deadline = 10s, on_error = |_, _| {})]
fn retried_in_time() -> Outcome {
    Ok(1)
}

#[poll(until(1))]
fn polled() -> Outcome {
    Ok(1)
}

#[retry]
async fn retried_async() -> Outcome {
    Ok(1)
}

#[asyncbackoff(1s, 10s, 100ms, on(_))]
async fn backed_off() -> Outcome {
    pending_once().await;
    Ok(1)
}

#[asyncretry(3)]
async fn async_retried() -> Outcome {
    Ok(1)
}

#[poll(until(1))]
async fn polled_async() -> Outcome {
    pending_once().await;
    Ok(1)
}

const POLICY: RetryPolicy = RetryPolicy::new().attempt_timeout(Duration::from_secs(1)).times(2);

/// Allocations of `call`, after a first call that may set something up for good.
fn allocations(call: impl Fn() -> Outcome) -> u64 {
    assert_eq!(call(), Ok(1));
    measure(|| assert_eq!(call(), Ok(1))).count_total
}

#[test]
fn a_sync_call_that_goes_well_allocates_nothing() {
    assert_eq!(allocations(retried), 0);
    assert_eq!(allocations(retried_in_time), 0);
    assert_eq!(allocations(polled), 0);
    assert_eq!(allocations(|| retry(retried).call()), 0);
    assert_eq!(allocations(|| POLICY.execute(retried)), 0);
    assert_eq!(allocations(|| poll(polled).until(|n| *n == 1).call().map_err(|_| unreachable!())), 0);
}

#[test]
fn an_async_call_that_goes_well_allocates_nothing_even_if_it_is_pending_under_a_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert_eq!(allocations(|| runtime.block_on(retried_async())), 0);
    assert_eq!(allocations(|| runtime.block_on(backed_off())), 0);
    assert_eq!(allocations(|| runtime.block_on(async_retried())), 0);
    assert_eq!(allocations(|| runtime.block_on(polled_async())), 0);
    assert_eq!(allocations(|| runtime.block_on(retry(retried_async).run())), 0);
    assert_eq!(allocations(|| runtime.block_on(POLICY.execute_async(retried_async))), 0);
}

#[test]
fn retrying_without_a_wait_allocates_nothing_and_yields_once() {
    #[retry(times = 3, interval = 0s)]
    async fn third_time(calls: &Cell<u32>) -> Option<u32> {
        calls.set(calls.get() + 1);
        (calls.get() % 3 == 0).then_some(1)
    }
    let polls = Cell::new(0);
    let call = || {
        let calls = Cell::new(0);
        let mut future = pin!(third_time(&calls));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            polls.set(polls.get() + 1);
            if let Poll::Ready(outcome) = future.as_mut().poll(&mut context) {
                break Ok(outcome.unwrap_or_default());
            }
        }
    };
    assert_eq!(allocations(call), 0);
    assert_eq!(polls.get(), 6, "two calls of three attempts");
}

#[test]
fn the_counter_sees_an_allocation() {
    let allocates = || {
        std::hint::black_box(Box::new(1));
        Ok(1)
    };
    assert_eq!(allocations(allocates), 1);
}

#[test]
fn the_future_of_a_retried_function_is_small_and_a_limited_one_holds_one_timer() {
    /// What a loop written by hand around tokio's `sleep` may take.
    const BY_HAND: usize = 184;
    assert!(size_of_val(&retried_async()) <= 64, "{}", size_of_val(&retried_async()));
    assert!(size_of_val(&async_retried()) <= 64, "{}", size_of_val(&async_retried()));
    let form = retry(retried_async).times(5).run();
    assert!(size_of_val(&form) <= 256, "{}", size_of_val(&form));
    let timer = size_of::<tokio::time::Sleep>();
    assert!(size_of_val(&backed_off()) <= BY_HAND + timer, "{}", size_of_val(&backed_off()));
    assert!(size_of_val(&polled_async()) <= BY_HAND + timer, "{}", size_of_val(&polled_async()));
}

/// Bytes on the heap for each key of a full set.
fn bytes_per_key(threshold: u32, key: impl Fn(u32) -> String, call: impl Fn() -> Result<(), String>) -> u64 {
    const KEYS: u32 = 1024;
    let circuits = KeyedCircuits::new("hosts", CircuitConfig::new().failure_threshold(threshold), KEYS);
    let keys: Vec<_> = (0..2 * KEYS).map(key).collect();
    let filled = measure(|| {
        for key in &keys {
            let _ = circuits.circuit(key).call(&call);
        }
    });
    assert_eq!(circuits.circuits().len(), KEYS as usize);
    u64::try_from(filled.bytes_current).expect("it holds them") / u64::from(KEYS)
}

#[test]
fn the_bytes_of_a_key_are_bounded_however_long_the_key_and_its_error_are() {
    let host = |n| format!("host-{n}.example:443");
    let long = |n| format!("{n}{}", "x".repeat(10_000));
    let healthy = bytes_per_key(1, host, || Ok(()));
    assert!(healthy <= 870, "{healthy}");
    let long_key = bytes_per_key(1, long, || Ok(()));
    assert!(long_key <= 1010, "{long_key}");
    // Texts that grow, one after the other.
    let length = std::cell::Cell::new(400);
    let error = || {
        length.set(if length.get() > 600 { 400 } else { length.get() + 7 });
        Err("x".repeat(length.get()))
    };
    let counting = bytes_per_key(1000, long, || error().or_else(|_: String| error()));
    assert!(counting <= 1512, "{counting}");
    let open = bytes_per_key(1, long, error);
    assert!(open <= 2212, "{open}");
}

#[test]
fn once_its_buffers_have_grown_a_failure_allocates_nothing() {
    const MINUTE: Duration = Duration::from_secs(60);
    let row = CircuitConfig::new().failure_threshold(u32::MAX);
    let rate = CircuitConfig::new().failure_rate(1.0).min_calls(1_000_000);
    for config in [
        row,
        CircuitConfig::new().failure_threshold(100).within(MINUTE),
        rate.window_time(MINUTE),
        CircuitConfig::new().failure_rate(1.0).window_calls(100),
        row.slow_call(MINUTE),
    ] {
        let circuit = CircuitBreaker::new("down", config);
        // A rate of one hundred percent is never reached: the first call succeeds.
        circuit.try_acquire().unwrap().success();
        let fail = |times: u32| {
            for code in 0..times {
                let text = format_args!("code {code:0>500}");
                circuit.try_acquire().unwrap().failure_because(text);
            }
        };
        fail(70);
        assert_eq!(measure(|| fail(20)).count_total, 0, "{config:?}");
        assert_eq!(circuit.failure_count(), 90);
    }
}

#[test]
fn a_call_with_a_known_key_allocates_nothing() {
    let circuits = KeyedCircuits::new("hosts", CircuitConfig::new(), 1024);
    let longest = "x".repeat(KeyedCircuits::MAX_KEY_LENGTH);
    let call = || circuits.circuit(&longest).call(|| Ok::<_, TimedOut>(1)).map_err(|_| unreachable!());
    assert_eq!(allocations(call), 0);
}
