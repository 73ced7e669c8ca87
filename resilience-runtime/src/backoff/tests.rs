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
    for growth in [
        Backoff::constant(SECOND),
        Backoff::linear(SECOND),
        Backoff::fibonacci(SECOND),
        Backoff::decorrelated(SECOND),
    ] {
        assert_eq!(growth.try_factor(2.0).unwrap_err().option(), "factor", "{growth:?}");
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
    for growth in [Backoff::constant(SECOND), Backoff::linear(SECOND), Backoff::fibonacci(SECOND)] {
        assert_eq!(growth.try_jitter(Jitter::Decorrelated).unwrap_err().option(), "jitter", "{growth:?}");
        assert!(growth.try_jitter(Jitter::Full).is_ok(), "{growth:?}");
    }
}

#[test]
fn delays_say_that_they_have_no_end() {
    assert_eq!(Backoff::constant(SECOND).delays().size_hint(), (usize::MAX, None));
}

#[test]
fn no_method_panics_and_the_nearest_setting_that_makes_sense_is_used() {
    let waits = |backoff: Backoff, waits: &[u64]| {
        assert!(backoff.validate().is_err(), "{backoff:?}");
        let expected: Vec<_> = waits.iter().map(|millis| Duration::from_millis(*millis)).collect();
        assert_eq!(backoff.delays_seeded(1).take(waits.len()).collect::<Vec<_>>(), expected, "{backoff:?}");
    };
    let exponential = Backoff::exponential(SECOND);
    for factor in [0.5, 0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        waits(exponential.factor(factor), &[1000, 1000, 1000]);
    }
    waits(exponential.factor(f64::INFINITY).max(3 * SECOND), &[1000, 3000, 3000]);
    waits(Backoff::linear(SECOND).factor(3.0), &[1000, 2000, 3000]);
    for backoff in [exponential, Backoff::constant(SECOND), Backoff::decorrelated(SECOND)] {
        waits(backoff.max(SECOND / 4), &[250, 250, 250]);
    }
    for ratio in [-0.5, f64::NAN] {
        waits(Backoff::constant(SECOND).jitter(Jitter::Ratio(ratio)), &[1000, 1000]);
    }
    waits(Backoff::linear(SECOND).jitter(Jitter::Decorrelated), &[1000, 2000]);
    let most = Backoff::constant(SECOND).jitter(Jitter::Ratio(f64::INFINITY));
    assert!(most.validate().is_err() && most.delays().take(100).all(|wait| wait <= 2 * SECOND));
    let twice_random = Backoff::decorrelated(SECOND).jitter(Jitter::Full);
    assert!(twice_random.validate().is_err() && twice_random.delays().take(100).all(|wait| wait >= SECOND));
}

#[test]
fn a_backoff_and_its_jitter_are_shown_as_they_are_written() {
    let exponential = Backoff::exponential(SECOND / 10);
    let cases = [
        (Backoff::constant(SECOND), "constant(1s)"),
        (Backoff::constant(Duration::ZERO), "constant(0s)"),
        (Backoff::linear(SECOND).max(SECOND * 60), "linear(1s, max = 60s)"),
        (exponential, "exponential(100ms)"),
        (
            exponential.factor(1.5).max(10 * SECOND).jitter(Jitter::Full),
            "exponential(100ms, factor = 1.5, max = 10s, jitter = full)",
        ),
        (Backoff::fibonacci(SECOND / 1_000_000).jitter(Jitter::Ratio(0.07)), "fibonacci(1us, jitter = 7%)"),
        (Backoff::decorrelated(Duration::MAX), "decorrelated(forever)"),
        (exponential.jitter(Jitter::Decorrelated), "exponential(100ms, jitter = decorrelated)"),
    ];
    for (backoff, text) in cases {
        assert_eq!(format!("{backoff:?}"), text);
    }
    let jitters = [Jitter::None, Jitter::Equal, Jitter::Ratio(0.125)];
    assert_eq!(format!("{jitters:?}"), "[none, equal, 12.5%]");
}

#[test]
fn a_backoff_that_is_wrong_says_which_value_is() {
    let exponential = Backoff::exponential(SECOND);
    let cases = [
        (
            exponential.try_factor(0.5),
            "`factor` must be a number of at least 1: waits do not shrink (found `factor = 0.5`)",
        ),
        (
            exponential.try_max(SECOND / 2),
            "`max` is below the first wait, so the backoff would never grow (found `max = 500ms`, `base = 1s`)",
        ),
        (
            exponential.try_jitter(Jitter::Ratio(f64::NAN)),
            "a jitter ratio must be between 0 and 1 (0 % and 100 %) (found `jitter = NaN`)",
        ),
        (
            Backoff::decorrelated(SECOND).try_jitter(Jitter::Full),
            "a decorrelated backoff is random already: leave `jitter` out (found `jitter = full`)",
        ),
    ];
    for (result, text) in cases {
        assert_eq!(result.unwrap_err().to_string(), text);
    }
}
