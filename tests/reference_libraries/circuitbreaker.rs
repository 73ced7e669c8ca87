//! `circuitbreaker` and `aiocircuitbreaker`: `@circuit`, the monitor, the context manager; and the `@circuitbreaker` of
//! `poll`, which leaks.
//!
//! Each fact is tested in all forms: the attribute on a sync and on an async function, `call`, `call_async`, and a
//! permit.

mod forms;
mod streams;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use resilience::testing::ManualClock;
use resilience::{
    CallError, CircuitBreaker, CircuitConfig, CircuitEventKind, CircuitState, circuit, circuits,
};
use tokio::task::{spawn, yield_now};
use tokio::time::sleep;

use self::forms::{Form, forms};
use crate::{Error, ms, secs};

type Answer = Result<u32, Error>;

const FAILS: Answer = Err(Error::Connect);

/// What a refusal says of itself: failures, time left, state.
fn refusal(answer: &Answer) -> Option<(u32, Option<Duration>, CircuitState)> {
    match answer {
        Err(Error::Open(open)) => Some((open.failures(), open.retry_after(), open.state())),
        _ => None,
    }
}

#[allow(clippy::unnecessary_wraps, reason = "it is compared with what `refusal` says")]
fn open_for(failures: u32, left: Duration) -> Option<(u32, Option<Duration>, CircuitState)> {
    Some((failures, Some(left), CircuitState::Open))
}

#[test]
fn circuit_by_itself_opens_after_five_subsequent_failures_for_thirty_seconds() {
    for form in forms!("defaults", "defaults, async", CircuitConfig::new(), []) {
        let clock = ManualClock::install();
        for failures in 1..=5 {
            assert_eq!(form.circuit.state(), CircuitState::Closed, "{form:?}");
            assert_eq!(form.call(FAILS), FAILS, "the user's error comes back: {form:?}");
            assert_eq!(form.circuit.failure_count(), failures, "{form:?}");
        }
        assert_eq!(refusal(&form.call(Ok(1))), open_for(5, secs(30)), "{form:?}");
        clock.advance(Duration::from_nanos(29_999_999_999));
        assert!(refusal(&form.call(Ok(1))).is_some(), "{form:?}");
        clock.advance(Duration::from_nanos(1));
        assert_eq!(form.call(Ok(1)), Ok(1), "{form:?}");
    }
}

#[test]
fn circuit_counts_every_exception_and_a_success_resets_the_count() {
    let errors = [Error::Connect, Error::Status(500), Error::Value("odd"), Error::Connect];
    for form in forms!("resets", "resets, async", CircuitConfig::new(), []) {
        let _clock = ManualClock::install();
        for _ in 0..2 {
            for (failures, error) in (1..).zip(&errors) {
                let answer = match error {
                    Error::Status(status) => Err(Error::Status(*status)),
                    Error::Value(value) => Err(Error::Value(value)),
                    _ => FAILS,
                };
                assert_eq!(form.call(answer).as_ref(), Err(error), "{form:?}");
                assert_eq!(form.circuit.failure_count(), failures, "{form:?}");
            }
            assert_eq!(form.call(Ok(1)), Ok(1), "{form:?}");
            assert_eq!((form.circuit.failure_count(), form.circuit.is_closed()), (0, true), "{form:?}");
        }
    }
}

#[circuit]
fn named_after_itself() -> Answer {
    Ok(1)
}

#[circuit()]
async fn named_after_itself_with_parentheses() -> Answer {
    Ok(1)
}

#[tokio::test]
async fn circuit_is_named_after_the_function_it_decorates_with_and_without_parentheses() {
    assert_eq!((named_after_itself(), named_after_itself_with_parentheses().await), (Ok(1), Ok(1)));
    for name in ["named_after_itself", "named_after_itself_with_parentheses"] {
        let path = format!("reference_libraries::circuitbreaker::{name}");
        assert_eq!(circuits().get(&path).expect("it is listed").config(), CircuitConfig::new());
    }
}

