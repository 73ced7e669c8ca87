//! Retry budgets: a limit on the retries of many calls together.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::telemetry::{self, CallOutcome, Event, GiveUpReason};
use resilience::{RetryBudget, RetryPolicy, TimedOut, asyncbackoff, asyncretry, circuit, retry};

/// Nothing may be repeated before ten thousand calls have begun.
pub(crate) static EMPTY: RetryBudget = RetryBudget::new().ratio(0.000_1).min_per_second(0);

pub(crate) static AMPLE: RetryBudget = RetryBudget::new().ratio(1.0).min_per_second(1_000_000);

const CALLERS: u32 = 1_000;

/// A storm: everybody calls at once, and everything fails.
async fn storm<F: Future<Output = Result<u32, u32>> + Send + 'static>(call: impl Fn() -> F) {
    let callers: Vec<_> = (0..CALLERS).map(|_| tokio::spawn(call())).collect();
    for caller in callers {
        assert_eq!(caller.await.expect("it does not panic"), Err(7), "the error comes back unchanged");
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_calls_is_amplified_by_a_fifth_and_no_more() {
    static BUDGET: RetryBudget = RetryBudget::new().min_per_second(0);
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

    #[retry(times = 10, interval = 10ms, jitter = full, budget = &BUDGET)]
    async fn fetch() -> Result<u32, u32> {
        ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Err(7)
    }

    storm(fetch).await;
    assert_eq!(ATTEMPTS.load(Ordering::Relaxed), CALLERS + CALLERS / 5);
}

#[tokio::test(start_paused = true)]
async fn the_floor_is_there_however_few_the_calls() {
    static BUDGET: RetryBudget =
        RetryBudget::new().ratio(0.001).min_per_second(3).window(Duration::from_secs(2));
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

    async fn fetch() -> Result<u32, u32> {
        ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        Err(7)
    }

    for attempts in [1 + 6, 1, 1] {
        ATTEMPTS.store(0, Ordering::Relaxed);
        let result = retry(fetch).times(100).interval(Duration::from_millis(1)).budget(&BUDGET).run().await;
        assert_eq!((result, ATTEMPTS.load(Ordering::Relaxed)), (Err(7), attempts));
    }
    // The window is over: six more.
    tokio::time::advance(Duration::from_secs(3)).await;
    ATTEMPTS.store(0, Ordering::Relaxed);
    let result = retry(fetch).times(100).interval(Duration::from_millis(1)).budget(&BUDGET).run().await;
    assert_eq!((result, ATTEMPTS.load(Ordering::Relaxed)), (Err(7), 7));
}

#[test]
fn a_percentage_is_a_budget_of_the_functions_own() {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

    // 10 a second, in 10 seconds, and half of the calls.
    #[retry(times = 1000, interval = 0s, budget = 50%)]
    fn fetch() -> Result<u32, u32> {
        ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        Err(7)
    }

    #[retry(times = 3, interval = 0s, budget = 50%)]
    fn other() -> Result<u32, u32> {
        ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        Err(7)
    }

    assert_eq!((fetch(), ATTEMPTS.swap(0, Ordering::Relaxed)), (Err(7), 1 + 100));
    // The second call brings half a retry, and the first has brought the other half.
    assert_eq!((fetch(), ATTEMPTS.swap(0, Ordering::Relaxed)), (Err(7), 1 + 1));
    assert_eq!((fetch(), ATTEMPTS.swap(0, Ordering::Relaxed)), (Err(7), 1));
    assert_eq!((other(), ATTEMPTS.swap(0, Ordering::Relaxed)), (Err(7), 3), "this one has its own");
}

#[tokio::test(start_paused = true)]
async fn what_a_budget_has_left_follows_calls_retries_and_time() {
    static BUDGET: RetryBudget = RetryBudget::new().ratio(0.5).min_per_second(1);

    let calls = async |calls: u32, times: u32| {
        for _ in 0..calls {
            let result =
                retry(async || Err::<u32, u32>(7)).times(times).interval(Duration::ZERO).budget(&BUDGET);
            assert_eq!(result.run().await, Err(7));
        }
    };
    assert_eq!(BUDGET.remaining(), 10);
    calls(4, 1).await;
    assert_eq!(BUDGET.remaining(), 10 + 2, "half of the calls");
    calls(1, 4).await;
    assert_eq!(BUDGET.remaining(), 10 + 2 - 3, "half a retry for the call, and three are taken");
    calls(3, 9).await;
    assert_eq!(BUDGET.remaining(), 0);
    tokio::time::advance(Duration::from_secs(11)).await;
    assert_eq!(BUDGET.remaining(), 10, "the window is over");
}

#[tokio::test(start_paused = true)]
async fn functions_and_policies_that_name_one_budget_share_it() {
    static BUDGET: RetryBudget = RetryBudget::new().ratio(0.001).min_per_second(1);
    static POLICY: RetryPolicy =
        RetryPolicy::new().times(5).interval(Duration::from_millis(1)).budget(&BUDGET);
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);

    #[derive(Debug)]
    struct Failure;

    impl From<TimedOut> for Failure {
        fn from(_: TimedOut) -> Self {
            Self
        }
    }

    fn attempt() -> Result<u32, Failure> {
        ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        Err(Failure)
    }

    #[asyncbackoff(attempt_timeout = 1s, deadline = 1min, pause = 1ms, max_tries = 5, on(_), budget = &BUDGET)]
    async fn backed_off() -> Result<u32, Failure> {
        attempt()
    }

    #[asyncretry(5, budget = &BUDGET)]
    async fn retried() -> Result<u32, Failure> {
        attempt()
    }

    #[retry(policy = POLICY)]
    async fn governed() -> Result<u32, Failure> {
        attempt()
    }

    assert!(backed_off().await.is_err() && retried().await.is_err() && governed().await.is_err());
    assert_eq!(ATTEMPTS.load(Ordering::Relaxed), 3 + 10, "ten retries in ten seconds");
}

