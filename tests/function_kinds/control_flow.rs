//! Options whose expressions invoke a macro that returns: only the option ends, and no layer is skipped.

use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{Alarm, CircuitBreaker, CircuitConfig, PollPolicy, RetryPolicy};
use resilience::{asyncbackoff, circuit, poll, retry};

use crate::flaky::{Flaky, Oops};

/// Returned from wherever the macro stands: from a function, this is its outcome.
trait Returned {
    fn returned() -> Self;
}

impl Returned for Result<u32, Oops> {
    fn returned() -> Self {
        Err(Oops(99))
    }
}

impl Returned for bool {
    fn returned() -> Self {
        true
    }
}

impl Returned for () {
    fn returned() -> Self {}
}

impl Returned for Option<Duration> {
    fn returned() -> Self {
        Some(Duration::from_millis(7))
    }
}

impl Returned for Oops {
    fn returned() -> Self {
        Self(55)
    }
}

impl Returned for RetryPolicy {
    fn returned() -> Self {
        Self::new().interval(Duration::ZERO)
    }
}

impl Returned for PollPolicy {
    fn returned() -> Self {
        Self::new().interval(Duration::ZERO).times(3)
    }
}

impl Returned for &CircuitBreaker {
    fn returned() -> Self {
        &GIVEN
    }
}

impl Returned for fn(&Flaky) -> Result<u32, Oops> {
    fn returned() -> Self {
        |_| Ok(77)
    }
}

impl Returned for &'static str {
    fn returned() -> Self {
        "a name"
    }
}

impl From<Alarm<u32>> for Oops {
    fn from(alarm: Alarm<u32>) -> Self {
        Self(alarm.into_value())
    }
}

/// In the condition of an `if`, so that the compiler does not call the rest unreachable.
fn always() -> bool {
    true
}

macro_rules! leave {
    () => {
        if always() {
            return Returned::returned();
        }
    };
}

static GIVEN: CircuitBreaker = CircuitBreaker::new("given", CircuitConfig::new().failure_threshold(1));
static OTHER: CircuitBreaker = CircuitBreaker::new("other", CircuitConfig::new());

fn no(_: &Oops) -> bool {
    false
}

#[expect(clippy::unnecessary_wraps, reason = "the fallback of a function that returns a `Result`")]
fn one(_: &Flaky) -> Result<u32, Oops> {
    Ok(1)
}

#[retry(interval = 0s, on(Oops(1..) if { leave!(); false }))]
fn guard(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[retry(interval = 0s, on = { leave!(); no })]
fn predicate(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[retry(interval = 0s, giveup(Oops(2) if { leave!(); false }))]
fn giveup(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[retry(interval = 0s, on_error = { leave!(); |_, _| {} })]
fn hook(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[retry(interval = 0s, retry_after = { leave!(); |_| None })]
fn hint(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[retry(policy = { leave!(); RetryPolicy::new().times(1) })]
fn policy(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[asyncbackoff(on(Oops(1..) if { leave!(); false }), on_error = { leave!(); |_, _| {} })]
async fn guard_async(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

#[test]
fn a_macro_that_returns_in_an_option_of_retry_does_not_end_the_loop() {
    let _clock = ManualClock::install();
    for retried in [guard, predicate, hook, hint, policy] {
        assert_eq!(retried(&Flaky::default()), Ok(3));
    }
    assert_eq!(giveup(&Flaky::default()), Err(Oops(2)));
}

#[tokio::test]
async fn a_macro_that_returns_in_an_option_of_asyncbackoff_does_not_end_the_loop() {
    assert_eq!(guard_async(&Flaky::default()).await, Ok(3));
}

#[poll(interval = 0s, until(3 if { leave!(); false }), ignore(_ if { leave!(); false }))]
fn polled(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[poll(until(_), policy = { leave!(); PollPolicy::new().times(1) }, ignore = { leave!(); no })]
fn polled_by_policy(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[poll(until(9), ignore(_), interval = 0s, alarm(3 if { leave!(); false }))]
async fn alarmed(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

fn is(number: u32) -> impl Fn(&u32) -> bool {
    move |value| *value == number
}

macro_rules! leave_with {
    ($value:expr) => {
        if always() {
            return $value;
        }
    };
}

#[poll(interval = 0s, ignore(_), until = is({ leave_with!(Some(true)); 9 }))]
fn polled_by_a_call(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[poll(interval = 0s, ignore(_), until(9), alarm = is({ leave_with!(Some(true)); 9 }))]
async fn alarmed_by_a_call(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

#[tokio::test]
async fn a_macro_that_returns_in_a_condition_that_is_called_does_not_end_the_loop() {
    assert_eq!(polled_by_a_call(&Flaky::default()), Ok(3));
    assert_eq!(alarmed_by_a_call(&Flaky::default()).await, Err(Oops(3)));
}

#[tokio::test]
async fn a_macro_that_returns_in_an_option_of_poll_does_not_end_the_loop() {
    assert_eq!(polled(&Flaky::default()), Ok(3));
    assert_eq!(polled_by_policy(&Flaky::default()), Ok(3));
    assert_eq!(alarmed(&Flaky::default()).await, Err(Oops(3)));
}

#[circuit(failure_threshold = 1, on(Oops(1..) if { leave!(); false }))]
fn counted(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[circuit(failure_threshold = 1, ignore = { leave!(); no })]
async fn ignored(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask_async().await
}

#[circuit(failure_threshold = 1, on_open = { leave!(); |_| Oops(1) })]
fn refused(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[circuit(failure_threshold = 1, fallback = { leave!(); one as fn(&Flaky) -> Result<u32, Oops> })]
fn replaced(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[circuit(breaker = { leave!(); &OTHER })]
fn given(flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[tokio::test]
async fn a_macro_that_returns_in_an_option_of_circuit_does_not_skip_the_circuit() {
    let flaky = Flaky::default();
    assert_eq!([counted(&flaky), counted(&flaky)], [Err(Oops(1)), Err(Oops(0))]);
    let flaky = Flaky::default();
    assert_eq!([ignored(&flaky).await, ignored(&flaky).await], [Err(Oops(1)), Err(Oops(2))]);
    let flaky = Flaky::default();
    assert_eq!([refused(&flaky), refused(&flaky)], [Err(Oops(1)), Err(Oops(55))]);
    let flaky = Flaky::default();
    assert_eq!([replaced(&flaky), replaced(&flaky)], [Err(Oops(1)), Ok(77)]);
    let flaky = Flaky::default();
    assert_eq!([given(&flaky), given(&flaky)], [Err(Oops(1)), Err(Oops(0))]);
}