#[test]
fn open_raises_an_error_that_says_everything_and_does_not_call_the_function() {
    const CONFIG: CircuitConfig = CircuitConfig::new().failure_threshold(2).recovery_timeout(ms(1500));
    for form in forms!("open", "open, async", CONFIG, [failure_threshold = 2, recovery_timeout = 1500ms]) {
        let clock = ManualClock::install();
        let calls = || form.calls.load(Relaxed);
        assert_eq!(form.call(FAILS), FAILS);
        assert_eq!(form.call(Err(Error::Status(503))), Err(Error::Status(503)));
        let before = calls();
        clock.advance(ms(400));
        let Err(Error::Open(open)) = form.call(Ok(1)) else { panic!("it is open: {form:?}") };
        assert_eq!(calls(), before, "the function was not called: {form:?}");
        assert_eq!(
            (open.name(), open.state(), open.failures()),
            (form.circuit.name(), CircuitState::Open, 2)
        );
        assert_eq!(open.retry_after(), Some(ms(1100)));
        assert_eq!(open.last_failure(), Some("Status(503)"), "the failure that opened it: {form:?}");
        // Python adds "until T", by the wall clock; the seconds left are rounded up.
        let said = format!(
            "Circuit {:?} OPEN (2 failures, 2 sec remaining) (last_failure: Status(503))",
            form.circuit.name()
        );
        assert_eq!(open.to_string(), said);
    }
}

#[test]
fn half_open_is_what_the_state_reads_after_the_recovery_timeout() {
    const CONFIG: CircuitConfig = CircuitConfig::new().failure_threshold(1);
    for form in forms!("reads half-open", "reads half-open, async", CONFIG, [failure_threshold = 1]) {
        let clock = ManualClock::install();
        assert_eq!(form.call(FAILS), FAILS);
        clock.advance(secs(30));
        assert_eq!(form.circuit.state(), CircuitState::HalfOpen, "nobody has called it: {form:?}");
        assert!(!form.circuit.is_open() && !form.circuit.is_closed(), "{form:?}");
        assert_eq!(form.circuit.open_remaining(), None, "{form:?}");
    }
}

#[test]
fn half_open_success_closes_it_and_zeroes_the_count() {
    const CONFIG: CircuitConfig = CircuitConfig::new().failure_threshold(2);
    for form in forms!("recovers", "recovers, async", CONFIG, [failure_threshold = 2]) {
        let clock = ManualClock::install();
        for _ in 0..2 {
            assert_eq!(form.call(FAILS), FAILS);
        }
        clock.advance(secs(30));
        assert_eq!(form.call(Ok(1)), Ok(1));
        assert_eq!(
            (form.circuit.state(), form.circuit.failure_count()),
            (CircuitState::Closed, 0),
            "{form:?}"
        );
        assert_eq!(form.circuit.last_failure(), None, "{form:?}");
        assert_eq!(form.call(FAILS), FAILS);
        assert!(form.circuit.is_closed(), "it takes two again: {form:?}");
    }
}

#[test]
fn half_open_failure_opens_it_again_restarts_the_clock_and_counts_on() {
    const CONFIG: CircuitConfig = CircuitConfig::new().failure_threshold(3);
    for form in forms!("fails again", "fails again, async", CONFIG, [failure_threshold = 3]) {
        let clock = ManualClock::install();
        for _ in 0..3 {
            assert_eq!(form.call(FAILS), FAILS);
        }
        for failures in 4..7 {
            clock.advance(secs(30) + ms(1));
            assert_eq!(form.call(FAILS), FAILS, "the trial runs: {form:?}");
            assert_eq!(form.circuit.failure_count(), failures, "from N to N + 1: {form:?}");
            assert_eq!(refusal(&form.call(Ok(1))), open_for(failures, secs(30)), "{form:?}");
        }
    }
}

static TRIALS: CircuitBreaker =
    CircuitBreaker::new("trials", CircuitConfig::new().failure_threshold(1).half_open_calls(1));
static TWO_TRIALS: CircuitBreaker = CircuitBreaker::new(
    "two trials",
    CircuitConfig::new().failure_threshold(1).half_open_calls(2).success_threshold(2),
);

#[circuit(breaker = breaker)]
async fn slow(breaker: &'static CircuitBreaker, answer: Answer) -> Answer {
    sleep(secs(1)).await;
    answer
}

/// What many concurrent callers get.
async fn stampede(breaker: &'static CircuitBreaker) -> Vec<Answer> {
    let callers: Vec<_> = (0..20).map(|_| spawn(slow(breaker, Ok(1)))).collect();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.expect("nobody panics"));
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn half_open_lets_one_trial_in_at_a_time_and_refuses_the_rest() {
    for (breaker, places) in [(&TRIALS, 1), (&TWO_TRIALS, 2)] {
        assert_eq!(slow(breaker, FAILS).await, FAILS);
        sleep(secs(30)).await;
        let answers = stampede(breaker).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Ok(1)).count(), places);
        let refused = (1, None, CircuitState::HalfOpen);
        assert_eq!(answers.iter().filter_map(refusal).filter(|it| *it == refused).count(), 20 - places);
        assert!(breaker.is_closed());
    }
}

