use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const GOOD: Seen = Seen { failed: false, slow: false };
const BAD: Seen = Seen { failed: true, slow: false };
const SLOW: Seen = Seen { failed: false, slow: true };

fn at(millis: u64) -> Nanos {
    Nanos::of(Duration::from_millis(millis))
}

/// How many of these it takes to open.
fn until_open(window: &mut Window, seen: Seen, config: &CircuitConfig) -> u32 {
    (1..1000).find(|_| window.record(seen, at(0), config)).unwrap()
}

#[test]
fn after_ten_thousand_successes_a_window_of_100_opens_at_the_50th_failure() {
    let config = CircuitConfig::new().failure_rate(0.5).window_calls(100);
    let mut window = Window::new(&config);
    for _ in 0..10_000 {
        assert!(!window.record(GOOD, at(0), &config));
    }
    assert!(window.ignores_success());
    assert_eq!(until_open(&mut window, BAD, &config), 50);
}

#[test]
fn a_rate_means_nothing_before_min_calls() {
    let config = CircuitConfig::new().failure_rate(0.5).window_calls(100).min_calls(10);
    assert_eq!(until_open(&mut Window::new(&config), BAD, &config), 10);
    let config = CircuitConfig::new().slow_call(Duration::MAX).slow_rate(0.8).window_calls(5);
    assert_eq!(until_open(&mut Window::new(&config), SLOW, &config), 5);
}

#[test]
fn a_bad_call_that_slides_out_is_forgotten() {
    let config = CircuitConfig::new().failure_rate(0.3).window_calls(10);
    let mut window = Window::new(&config);
    for _ in 0..20 {
        assert!(!window.record(BAD, at(0), &config) || window.failures(at(0)) > 2);
        for _ in 0..9 {
            window.record(GOOD, at(0), &config);
        }
        assert_eq!(window.failures(at(0)), 1);
    }
    window.record(GOOD, at(0), &config);
    assert!(window.ignores_success(), "all ten are good");
}

#[test]
fn one_failure_a_minute_never_opens_a_window_of_30_seconds() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(30)).min_calls(2);
    let mut window = Window::new(&config);
    for minute in 0..1000 {
        assert!(!window.record(BAD, at(minute * 60_000), &config), "at minute {minute}");
    }
}

#[test]
fn a_window_of_time_opens_at_its_rate_and_forgets_within_its_time() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(4);
    let mut window = Window::new(&config);
    assert!(!window.record(BAD, at(0), &config));
    assert!(!window.record(BAD, at(5_000), &config));
    assert!(!window.record(BAD, at(10_000), &config));
    assert!(!window.record(GOOD, at(20_000), &config), "the first has gone, three are left");
    assert_eq!(window.failures(at(20_000)), 2);
    assert!(window.record(BAD, at(20_000), &config));
    assert_eq!(window.failures(at(200_000)), 0);
}

#[test]
fn failures_within_a_time_are_counted_through_successes() {
    let config = CircuitConfig::new().failure_threshold(3).within(Duration::from_secs(60));
    let mut window = Window::new(&config);
    assert!(!window.record(BAD, at(0), &config));
    assert!(!window.record(BAD, at(30_000), &config));
    assert!(!window.record(GOOD, at(30_000), &config));
    assert!(!window.record(BAD, at(60_001), &config), "the first is older than a minute");
    assert_eq!(window.failures(at(60_001)), 2);
    assert!(window.record(BAD, at(90_000), &config), "30 s, 60 s and 90 s");
}

#[test]
fn the_longest_times_and_a_clock_that_goes_back_do_not_panic() {
    for config in [
        CircuitConfig::new().failure_rate(0.5).window_time(Duration::MAX),
        CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_nanos(1)),
        CircuitConfig::new().within(Duration::MAX),
    ] {
        let mut window = Window::new(&config);
        for now in [Nanos::NEVER, Nanos::ZERO, Nanos::new(1 << 62), Nanos::ZERO] {
            window.record(BAD, now, &config);
            window.could_open(BAD, now, &config);
            window.failures(now);
        }
    }
}

