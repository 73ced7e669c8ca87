//! Faults at functions, function forms and circuits.

use std::time::Duration;

use resilience::testing::{self, Fault, ManualClock};
use resilience::{
    CallError, CircuitBreaker, CircuitConfig, CircuitOpen, KeyedCircuits, PollError, RetryPolicy,
    asyncbackoff, circuit, poll, retry,
};

use crate::common::{Error, SECOND, block_on, panic_of};

#[retry(times = 5, interval = 0s, name = "faulty retry")]
fn retried() -> Result<u32, Error> {
    Ok(1)
}

#[retry(times = 5, interval = 0s, name = "faulty async retry")]
async fn retried_async() -> Result<u32, Error> {
    Ok(1)
}

#[poll(until(1), times = 5, interval = 0s, ignore = |_| true, name = "faulty poll")]
fn polled() -> Result<u32, Error> {
    Ok(1)
}

fn busy() -> Fault {
    Fault::error(|| Error::Busy(7))
}

type Call = fn() -> Result<u32, Error>;

/// Each function that makes up to five attempts, by its name.
fn forms() -> Vec<(&'static str, Call)> {
    vec![
        ("faulty retry", retried),
        ("faulty async retry", || block_on(retried_async())),
        ("faulty poll", polled),
        ("faulty form", || retry(|| Ok(1)).times(5).interval(Duration::ZERO).name("faulty form").call()),
        ("faulty async form", || {
            let form = retry(async || Ok(1)).times(5).interval(Duration::ZERO).name("faulty async form");
            block_on(form.run())
        }),
        ("faulty timed form", || {
            let form = retry(async || Ok(1)).times(5).interval(Duration::ZERO).deadline(SECOND);
            block_on(form.name("faulty timed form").run())
        }),
        ("faulty poll form", || {
            let form =
                poll(|| Ok(1)).until(|one| *one == 1).ignore(|_| true).times(5).interval(Duration::ZERO);
            form.name("faulty poll form").call().map_err(|_: PollError<u32, Error>| Error::TimedOut)
        }),
        ("faulty async poll form", || {
            let form = poll(async || Ok(1))
                .until(|one| *one == 1)
                .ignore(|_| true)
                .times(5)
                .interval(Duration::ZERO);
            let result = block_on(form.name("faulty async poll form").run());
            result.map_err(|_: PollError<u32, Error>| Error::TimedOut)
        }),
    ]
}

#[test]
fn an_error_is_met_as_often_as_it_says_in_every_form() {
    for (name, call) in forms() {
        let scope = testing::scope();
        let record = scope.record();
        scope.inject(name, busy().times(3));
        assert_eq!(call(), Ok(1), "{name}");
        record.assert_attempts(name, 4);
        assert_eq!(call(), Ok(1), "{name}");
        record.assert_attempts(name, 5);
    }
}

#[test]
fn an_error_without_a_number_is_met_by_every_attempt() {
    for (name, call) in forms() {
        let scope = testing::scope();
        let record = scope.record();
        scope.inject(name, busy());
        assert!(call().is_err(), "{name}");
        record.assert_attempts(name, 5);
        drop(scope);
        assert_eq!(call(), Ok(1), "{name}: the scope has ended");
    }
}

#[test]
fn every_third_attempt_meets_a_fault_of_every_three() {
    let scope = testing::scope();
    scope.max_attempts(1).inject("faulty retry", busy().every(3).times(2));
    let outcomes: Vec<bool> = (0..12).map(|_| retried().is_ok()).collect();
    let failed: Vec<usize> = (0..12).filter(|call| !outcomes[*call]).collect();
    assert_eq!(failed, [2, 5]);
}

#[test]
fn a_probability_is_kept_and_repeats_with_the_seed() {
    let outcomes = |seed| {
        let scope = testing::scope();
        scope.max_attempts(1).seed(seed).inject("faulty retry", busy().probability(0.2));
        (0..1_000).map(|_| retried().is_ok()).collect::<Vec<bool>>()
    };
    let first = outcomes(7);
    let failed = first.iter().filter(|is_ok| !**is_ok).count();
    assert!((150..250).contains(&failed), "{failed} of 1000");
    assert_eq!(first, outcomes(7));
    assert_ne!(first, outcomes(8));
    for (probability, fails) in [(0.0, false), (f64::NAN, false), (-1.0, false), (1.0, true), (2.0, true)] {
        let scope = testing::scope();
        scope.max_attempts(1).inject("faulty retry", busy().probability(probability));
        assert_eq!(retried().is_err(), fails, "{probability}");
    }
}