#[test]
fn a_generic_function_may_name_a_budget() {
    #[retry(times = N, interval = 0s, budget = &EMPTY)]
    fn counted<const N: u32>(attempts: &mut u32) -> Result<u32, u32> {
        *attempts += 1;
        Err(7)
    }

    let mut attempts = 0;
    assert_eq!((counted::<9>(&mut attempts), attempts), (Err(7), 1));
}

#[test]
fn listeners_are_told_that_the_budget_is_empty() {
    static ENDS: AtomicU32 = AtomicU32::new(0);

    #[retry(name = "budget.told", times = 5, budget = &EMPTY)]
    fn fetch() -> Result<u32, u32> {
        Err(7)
    }

    let id = telemetry::listen(|event| {
        let Event::Call(call) = event else { return };
        if call.site().name() == "budget.told" {
            assert_eq!(call.outcome(), CallOutcome::GaveUp(GiveUpReason::Budget));
            assert_eq!((call.attempts(), call.error().map(ToString::to_string)), (1, Some("7".into())));
            ENDS.fetch_add(1, Ordering::Relaxed);
        }
    });
    assert_eq!(fetch(), Err(7));
    assert!(telemetry::unlisten(id));
    assert_eq!(ENDS.load(Ordering::Relaxed), 1);
}

#[test]
fn a_function_with_a_budget_has_its_own_name_and_an_empty_budget_is_the_reason_above_a_circuit() {
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static REASONS: Mutex<Vec<CallOutcome>> = Mutex::new(Vec::new());

    #[retry(times = 1, budget = 20%, on_error = |_, attempt| NAMES.lock().unwrap().push(attempt.name().into()))]
    fn own() -> Result<u32, u32> {
        Err(7)
    }

    #[retry(times = 4, interval = 1s, deadline = 10s, budget = &EMPTY, name = "budget.above")]
    #[circuit(failure_threshold = 1, recovery_timeout = 2s)]
    fn above() -> std::io::Result<u32> {
        Err(std::io::Error::other("down"))
    }

    assert_eq!(own(), Err(7));
    let names = NAMES.lock().unwrap();
    assert!(names.len() == 1 && names[0].ends_with("::own"), "{names:?}");
    let id = telemetry::listen(|event| {
        let Event::Call(call) = event else { return };
        if call.site().name() == "budget.above" {
            REASONS.lock().unwrap().push(call.outcome());
        }
    });
    assert_eq!(above().map_err(|error| error.to_string()), Err("down".into()));
    assert!(telemetry::unlisten(id));
    assert_eq!(*REASONS.lock().unwrap(), [CallOutcome::GaveUp(GiveUpReason::Budget)]);
}