#[test]
fn failures_of_a_future_that_the_clock_has_left_are_forgotten() {
    let mut failures = Failures::new(3, Nanos::new(30));
    for moment in [1000, 1001, 10, 11] {
        assert!(!failures.record(Nanos::new(moment)), "{moment}");
    }
    assert_eq!(failures.count(Nanos::new(11)), 2);
    assert!(failures.record(Nanos::new(12)));
}

#[test]
fn a_good_call_in_a_past_that_the_clock_came_back_to_starts_the_window_afresh() {
    let mut buckets = Buckets::new(Nanos::new(160));
    buckets.record(Seen { failed: false, slow: false }, Nanos::new(100_000));
    assert!(!buckets.record_good(Nanos::new(50)), "it is no moment of the bucket that is being filled");
    buckets.record(Seen { failed: false, slow: false }, Nanos::new(50));
    assert!(buckets.record_good(Nanos::new(51)));
    assert_eq!(buckets.tally(Nanos::new(52)).calls, 2);
}

#[test]
fn a_window_of_time_does_not_stay_in_a_future_that_the_clock_has_left() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(2);
    for (before, after) in [(1_000_000, 0), (1_000_000, 983_000), (u64::MAX / 1_000_000, 5_000)] {
        let mut window = Window::new(&config);
        assert!(!window.record(BAD, at(before), &config));
        assert_eq!(window.failures(at(after)), 0, "nobody knows how long ago that was");
        assert!(!window.record(BAD, at(after), &config), "from {before} to {after}");
        assert!(!window.record(BAD, at(after + 17_000), &config), "what came after is forgotten in time");
        assert!(window.record(BAD, at(after + 18_000), &config), "and counted");
    }
}

#[test]
fn a_moment_that_lies_behind_by_less_than_a_window_counts_as_now() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(2);
    let mut window = Window::new(&config);
    assert!(!window.record(BAD, at(100_000), &config));
    assert_eq!(window.failures(at(90_000)), 1);
    assert!(window.record(BAD, at(90_000), &config), "as of two threads, the slower of which comes later");
    assert_eq!(window.failures(at(117_000)), 0);
}

#[test]
fn only_a_window_of_calls_that_is_full_and_good_ignores_successes() {
    let calls = CircuitConfig::new().failure_rate(0.5).window_calls(2);
    let mut window = Window::new(&calls);
    let mut told = Vec::new();
    for seen in [GOOD, GOOD, BAD, GOOD, GOOD, SLOW] {
        window.record(seen, at(0), &calls);
        told.push(window.ignores_success());
    }
    assert_eq!(told, [false, true, false, false, true, false]);
    let time = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16));
    let mut window = Window::new(&time);
    window.record(GOOD, at(0), &time);
    assert!(!window.ignores_success(), "a window of time forgets");
}

#[test]
fn nearly_every_good_call_of_a_healthy_window_is_recorded_the_short_way() {
    let config = CircuitConfig::new().failure_rate(0.5).window_calls(10);
    let mut window = Window::new(&config);
    for call in 1..=30 {
        let short = window.record_harmless(at(0), &config);
        assert_eq!(short, call != 10, "call {call}: the tenth fills the window");
        if !short {
            window.record(GOOD, at(0), &config);
        }
    }
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16));
    let mut window = Window::new(&config);
    let moments =
        [(60_000, false), (60_001, true), (60_999, true), (61_000, false), (61_001, true), (90_000, false)];
    for (now, expected) in moments {
        let short = window.record_harmless(at(now), &config);
        assert_eq!(short, expected, "at {now}: the first call of a sixteenth turns the window");
        if !short {
            window.record(GOOD, at(now), &config);
        }
    }
}

