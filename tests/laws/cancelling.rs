//! `cancel`: a signal that ends attempts and waits, in every async form.

use std::cell::Cell;
use std::error::Error as StdError;
use std::future::{pending, ready};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use resilience::{
    Cancelled, CircuitBreaker, CircuitConfig, CircuitOpen, PollError, RetryPolicy, TimedOut, asyncbackoff,
    asyncretry, circuit, circuits, poll, retry,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::script::ms;

async_retry_laws! {
    a_signal_ends_a_running_attempt {
        policy { times = 5, interval = ms(100) }
        hooks { on = every, cancel = tokio::time::sleep(ms(250)) }
        script [busy(), busy().after(9999)]
        starts [0, 100]
        waits [Some(100)]
        ends Err(Cancelled { attempts: 2, elapsed: 250 }), 250
    }

    a_signal_ends_a_wait_and_no_further_attempt_begins {
        policy { times = 5, interval = ms(100) }
        hooks { on = every, cancel = tokio::time::sleep(ms(150)) }
        script [busy()]
        starts [0, 100]
        waits [Some(100), Some(100)]
        ends Err(Cancelled { attempts: 2, elapsed: 150 }), 150
    }

    a_signal_comes_before_the_attempt_of_the_same_moment {
        policy { times = 5, interval = ms(100) }
        hooks { on = every, cancel = tokio::time::sleep(ms(100)) }
        script [busy()]
        starts [0]
        waits [Some(100)]
        ends Err(Cancelled { attempts: 1, elapsed: 100 }), 100
    }

    a_signal_before_the_call_lets_no_attempt_begin {
        policy { times = 5, interval = ms(100) }
        hooks { on = every, cancel = std::future::ready(()) }
        script [busy()]
        starts []
        waits []
        ends Err(Cancelled { attempts: 0, elapsed: 0 }), 0
    }

    a_signal_wins_against_time_limits_of_the_same_moment {
        policy { times = 5, interval = ms(100), deadline = ms(500), attempt_timeout = ms(500) }
        hooks { on = every, cancel = tokio::time::sleep(ms(500)) }
        script [busy().after(9999)]
        starts [0]
        waits []
        ends Err(Cancelled { attempts: 1, elapsed: 500 }), 500
    }

    a_signal_that_does_not_come_changes_nothing {
        policy { times = 3, interval = ms(100) }
        hooks { on = every, cancel = std::future::pending::<()>() }
        script [busy(), busy(), busy()]
        starts [0, 100, 200]
        waits [Some(100), Some(100), None]
        ends Err(Busy(3)), 200
    }
}

async_poll_laws! {
    a_signal_ends_an_attempt_of_a_poll {
        policy { timeout = ms(5000), interval = ms(100) }
        hooks { until = nine, ignore = is_busy, cancel = tokio::time::sleep(ms(250)) }
        script [value(1), busy(), value(9).after(9999)]
        starts [0, 100, 200]
        waits [Some(100)]
        ends Err(Cancelled { attempts: 3, elapsed: 250 }), 250
    }

    a_signal_ends_a_wait_of_a_poll {
        policy { timeout = ms(5000), interval = ms(100) }
        hooks { until = nine, cancel = tokio::time::sleep(ms(150)) }
        script [value(1)]
        starts [0, 100]
        waits []
        ends Err(Cancelled { attempts: 2, elapsed: 150 }), 150
    }

    a_signal_ends_the_initial_delay {
        policy { timeout = ms(5000), interval = ms(100), initial_delay = ms(1000) }
        hooks { until = nine, cancel = tokio::time::sleep(ms(400)) }
        script [value(9)]
        starts []
        waits []
        ends Err(Cancelled { attempts: 0, elapsed: 400 }), 400
    }

    a_signal_wins_against_the_timeout_of_the_same_moment {
        policy { timeout = ms(500), interval = ms(100) }
        hooks { until = nine, cancel = tokio::time::sleep(ms(500)) }
        script [value(9).after(9999)]
        starts [0]
        waits []
        ends Err(Cancelled { attempts: 1, elapsed: 500 }), 500
    }
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("busy")]
    Busy,
    #[error(transparent)]
    TimedOut(#[from] TimedOut),
    #[error(transparent)]
    Open(#[from] CircuitOpen),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Error {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

/// Gives the signal after a time, and returns when the call has ended.
async fn cancelled_after<T>(millis: u64, call: impl AsyncFnOnce(CancellationToken) -> T) -> (T, u128) {
    let (token, start) = (CancellationToken::new(), Instant::now());
    let (result, ()) = tokio::join!(
        async {
            let result = call(token.clone()).await;
            (result, start.elapsed().as_millis())
        },
        async {
            sleep(ms(millis)).await;
            token.cancel();
        }
    );
    result
}

#[derive(Clone, Debug)]
struct Text(String);

impl From<Cancelled> for Text {
    fn from(cancelled: Cancelled) -> Self {
        Self(cancelled.to_string())
    }
}

/// The cancellation in an error of the standard library.
fn inside(error: &io::Error) -> Option<&Cancelled> {
    error.get_ref()?.downcast_ref()
}

struct Client {
    token: CancellationToken,
    calls: u32,
}

impl Client {
    #[retry(times = forever, interval = 1s, cancel = self.token.cancelled())]
    async fn shared(&self, calls: &Cell<u32>) -> Result<u8, Error> {
        calls.set(calls.get() + 1);
        Err(Error::Busy)
    }

    #[retry(times = forever, interval = 1s, cancel = token.cancelled())]
    async fn exclusive(&mut self, token: &CancellationToken) -> Result<u8, Error> {
        self.calls += 1;
        Err(Error::Busy)
    }

    #[poll(until(9), ignore = Error::is_busy, timeout = forever, cancel = self.token.clone().cancelled_owned())]
    async fn exclusive_of_self(&mut self) -> Result<u8, Error> {
        self.calls += 1;
        Err(Error::Busy)
    }

    #[asyncretry(forever, pause = 1s, cancel = token.cancelled_owned())]
    async fn generic<E: From<Cancelled> + Clone, const N: u32>(
        &self,
        token: CancellationToken,
        error: E,
        calls: &Cell<u32>,
    ) -> Result<u8, E> {
        calls.set(calls.get() + N);
        Err(error.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_token_works_as_it_is_with_self_arguments_and_generics() {
    let (token, calls) = (CancellationToken::new(), Cell::new(0));
    let mut client = Client { token: token.clone(), calls: 0 };
    let cancel = async {
        sleep(ms(2500)).await;
        token.cancel();
    };
    let (ended, ()) = tokio::join!(client.shared(&calls), cancel);
    let Err(Error::Cancelled(cancelled)) = ended else { panic!("{ended:?}") };
    assert_eq!((cancelled.attempts(), cancelled.elapsed(), calls.get()), (3, ms(2500), 3));
    assert_eq!(cancelled.last_error(), Some("busy"));
    assert!(cancelled.function().ends_with("Client::shared"), "{}", cancelled.function());

    // The token stays cancelled: no attempt begins.
    assert!(matches!(client.exclusive(&token).await, Err(Error::Cancelled(_))));
    assert!(matches!(client.exclusive_of_self().await, Err(Error::Cancelled(_))));
    assert_eq!(client.calls, 0);

    let (ended, at) = cancelled_after(1500, async |token| {
        client.exclusive(&token).await.expect_err("it is cancelled").to_string()
    })
    .await;
    assert!(ended.ends_with("was cancelled (2 attempts in 1.5s; last error: busy)"), "{ended}");
    assert_eq!((client.calls, at), (2, 1500));

    calls.set(0);
    let (ended, _) = cancelled_after(1500, async |token| {
        client.generic::<Text, 10>(token, Text("busy".into()), &calls).await
    })
    .await;
    assert!(ended.unwrap_err().0.contains("was cancelled (2 attempts in 1.5s"));
    assert_eq!(calls.get(), 20);
}

#[tokio::test]
async fn the_future_of_a_function_that_can_be_cancelled_is_send() {
    #[retry(times = forever, interval = 1h, cancel = token.cancelled(), attempt_timeout = 1h)]
    async fn call(token: &CancellationToken) -> io::Result<u8> {
        Err(io::Error::other("busy"))
    }

    let token = CancellationToken::new();
    let by_attribute = tokio::spawn({
        let token = token.clone();
        async move { call(&token).await }
    });
    let by_function = tokio::spawn({
        let token = token.clone();
        async move { retry(async || pending::<io::Result<u8>>().await).cancel(token.cancelled()).run_send().await }
    });
    token.cancel();
    for call in [by_attribute, by_function] {
        let error = call.await.expect("it does not panic").unwrap_err();
        assert!(inside(&error).is_some(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn boxed_errors_hold_a_cancellation_and_any_future_is_a_signal() {
    #[retry(cancel = signal)]
    async fn by_receiver(
        signal: tokio::sync::oneshot::Receiver<()>,
    ) -> Result<u8, Box<dyn StdError + Send + Sync>> {
        pending().await
    }

    #[asyncbackoff(_, _, 1s, on = |_| true, cancel = async { sleep(ms(1500)).await; 7 })]
    async fn by_block() -> io::Result<u8> {
        Err(io::Error::other("busy"))
    }

    let (sender, receiver) = tokio::sync::oneshot::channel();
    let (ended, _) = tokio::join!(by_receiver(receiver), async { sender.send(()) });
    assert!(ended.unwrap_err().is::<Cancelled>());

    let error = by_block().await.unwrap_err();
    assert_eq!(inside(&error).map(Cancelled::attempts), Some(2));
}

#[tokio::test(start_paused = true)]
async fn the_future_is_evaluated_once_for_each_call() {
    #[retry(times = 3, interval = 1s, cancel = { evaluated.set(evaluated.get() + 1); pending::<()>() })]
    async fn call(evaluated: &Cell<u32>) -> Result<u8, Error> {
        Err(Error::Busy)
    }

    let evaluated = Cell::new(0);
    assert!(call(&evaluated).await.is_err_and(|error| error.is_busy()));
    assert_eq!(evaluated.get(), 1);
    assert!(call(&evaluated).await.is_err());
    assert_eq!(evaluated.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_guard_in_the_expression_is_released_before_the_first_attempt() {
    static TOKEN: std::sync::Mutex<Option<CancellationToken>> = std::sync::Mutex::new(None);

    fn token() -> std::sync::MutexGuard<'static, Option<CancellationToken>> {
        TOKEN.lock().expect("nothing panics under it")
    }

    #[retry(cancel = token().clone().unwrap_or_default().cancelled_owned())]
    async fn call() -> Result<bool, Error> {
        Ok(TOKEN.try_lock().is_ok())
    }

    assert!(call().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_policy_ends_by_a_signal() {
    const POLICY: RetryPolicy = RetryPolicy::new().forever();

    let ended = POLICY
        .cancel(sleep(ms(1500)))
        .execute_async(async || Err::<u8, _>(io::Error::other("busy")))
        .await
        .unwrap_err();
    assert!(ended.to_string().contains("was cancelled (2 attempts in 1.5s; last error: "), "{ended}");

    let ended = POLICY.cancel(ready(())).execute_send(|| ready(Err::<u8, _>(io::Error::other("busy")))).await;
    assert!(ended.unwrap_err().to_string().contains("(0 attempts in 0ns)"));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_poll_returns_what_it_saw_last() {
    let mut answers = [Ok(1), Err("busy"), Ok(2)].into_iter();
    let ended = poll(async || answers.next().unwrap_or(Ok(3)))
        .until(|value| *value == 9)
        .ignore(|_| true)
        .cancel(sleep(ms(2500)))
        .run()
        .await;
    let expected =
        PollError::Cancelled { last: Some(2), last_error: Some("busy"), attempts: 3, elapsed: ms(2500) };
    assert_eq!(ended, Err(expected));
}

/// The signal is a receiver, which tokio's cooperative budget makes pending if it is used up.
#[tokio::test(start_paused = true)]
async fn a_task_without_a_budget_notices_a_signal_that_has_been_given() {
    #[retry(cancel = signal)]
    async fn call(signal: tokio::sync::oneshot::Receiver<()>, calls: &Cell<u32>) -> Result<u8, Error> {
        calls.set(calls.get() + 1);
        Ok(1)
    }

    let calls = Cell::new(0);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    sender.send(()).expect("the receiver is there");
    while tokio::task::coop::has_budget_remaining() {
        tokio::task::consume_budget().await;
    }
    assert!(matches!(call(receiver, &calls).await, Err(Error::Cancelled(_))));
    assert_eq!(calls.get(), 0);
}

mod layers {
    use super::*;

    static BELOW: CircuitBreaker =
        CircuitBreaker::new("cancelling.below", CircuitConfig::new().failure_threshold(2));

    #[retry(times = forever, interval = 1s, cancel = token.cancelled())]
    #[circuit(breaker = &BELOW)]
    async fn above_a_circuit(token: &CancellationToken) -> Result<u8, Error> {
        pending().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_circuit_below_counts_nothing() {
        for _ in 0..5 {
            let (ended, at) =
                cancelled_after(1500, async |token| above_a_circuit(&token).await.is_err()).await;
            assert_eq!((ended, at), (true, 1500));
        }
        assert_eq!((BELOW.failure_count(), BELOW.state()), (0, resilience::CircuitState::Closed));
    }

    #[circuit(name = "cancelling.above", failure_threshold = 1)]
    #[retry(times = forever, interval = 1s, cancel = token.cancelled())]
    async fn below_a_circuit(token: &CancellationToken) -> Result<u8, Error> {
        Err(Error::Busy)
    }

    #[tokio::test(start_paused = true)]
    async fn a_circuit_above_counts_nothing() {
        for _ in 0..3 {
            let (ended, _) = cancelled_after(1500, async |token| below_a_circuit(&token).await).await;
            assert!(matches!(ended, Err(Error::Cancelled(_))), "{ended:?}");
        }
        let circuit = circuits().get("cancelling.above").expect("it has been called");
        assert_eq!((circuit.failure_count(), circuit.state()), (0, resilience::CircuitState::Closed));
    }

    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

    #[retry(times = 5, interval = 10s, on_error = |_, _| panic!("a cancellation is not a failure"))]
    #[poll(until(9), interval = 10s)]
    #[circuit(failure_threshold = 1)]
    #[asyncretry(forever, pause = 1s, cancel = token.cancelled())]
    async fn innermost(token: &CancellationToken) -> Result<u8, Error> {
        ATTEMPTS.fetch_add(1, Relaxed);
        Err(Error::Busy)
    }

    #[tokio::test(start_paused = true)]
    async fn loops_above_end_at_once_with_the_cancellation() {
        let (ended, at) = cancelled_after(1500, async |token| innermost(&token).await).await;
        assert!(matches!(ended, Err(Error::Cancelled(_))), "{ended:?}");
        assert_eq!((ATTEMPTS.load(Relaxed), at), (2, 1500));
    }

    #[retry(times = 5, interval = 10s, cancel = token.cancelled())]
    #[asyncretry(2, pause = 1s)]
    async fn outermost(token: &CancellationToken, calls: &Cell<u32>) -> Result<u8, Error> {
        calls.set(calls.get() + 1);
        Err(Error::Busy)
    }

    #[tokio::test(start_paused = true)]
    async fn the_outer_of_two_loops_ends_the_inner_one() {
        let calls = Cell::new(0);
        // In the wait of the inner one, in the second attempt of the outer one.
        let (ended, at) = cancelled_after(11_500, async |token| outermost(&token, &calls).await).await;
        let Err(Error::Cancelled(cancelled)) = ended else { panic!("{ended:?}") };
        assert_eq!((cancelled.attempts(), calls.get(), at), (2, 3, 11_500));
    }
}

#[retry(times = 5, interval = 1s, cancel = stops.changed())]
async fn until_a_change(mut stops: watch::Receiver<bool>) -> io::Result<u8> {
    Err(io::ErrorKind::ConnectionRefused.into())
}

#[retry(times = 5, interval = 1s, cancel = stops.changed())]
#[poll(until(1), interval = 250ms, timeout = 10s)]
async fn until_a_change_above(
    mut stops: watch::Receiver<bool>,
) -> Result<u8, Box<dyn StdError + Send + Sync>> {
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn a_signal_may_change_an_argument_that_the_body_does_not_use() {
    let start = Instant::now();
    let (sender, stops) = watch::channel(false);
    let sends = async || {
        sleep(ms(1500)).await;
        sender.send(true).expect("there is a receiver");
    };
    let (ended, ()) = tokio::join!(until_a_change(stops.clone()), sends());
    let error = ended.expect_err("it is cancelled");
    let cancelled = error.get_ref().and_then(|source| source.downcast_ref::<Cancelled>());
    assert_eq!((cancelled.map(Cancelled::attempts), start.elapsed()), (Some(2), ms(1500)));
    assert!(until_a_change_above(stops).await.expect_err("the change was not seen yet").is::<Cancelled>());
    assert_eq!(start.elapsed(), ms(1500));
}
