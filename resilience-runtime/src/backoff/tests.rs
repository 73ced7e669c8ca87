use std::time::Duration;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_factor_is_a_number_of_at_least_one_of_an_exponential_backoff() {
    let exponential = Backoff::exponential(SECOND);
    for factor in [1.0, 1.5, 2.0, f64::MAX] {
        assert!(exponential.try_factor(factor).is_ok(), "{factor}");
    }
    for factor in [0.999, 0.0, -2.0, f64::INFINITY, f64::NAN] {
        assert_eq!(exponential.try_factor(factor).unwrap_err().option(), "factor", "{factor}");
    }
    for shape in [
        Backoff::constant(SECOND),
        Backoff::linear(SECOND),
        Backoff::fibonacci(SECOND),
        Backoff::decorrelated(SECOND),
    ] {
        assert_eq!(shape.try_factor(2.0).unwrap_err().option(), "factor", "{shape:?}");
    }
}

#[test]
fn decorrelated_jitter_takes_a_factor_of_two_and_no_other_in_whatever_order() {
    let exponential = Backoff::exponential(SECOND);
    for (factor, agrees) in [(2.0, true), (1.0, false), (2.5, false)] {
        assert_eq!(exponential.jitter(Jitter::Decorrelated).try_factor(factor).is_ok(), agrees, "{factor}");
        assert_eq!(exponential.factor(factor).try_jitter(Jitter::Decorrelated).is_ok(), agrees, "{factor}");
        assert!(exponential.factor(factor).try_jitter(Jitter::Full).is_ok(), "{factor}");
    }
}

#[test]
fn a_shape_that_is_random_takes_no_jitter_and_only_exponential_ones_decorrelated_jitter() {
    let decorrelated = Backoff::decorrelated(SECOND);
    assert_eq!(decorrelated.try_jitter(Jitter::None), Ok(decorrelated));
    for jitter in [Jitter::Full, Jitter::Equal, Jitter::Decorrelated, Jitter::Ratio(0.1)] {
        assert_eq!(decorrelated.try_jitter(jitter).unwrap_err().option(), "jitter", "{jitter:?}");
    }
    for shape in [Backoff::constant(SECOND), Backoff::linear(SECOND), Backoff::fibonacci(SECOND)] {
        assert_eq!(shape.try_jitter(Jitter::Decorrelated).unwrap_err().option(), "jitter", "{shape:?}");
        assert!(shape.try_jitter(Jitter::Full).is_ok(), "{shape:?}");
    }
}

#[test]
fn delays_say_that_they_have_no_end() {
    assert_eq!(Backoff::constant(SECOND).delays().size_hint(), (usize::MAX, None));
}