#[test]
fn a_window_is_clean_until_something_bad_is_in_it() {
    let rate = CircuitConfig::new().failure_rate(0.5);
    for config in [
        rate.window_calls(10),
        rate.window_time(Duration::from_secs(16)),
        CircuitConfig::new().within(Duration::from_secs(16)),
    ] {
        let mut window = Window::new(&config);
        window.record(GOOD, at(60_000), &config);
        assert!(window.is_clean(at(60_000)), "{window:?}");
        window.record(BAD, at(60_000), &config);
        assert!(!window.is_clean(at(60_000)), "{window:?}");
    }
}

#[test]
fn a_window_that_was_cleared_is_like_a_new_one() {
    let rate = CircuitConfig::new().failure_rate(0.5).slow_rate(0.5).min_calls(3);
    for config in [
        rate.window_calls(10),
        rate.window_time(Duration::from_secs(16)),
        CircuitConfig::new().failure_threshold(3).within(Duration::from_secs(16)),
    ] {
        let mut window = Window::new(&config);
        for _ in 0..3 {
            window.record(BAD, at(60_000), &config);
        }
        window.clear();
        assert_eq!((window.failures(at(60_000)), window.is_clean(at(60_000))), (0, true), "{config:?}");
        let opens = [(); 3].map(|()| window.record(BAD, at(60_000), &config));
        assert_eq!(opens, [false, false, true], "{config:?}");
    }
}

#[test]
fn the_first_call_could_open_a_window_that_needs_one() {
    let rate = CircuitConfig::new().failure_rate(0.5).slow_rate(0.5).min_calls(1);
    for config in [rate.window_calls(10), rate.window_time(Duration::from_secs(16))] {
        for (seen, opens) in [(GOOD, false), (BAD, true), (SLOW, true)] {
            let mut window = Window::new(&config);
            assert_eq!(window.could_open(seen, at(60_000), &config), opens, "{seen:?} in {window:?}");
            assert_eq!(window.record(seen, at(60_000), &config), opens, "{seen:?} in {window:?}");
        }
    }
}

#[test]
fn a_first_failure_could_not_open_a_window_that_needs_many() {
    let rate = CircuitConfig::new().failure_rate(0.5).slow_rate(0.5);
    for config in [
        rate.window_calls(10),
        rate.window_time(Duration::from_secs(16)),
        CircuitConfig::new().within(Duration::from_secs(16)),
    ] {
        assert!(!Window::new(&config).could_open(BAD, at(60_000), &config), "{config:?}");
    }
}

fn seen() -> impl Strategy<Value = Seen> {
    (any::<bool>(), any::<bool>()).prop_map(|(failed, slow)| Seen { failed, slow })
}