#[circuit(name = "cancelled trial", failure_threshold = 1)]
async fn hangs(answer: Answer) -> Answer {
    sleep(secs(1)).await;
    answer
}

#[tokio::test(start_paused = true)]
async fn half_open_gives_the_place_of_a_cancelled_trial_back() {
    let circuit = circuits().get("cancelled trial").unwrap();
    assert_eq!(hangs(FAILS).await, FAILS);
    sleep(secs(30)).await;
    let trial = spawn(hangs(Ok(1)));
    yield_now().await;
    assert_eq!(refusal(&hangs(Ok(1)).await), Some((1, None, CircuitState::HalfOpen)));
    trial.abort();
    assert!(trial.await.is_err());
    assert_eq!((circuit.state(), circuit.failure_count()), (CircuitState::HalfOpen, 1));
    assert_eq!(hangs(Ok(1)).await, Ok(1));
    assert!(circuit.is_closed());

    // The same with a permit that is dropped.
    let breaker = CircuitBreaker::new("dropped", CircuitConfig::new().failure_threshold(1));
    breaker.try_acquire().unwrap().failure();
    sleep(secs(30)).await;
    let trial = breaker.try_acquire().unwrap();
    assert!(breaker.try_acquire().is_err());
    drop(trial);
    breaker.try_acquire().unwrap().success();
    assert!(breaker.is_closed());
}

/// One class, several classes, a predicate.
mod expected_exception {
    use super::*;

    #[circuit(name = "one class", failure_threshold = 1, on(Error::Connect))]
    pub(super) fn one_class(answer: Answer) -> Answer {
        answer
    }

    #[circuit(name = "several classes", failure_threshold = 1, on(Error::Connect | Error::Value(_)))]
    pub(super) async fn several_classes(answer: Answer) -> Answer {
        yield_now().await;
        answer
    }

    #[circuit(name = "a predicate", failure_threshold = 1, on = |error| *error == Error::Connect)]
    pub(super) fn a_predicate(answer: Answer) -> Answer {
        answer
    }
}

#[test]
fn expected_exception_is_a_class_several_classes_or_a_predicate_and_others_count_as_success() {
    let breaker = CircuitBreaker::new("a predicate, by hand", CircuitConfig::new().failure_threshold(1));
    let by_hand = |answer| forms::flat(breaker.on(|error: &Error| *error == Error::Connect).call(|| answer));
    let forms: [(&str, &dyn Fn(Answer) -> Answer); 4] = [
        ("one class", &expected_exception::one_class),
        ("several classes", &|answer| forms::wait(expected_exception::several_classes(answer))),
        ("a predicate", &expected_exception::a_predicate),
        ("", &by_hand),
    ];
    for (name, call) in forms {
        let clock = ManualClock::install();
        assert_eq!(call(Err(Error::Status(404))), Err(Error::Status(404)), "{name}: it passes through");
        assert_eq!(call(Ok(1)), Ok(1), "{name}: it was not counted");
        assert_eq!(call(FAILS), FAILS);
        assert!(refusal(&call(Ok(1))).is_some(), "{name}");
        clock.advance(secs(30));
        assert_eq!(call(Err(Error::Status(404))), Err(Error::Status(404)), "{name}: a trial");
        assert_eq!(call(Ok(1)), Ok(1), "{name}: it was a success, and closed it");
    }
    let leaves = circuits().get("a predicate").unwrap();
    assert_eq!((leaves.failure_count(), leaves.is_closed()), (0, true));
}

#[test]
fn expected_exception_success_resets_the_count_also_where_it_is_another_exception() {
    let breaker = CircuitBreaker::new("resets", CircuitConfig::new().failure_threshold(3));
    let call = |answer: Answer| breaker.on(|error: &Error| *error == Error::Connect).call(|| answer);
    let _ = (call(FAILS), call(FAILS));
    assert_eq!(breaker.failure_count(), 2);
    assert_eq!(call(Err(Error::Status(404))), Err(CallError::Failed(Error::Status(404))));
    assert_eq!(breaker.failure_count(), 0);
}

/// Not `Clone`: an argument the fallback gets has been moved.
struct Order(u32);