#[test]
fn delays_add_up_and_the_last_error_counts() {
    let clock = ManualClock::install();
    let scope = testing::scope();
    scope.max_attempts(1);
    scope.inject("faulty retry", busy());
    scope
        .inject("faulty retry", Fault::latency(2 * SECOND))
        .inject("faulty retry", Fault::latency(SECOND).times(1));
    scope.inject("faulty retry", Fault::error(|| Error::Busy(8)).times(1));
    assert_eq!(retried(), Err(Error::Busy(8)));
    assert_eq!(clock.elapsed(), 3 * SECOND);
    assert_eq!(retried(), Err(Error::Busy(7)));
    assert_eq!(clock.elapsed(), 5 * SECOND);
}

#[asyncbackoff(attempt_timeout = 1s, deadline = 10s, max_tries = 3, name = "faulty backoff")]
async fn backed_off() -> Result<u32, Error> {
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_inside_the_attempt_and_its_limit_drops_it() {
    let scope = testing::scope();
    let record = scope.record();
    scope.inject("faulty backoff", Fault::latency(2 * SECOND).times(2));
    let start = tokio::time::Instant::now();
    assert_eq!(backed_off().await, Ok(1));
    assert_eq!(start.elapsed(), 2 * SECOND, "two attempts of a second");
    record.assert_attempts("faulty backoff", 3);
}

#[tokio::test]
async fn a_skipped_delay_is_dropped_by_the_limit_too() {
    let scope = testing::scope();
    scope.no_waits();
    let record = scope.record();
    scope.inject("faulty backoff", Fault::latency(2 * SECOND).times(2));
    assert_eq!(backed_off().await, Ok(1));
    record.assert_attempts("faulty backoff", 3);
}

#[test]
fn a_panic_has_its_message_and_leaves_the_function_as_it_was() {
    for (name, call) in forms() {
        let scope = testing::scope();
        scope.inject(name, Fault::panic("by a fault"));
        assert_eq!(panic_of(|| _ = call()), "by a fault", "{name}");
        drop(scope);
        assert_eq!(call(), Ok(1), "{name}");
    }
}

#[circuit(name = "faulty generic")]
fn generic<E: From<CircuitOpen>>(value: u8) -> Result<u8, E> {
    Ok(value)
}

#[circuit(name = "faulty borrowed")]
fn borrowed(text: &str) -> Result<u8, Borrowed<'_>> {
    text.len().try_into().map_err(|_| Borrowed(Some(text)))
}

#[derive(Debug)]
struct Borrowed<'a>(Option<&'a str>);

impl From<CircuitOpen> for Borrowed<'_> {
    fn from(_: CircuitOpen) -> Self {
        Self(None)
    }
}

#[test]
fn an_error_that_does_not_fit_is_a_panic_that_names_the_function_and_the_types() {
    let scope = testing::scope();
    for (name, call) in forms() {
        scope.inject(name, Fault::error(|| "a text"));
        let message = panic_of(|| _ = call());
        assert!(message.contains(name) && message.contains("&str"), "{message}");
        assert!(message.contains("testing::common::Error"), "{message}");
    }
    scope.inject("faulty generic", busy()).inject("faulty borrowed", busy());
    let message = panic_of(|| _ = generic::<Error>(1));
    assert!(message.contains("`faulty generic` is a `testing::common::Error`"), "{message}");
    assert!(message.contains("`Result<u8, E>`"), "{message}");
    let message = panic_of(|| assert!(borrowed("a").is_ok_and(|n| n == 1)));
    assert!(message.contains("`faulty borrowed`") && message.contains("'static"), "{message}");
    assert_eq!(Borrowed(None).0, None);
}

static BY_HAND: CircuitBreaker =
    CircuitBreaker::new("faulty by hand", CircuitConfig::new().failure_threshold(2));

#[circuit(breaker = BY_HAND)]
fn given() -> Result<u32, Error> {
    Ok(1)
}

#[circuit(breaker = BY_HAND)]
async fn given_async() -> Result<u32, Error> {
    Ok(1)
}

#[retry(times = 2, interval = 0s)]
#[circuit(breaker = BY_HAND)]
#[retry(times = 1)]
async fn given_in_a_stack(text: String) -> Result<u32, Error> {
    Ok(u32::from(text.is_empty()))
}

fn failed(error: CallError<Error>) -> Error {
    match error {
        CallError::Failed(error) => error,
        CallError::Open(_) => Error::Open,
    }
}

