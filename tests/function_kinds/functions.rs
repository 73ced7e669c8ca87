//! Functions that options call: arguments, and closures that replace a rejected call.

use resilience::{CircuitBreaker, CircuitConfig, CircuitOpen, circuit, poll, retry};

use crate::flaky::{Flaky, Oops};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[retry(on = is_transient, giveup = is_last, interval = 0s)]
#[allow(clippy::needless_pass_by_value, reason = "it is what is tested")]
fn by_arguments(
    flaky: &Flaky,
    is_transient: impl Fn(&Oops) -> bool,
    is_last: Box<dyn Fn(&Oops) -> bool>,
) -> Result<u32, Oops> {
    flaky.ask()
}

#[retry(on = is_transient, times = 5, interval = 0s)]
#[circuit(breaker = breaker, ignore = is_transient)]
async fn in_a_stack<P: Fn(&Error) -> bool>(
    breaker: &CircuitBreaker,
    flaky: &Flaky,
    is_transient: P,
) -> Result<u32, Error> {
    Ok(flaky.ask_async().await?)
}

#[poll(until = is_done, ignore = |_| true, on_error = heard, interval = 0s)]
fn by_exclusive_references(
    flaky: &Flaky,
    is_done: &mut dyn FnMut(&u32) -> bool,
    heard: &mut impl FnMut(&Error, &resilience::Attempt),
) -> Result<u32, Error> {
    Ok(flaky.ask()?)
}

/// A function that is a field is borrowed, too.
struct Rules {
    is_transient: Box<dyn Fn(&Oops) -> bool>,
    breaker: CircuitBreaker,
}

impl Rules {
    #[retry(on = self.is_transient, interval = 0s)]
    fn of_self(&self, flaky: &Flaky) -> Result<u32, Oops> {
        flaky.ask()
    }
}

#[circuit(breaker = &rules.breaker, ignore = rules.is_transient, on_open = |_| Oops(9))]
fn of_an_argument(rules: &Rules, flaky: &Flaky) -> Result<u32, Oops> {
    flaky.ask()
}

#[test]
fn a_predicate_that_is_a_field_is_called_for_every_failure() {
    let breaker = CircuitBreaker::new("predicate in a field", CircuitConfig::new().failure_threshold(1));
    let rules = Rules { is_transient: Box::new(|error| error.0 < 2), breaker };
    assert_eq!(rules.of_self(&Flaky::default()), Err(Oops(2)));
    let flaky = Flaky::default();
    let calls = [(); 3].map(|()| of_an_argument(&rules, &flaky));
    assert_eq!(calls, [Err(Oops(1)), Err(Oops(2)), Err(Oops(9))]);
}

/// Nothing that a user names gets in the way.
#[allow(dead_code)]
trait FnOnce {}

#[circuit(breaker = breaker, fallback = |_, made| Ok(Box::new(move || made)))]
fn coerced(breaker: &CircuitBreaker, made: i32) -> Result<Box<dyn Fn() -> i32>, Error> {
    Ok(Box::new(move || made + 1))
}

#[circuit(breaker = breaker, fallback = |_, a, b, c, d, e, f, g| Ok(a + b + c + d + e + f + g))]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names, reason = "it is what is tested")]
fn of_many(
    breaker: &CircuitBreaker,
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
) -> Result<u8, CircuitOpen> {
    Ok(a.max(b).max(c).max(d).max(e).max(f).max(g))
}

#[test]
fn a_predicate_that_is_an_argument_is_called_for_every_failure() {
    assert_eq!(by_arguments(&Flaky::default(), |_| true, Box::new(|_| false)), Ok(3));
    assert_eq!(by_arguments(&Flaky::default(), |_| true, Box::new(|error| error.0 == 2)), Err(Oops(2)));
    assert_eq!(by_arguments(&Flaky::default(), |error| error.0 == 2, Box::new(|_| false)), Err(Oops(1)));
}

#[tokio::test]
async fn layers_of_a_stack_share_a_predicate_that_is_an_argument() {
    let breaker = CircuitBreaker::new("shared predicate", CircuitConfig::new());
    assert_eq!(in_a_stack(&breaker, &Flaky::default(), |_| true).await.expect("the third time"), 3);
    assert_eq!(breaker.failure_count(), 0);
}

#[test]
fn a_function_behind_an_exclusive_reference_is_called_again() {
    let (mut asked, mut heard) = (0, Vec::new());
    let mut is_done = |_: &u32| {
        asked += 1;
        asked == 2
    };
    let mut hear = |_: &Error, attempt: &resilience::Attempt| heard.push(attempt.number);
    let answer = by_exclusive_references(&Flaky::default(), &mut is_done, &mut hear);
    assert_eq!(answer.expect("the sixth time"), 3);
    assert_eq!((asked, heard), (2, vec![1, 2, 4, 5]));
}

#[test]
fn the_result_of_a_closure_in_place_of_a_rejected_call_is_coerced() {
    let breaker = CircuitBreaker::new("closures", CircuitConfig::new());
    assert_eq!(
        (coerced(&breaker, 1).expect("it is closed")(), of_many(&breaker, 1, 1, 1, 1, 1, 1, 2).ok()),
        (2, Some(2))
    );
    breaker.force_open();
    assert_eq!(
        (coerced(&breaker, 1).expect("it is answered")(), of_many(&breaker, 1, 1, 1, 1, 1, 1, 2).ok()),
        (1, Some(8))
    );
}