mod fallback_function {
    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "that it is moved is the point")]
    pub(super) fn fallback(order: Order, amount: u32) -> Answer {
        let Order(number) = order;
        number.checked_mul(1000).map(|number| number + amount).ok_or(Error::Connect)
    }

    pub(super) async fn slow_fallback(order: Order, amount: u32) -> Answer {
        yield_now().await;
        fallback(order, amount)
    }

    #[circuit(failure_threshold = 1, fallback = fallback)]
    pub(super) fn sync(order: Order, amount: u32) -> Answer {
        Err(Error::Status((order.0 + amount).try_into().expect("small numbers")))
    }

    #[circuit(failure_threshold = 1, fallback = slow_fallback)]
    pub(super) async fn asynchronous(order: Order, amount: u32) -> Answer {
        Err(Error::Status((order.0 + amount).try_into().expect("small numbers")))
    }

    #[circuit(failure_threshold = 1, fallback = |order: Order, amount| fallback(order, amount))]
    pub(super) async fn async_with_a_sync_closure(order: Order, amount: u32) -> Answer {
        Err(Error::Status((order.0 + amount).try_into().expect("small numbers")))
    }

    #[circuit(failure_threshold = 1, fallback = async |order, amount| slow_fallback(order, amount).await)]
    pub(super) async fn async_with_an_async_closure(order: Order, amount: u32) -> Answer {
        Err(Error::Status((order.0 + amount).try_into().expect("small numbers")))
    }
}

#[tokio::test(start_paused = true)]
async fn fallback_function_is_called_with_the_same_arguments_when_open_and_its_result_is_the_result() {
    use fallback_function as with;
    for expected in [Err(Error::Status(9)), Ok(7002), Ok(7002)] {
        assert_eq!(with::sync(Order(7), 2), expected);
        assert_eq!(with::asynchronous(Order(7), 2).await, expected);
        assert_eq!(with::async_with_a_sync_closure(Order(7), 2).await, expected);
        assert_eq!(with::async_with_an_async_closure(Order(7), 2).await, expected);
    }
    sleep(secs(30)).await;
    assert_eq!(with::sync(Order(7), 2), Err(Error::Status(9)), "a trial is no business of the fallback's");
}

/// `class MyCircuitBreaker(CircuitBreaker): FAILURE_THRESHOLD = 2; RECOVERY_TIMEOUT = 10`
const MY_CIRCUIT_BREAKER: CircuitConfig =
    CircuitConfig::new().failure_threshold(2).recovery_timeout(secs(10));

#[circuit(config = MY_CIRCUIT_BREAKER, failure_threshold = 1)]
fn overrides_one_attribute(answer: Answer) -> Answer {
    answer
}

#[test]
fn subclass_with_class_attributes_is_a_configuration_that_many_functions_use() {
    for form in forms!("subclass", "subclass, async", MY_CIRCUIT_BREAKER, [config = MY_CIRCUIT_BREAKER]) {
        let _clock = ManualClock::install();
        assert_eq!((form.call(FAILS), form.call(FAILS)), (FAILS, FAILS));
        assert_eq!(refusal(&form.call(Ok(1))), open_for(2, secs(10)), "{form:?}");
        assert_eq!(form.circuit.config(), MY_CIRCUIT_BREAKER, "{form:?}");
    }
    let _clock = ManualClock::install();
    assert_eq!(overrides_one_attribute(FAILS), FAILS);
    assert_eq!(refusal(&overrides_one_attribute(Ok(1))), open_for(1, secs(10)));
}