#[test]
fn a_fault_at_a_circuit_replaces_every_call_through_it() {
    let calls: [Call; 8] = [
        given,
        || block_on(given_async()),
        || block_on(given_in_a_stack(String::new())),
        || BY_HAND.call(|| Ok(1)).map_err(failed),
        || BY_HAND.on(|_: &Error| true).call(|| Ok(1)).map_err(failed),
        || block_on(BY_HAND.call_async(async || Ok(1))).map_err(failed),
        || block_on(BY_HAND.on(|_: &Error| true).call_async(async || Ok(1))).map_err(failed),
        || BY_HAND.ignore(|_: &Error| false).call(|| Ok(1)).map_err(failed),
    ];
    for (number, call) in calls.into_iter().enumerate() {
        let scope = testing::scope();
        scope.inject("faulty by hand", busy());
        assert_eq!(call(), Err(Error::Busy(7)), "{number}");
        let _ = call();
        assert_eq!(call(), Err(Error::Open), "{number}: its errors are counted");
        assert!(BY_HAND.is_open());
        drop(scope);
        assert_eq!(call(), Ok(1), "{number}");
        assert!(BY_HAND.is_closed());
    }
}

#[test]
fn a_permit_meets_delays_and_panics_and_rejects_an_error() {
    let clock = ManualClock::install();
    let scope = testing::scope();
    scope.inject("faulty by hand", Fault::latency(SECOND));
    BY_HAND.try_acquire().expect("it is closed").success();
    assert_eq!(clock.elapsed(), SECOND);
    scope.inject("faulty by hand", Fault::panic("by a fault").times(1));
    assert_eq!(panic_of(|| _ = BY_HAND.try_acquire()), "by a fault");
    assert_eq!(BY_HAND.failure_count(), 1, "the permit was dropped by the panic");
    scope.inject("faulty by hand", busy());
    let message = panic_of(|| _ = BY_HAND.try_acquire());
    assert!(message.contains("`faulty by hand`") && message.contains("try_acquire"), "{message}");
}

static HOSTS: KeyedCircuits = KeyedCircuits::new("faulty hosts", CircuitConfig::new(), 8);

#[circuit(name = "faulty keys", key = host)]
fn keyed(host: &str) -> Result<usize, Error> {
    Ok(host.len())
}

#[test]
fn a_keyed_circuit_has_the_name_of_its_set_and_of_its_key() {
    for name in ["faulty hosts", "faulty hosts[a]"] {
        let scope = testing::scope();
        scope.inject(name, busy());
        let call = |key| HOSTS.circuit(key).call(|| Ok(1)).map_err(failed);
        assert_eq!(call("a"), Err(Error::Busy(7)));
        assert_eq!(call("b").is_ok(), name == "faulty hosts[a]");
    }
    for name in ["faulty keys", "faulty keys[a]"] {
        let scope = testing::scope();
        scope.inject(name, busy());
        assert_eq!(keyed("a"), Err(Error::Busy(7)));
        assert_eq!(keyed("b").is_ok(), name == "faulty keys[a]");
    }
}

#[test]
fn a_policy_is_a_function_form_at_the_place_of_its_call() {
    let scope = testing::scope();
    let line = line!() + 1;
    let call = || RetryPolicy::new().times(1).execute(|| Ok::<_, Error>(1));
    scope.inject(format!("{}:{line}", file!()), busy());
    assert_eq!(call(), Err(Error::Busy(7)));
}

/// The future of an attempt that tests can replace is as `Send` as the operation's.
#[test]
fn function_forms_are_still_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let operation = async || Ok::<_, Error>(1);
    drop(is_send(retry(operation).run_send()));
    drop(is_send(poll(async || Ok::<_, Error>(1)).until(|_| true).run_send()));
    drop(is_send(BY_HAND.call_async(async || Ok::<_, Error>(1))));
}

#[asyncbackoff(attempt_timeout = 100ms, deadline = 1s, pause = 100ms, name = "faulty deadline")]
async fn limited() -> Result<u32, Error> {
    Ok(1)
}

#[tokio::test]
async fn a_skipped_delay_ends_at_the_limit_of_its_attempt() {
    let scope = testing::scope();
    scope.no_waits();
    let record = scope.record();
    scope.inject("faulty deadline", Fault::latency(2 * SECOND).times(1));
    assert_eq!(limited().await, Ok(1));
    record.assert_attempts("faulty deadline", 2);
}