proptest! {
    #[test]
    fn a_window_of_calls_is_a_queue_of_them(size in 1..200_u32, calls in prop::collection::vec(seen(), 0..600)) {
        let config = CircuitConfig::new().failure_rate(0.5).window_calls(size).slow_rate(0.7);
        let mut window = Window::new(&config);
        let mut queue = VecDeque::new();
        for seen in calls {
            let could = window.could_open(seen, at(0), &config);
            let opens = window.record(seen, at(0), &config);
            queue.push_back(seen);
            if queue.len() > size as usize {
                queue.pop_front();
            }
            let failed = queue.iter().filter(|seen| seen.failed).count();
            let slow = queue.iter().filter(|seen| seen.slow).count();
            let enough = queue.len() >= (size as usize).min(20);
            prop_assert_eq!(opens, enough && (2 * failed >= queue.len() || 10 * slow >= 7 * queue.len()));
            prop_assert!(could || !opens, "it opened and said that it could not");
        }
    }

    #[test]
    fn a_harmless_call_is_recorded_as_any_other(
        calls in prop::collection::vec((prop::bool::weighted(0.3), prop::bool::weighted(0.1), 0..300_u64), 0..200),
    ) {
        let rates = CircuitConfig::new().failure_rate(0.5).slow_rate(0.7).min_calls(5);
        for config in [rates.window_calls(10), rates.window_time(Duration::from_millis(1600))] {
            let (mut short, mut long, mut now) = (Window::new(&config), Window::new(&config), 0);
            for &(failed, slow, step) in &calls {
                now += step;
                let seen = Seen { failed, slow };
                let could = long.could_open(seen, at(now), &config);
                let opens = long.record(seen, at(now), &config);
                prop_assert!(could || !opens, "it opened and said that it could not");
                let before = format!("{short:?}");
                if seen == GOOD && short.record_harmless(at(now), &config) {
                    prop_assert!(!opens);
                } else {
                    prop_assert_eq!(before, format!("{short:?}"), "it was recorded twice");
                    prop_assert_eq!(short.record(seen, at(now), &config), opens);
                }
                prop_assert_eq!(short.failures(at(now)), long.failures(at(now)));
                prop_assert_eq!(short.is_clean(at(now)), long.is_clean(at(now)));
                if opens {
                    short.clear();
                    long.clear();
                }
            }
        }
    }

    #[test]
    fn failures_within_a_time_are_those_moments(
        threshold in 1..8_u32,
        steps in prop::collection::vec(0..40_u64, 0..100),
    ) {
        let config = CircuitConfig::new().failure_threshold(threshold).within(Duration::from_millis(100));
        let mut window = Window::new(&config);
        let (mut now, mut moments) = (0, Vec::new());
        for step in steps {
            now += step;
            let could = window.could_open(BAD, at(now), &config);
            let opens = window.record(BAD, at(now), &config);
            moments.push(now);
            let young = moments.iter().filter(|moment| now - **moment <= 100).count();
            prop_assert_eq!(opens, young >= threshold as usize);
            prop_assert_eq!(could, opens);
        }
    }

    #[test]
    fn a_window_of_time_covers_between_fifteen_sixteenths_and_all_of_it(
        steps in prop::collection::vec((0..300_u64, any::<bool>()), 0..200),
    ) {
        let config = CircuitConfig::new().failure_rate(1.0).window_time(Duration::from_millis(1600));
        let mut window = Window::new(&config);
        let (mut now, mut moments) = (0, Vec::new());
        for (step, failed) in steps {
            now += step;
            window.record(Seen { failed, slow: false }, at(now), &config);
            if failed {
                moments.push(now);
            }
            let within = |millis| moments.iter().filter(|moment| now - **moment < millis).count();
            let counted = window.failures(at(now)) as usize;
            prop_assert!(within(1500) <= counted && counted <= within(1600));
        }
    }

    #[test]
    fn a_window_of_time_survives_any_clock_and_is_right_once_the_clock_is(
        wild in prop::collection::vec((any::<u64>(), seen()), 0..40),
        start in any::<u64>(),
        time in 1..u64::MAX,
        steps in prop::collection::vec((0..300_u64, any::<bool>()), 0..60),
    ) {
        let config = CircuitConfig::new().failure_rate(1.0).window_time(Duration::from_nanos(time));
        let mut window = Window::new(&config);
        for (now, seen) in wild.iter().copied() {
            let now = Nanos::new(now);
            let could = window.could_open(seen, now, &config);
            let before = window.failures(now);
            let opens = window.record(seen, now, &config);
            prop_assert!(could || !opens);
            prop_assert_eq!(window.failures(now), before + u32::from(seen.failed));
        }

        let config = CircuitConfig::new().failure_rate(1.0).window_time(Duration::from_millis(1600));
        let mut window = Window::new(&config);
        for (now, seen) in wild {
            window.record(seen, Nanos::new(now), &config);
        }
        // From here the clock goes on, and after two windows nothing is left of what was before.
        let (mut now, mut moments) = ((start / 2).max(1 << 50) / 1_000_000, Vec::new());
        window.record(GOOD, at(now), &config);
        now += 3201;
        for (step, failed) in steps {
            now += step;
            window.record(Seen { failed, slow: false }, at(now), &config);
            if failed {
                moments.push(now);
            }
            let within = |millis| moments.iter().filter(|moment| now - **moment < millis).count();
            let counted = window.failures(at(now)) as usize;
            prop_assert!(within(1500) <= counted && counted <= within(1600));
        }
    }
}