#[test]
fn properties_say_state_counts_times_failure_and_name_and_reset_forgets_them() {
    const CONFIG: CircuitConfig = CircuitConfig::new().failure_threshold(2);
    for form in forms!("properties", "properties, async", CONFIG, [failure_threshold = 2]) {
        let clock = ManualClock::install();
        let circuit = &form.circuit;
        assert!(circuit.name().starts_with("properties"), "{form:?}");
        let fresh = |circuit: &CircuitBreaker| {
            assert_eq!(circuit.state(), CircuitState::Closed);
            assert_eq!((circuit.is_open(), circuit.is_closed(), circuit.failure_count()), (false, true, 0));
            assert_eq!((circuit.open_until(), circuit.open_remaining()), (None, None));
            assert_eq!(circuit.last_failure(), None);
        };
        fresh(circuit);
        assert_eq!(form.call(Err(Error::Value("first"))), Err(Error::Value("first")));
        assert_eq!(circuit.failure_count(), 1, "{form:?}");
        assert_eq!(
            circuit.last_failure().as_deref(),
            Some("Value(\"first\")"),
            "while it is closed: {form:?}"
        );
        assert_eq!(form.call(Err(Error::Value("second"))), Err(Error::Value("second")));
        clock.advance(secs(10));
        assert_eq!(circuit.state(), CircuitState::Open);
        assert_eq!((circuit.is_open(), circuit.is_closed(), circuit.failure_count()), (true, false, 2));
        assert_eq!(circuit.open_remaining(), Some(secs(20)));
        assert!(circuit.open_until().unwrap() > Instant::now(), "{form:?}");
        assert_eq!(circuit.last_failure().as_deref(), Some("Value(\"second\")"), "{form:?}");
        circuit.reset();
        fresh(circuit);
        assert_eq!(form.call(Ok(1)), Ok(1), "{form:?}");
    }
}

/// Nobody ever calls it.
#[circuit(name = "never called")]
fn never_called() -> Answer {
    Ok(1)
}

#[circuit(name = "monitored", failure_threshold = 1)]
fn monitored(answer: Answer) -> Answer {
    answer
}

#[test]
fn monitor_lists_every_decorated_function_before_its_first_call() {
    let _clock = ManualClock::install();
    let _: fn() -> Answer = never_called;
    let names = |list: Vec<resilience::breaker::CircuitRef>| -> Vec<String> {
        let names = list.iter().map(|circuit| circuit.name().to_owned());
        names.filter(|name| ["never called", "monitored"].contains(&name.as_str())).collect()
    };
    let all = names(circuits().iter().collect());
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(circuits().get("never called").is_some_and(|circuit| circuit.is_closed()));
    assert!(circuits().get("nobody").is_none());
    assert_eq!(names(circuits().closed().collect()).len(), 2);

    assert_eq!(monitored(FAILS), FAILS);
    assert_eq!(names(circuits().open().collect()), ["monitored"]);
    assert_eq!(names(circuits().closed().collect()), ["never called"]);
    assert!(!circuits().all_closed());

    circuits().get("monitored").unwrap().reset();
    assert_eq!(names(circuits().open().collect()), [""; 0]);
    assert_eq!(circuits().into_iter().count(), circuits().iter().count());
}

#[tokio::test]
async fn with_breaker_and_call_guard_what_is_not_decorated() {
    let breaker = CircuitBreaker::new("by hand", CircuitConfig::new().failure_threshold(3));
    let failed = Err(CallError::Failed(Error::Connect));
    assert_eq!(breaker.call(|| Ok::<_, Error>(1)), Ok(1));
    assert_eq!(breaker.call(|| FAILS), failed);
    assert_eq!(breaker.call_async(async || FAILS).await, failed);
    // `with breaker:` — an exception in the block is a failure.
    let block = || -> Answer {
        let permit = breaker.try_acquire()?;
        permit.failure_because(Error::Connect);
        FAILS
    };
    assert_eq!(block(), FAILS);
    assert_eq!((breaker.is_open(), breaker.last_failure().as_deref()), (true, Some("Connect")));
    assert!(matches!(breaker.call(|| FAILS), Err(CallError::Open(_))));
    assert!(matches!(breaker.call_async(async || FAILS).await, Err(CallError::Open(_))));
    assert!(matches!(block(), Err(Error::Open(open)) if open.name() == "by hand"));

    breaker.reset();
    breaker.try_acquire().unwrap().success();
    breaker.try_acquire().unwrap().ignore();
    assert!(breaker.is_closed());
}

// `poll`'s: `@circuitbreaker(ex, threshold, reset_timeout, on_error)`.

const LEAKY: CircuitConfig =
    CircuitConfig::new().failure_threshold(3).within(secs(60)).recovery_timeout(secs(60));

macro_rules! leaky_forms {
    ($name:tt, $async_name:tt) => {
        forms!($name, $async_name, LEAKY, [failure_threshold = 3, within = 60s, recovery_timeout = 60s])
    };
}

/// Calls that fail or do not, so many seconds after the one before.
fn run(form: &Form, clock: &ManualClock, calls: &[(u64, Answer)]) -> Vec<bool> {
    let one = |(after, answer): &(u64, Answer)| {
        clock.advance(secs(*after));
        let refused = form.call(if answer.is_ok() { Ok(1) } else { FAILS });
        refusal(&refused).is_some()
    };
    calls.iter().map(one).collect()
}

#[test]
fn circuitbreaker_opens_when_so_many_failures_fall_within_the_last_time_and_a_success_clears_none() {
    for form in leaky_forms!("leaky", "leaky, async") {
        let clock = ManualClock::install();
        let calls = [(0, FAILS), (20, Ok(1)), (20, FAILS), (0, Ok(1)), (19, Ok(1)), (0, FAILS), (0, Ok(1))];
        let refused = run(&form, &clock, &calls);
        assert_eq!(refused, [false, false, false, false, false, false, true], "{form:?}");
        assert_eq!(form.circuit.open_remaining(), Some(secs(60)), "{form:?}");
        assert_eq!(form.circuit.failure_count(), 3, "{form:?}");
    }
}

#[test]
fn circuitbreaker_forgets_failures_older_than_the_reset_timeout() {
    for form in leaky_forms!("forgets", "forgets, async") {
        let clock = ManualClock::install();
        let calls: Vec<_> = (0..20).map(|_| (31, FAILS)).collect();
        assert_eq!(run(&form, &clock, &calls), [false; 20], "never three in a minute: {form:?}");
        assert_eq!(form.circuit.failure_count(), 2, "{form:?}");
    }
}

#[test]
fn circuitbreaker_trial_success_closes_and_clears_and_failure_opens_at_once() {
    for form in leaky_forms!("trial", "trial, async") {
        let clock = ManualClock::install();
        assert_eq!(run(&form, &clock, &[(0, FAILS), (0, FAILS), (0, FAILS)]), [false; 3]);
        assert_eq!(
            run(&form, &clock, &[(59, FAILS), (1, FAILS), (0, FAILS)]),
            [true, false, true],
            "{form:?}"
        );
        assert_eq!(form.circuit.open_remaining(), Some(secs(60)), "{form:?}");
        assert_eq!(run(&form, &clock, &[(60, Ok(1)), (0, FAILS), (0, FAILS)]), [false; 3], "{form:?}");
        assert_eq!(
            (form.circuit.state(), form.circuit.failure_count()),
            (CircuitState::Closed, 2),
            "{form:?}"
        );
    }
}

#[test]
fn circuitbreaker_broken_error_brings_the_time_remaining() {
    for form in leaky_forms!("time remaining", "time remaining, async") {
        let clock = ManualClock::install();
        let _ = run(&form, &clock, &[(0, FAILS), (0, FAILS), (0, FAILS)]);
        clock.advance(secs(45));
        assert_eq!(refusal(&form.call(Ok(1))), open_for(3, secs(15)), "{form:?}");
    }
}

#[circuit(failure_threshold = 1, within = 60s, recovery_timeout = 60s, on(Error::Connect))]
fn leaky_on_one_class(answer: Answer) -> Answer {
    answer
}

#[test]
fn circuitbreaker_lets_exceptions_outside_ex_pass_uncounted() {
    let _clock = ManualClock::install();
    for _ in 0..5 {
        assert_eq!(leaky_on_one_class(Err(Error::Status(500))), Err(Error::Status(500)));
    }
    assert_eq!(leaky_on_one_class(FAILS), FAILS);
    assert!(refusal(&leaky_on_one_class(Ok(1))).is_some());
}

#[test]
fn circuitbreaker_on_error_is_a_listener_that_hears_of_the_opening() {
    // Python calls it for every exception; here whoever wants that counts in the function, and the circuit tells what
    // only it knows.
    static HEARD: Mutex<Vec<(CircuitEventKind, u32)>> = Mutex::new(Vec::new());
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let clock = ManualClock::install();
    let breaker = CircuitBreaker::new("heard", LEAKY);
    breaker.listen(|event| HEARD.lock().unwrap().push((event.kind(), event.failures())));
    for _ in 0..3 {
        let _ = breaker.call(|| {
            COUNT.fetch_add(1, Relaxed);
            FAILS
        });
    }
    clock.advance(secs(60));
    assert_eq!(breaker.call(|| Ok::<_, Error>(1)), Ok(1));
    let heard =
        [(CircuitEventKind::Opened, 3), (CircuitEventKind::HalfOpened, 3), (CircuitEventKind::Closed, 0)];
    assert_eq!(*HEARD.lock().unwrap(), heard);
    assert_eq!(COUNT.load(Relaxed), 3);
}
