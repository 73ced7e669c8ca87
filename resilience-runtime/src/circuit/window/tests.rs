use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::circuit::CircuitConfig;
use crate::circuit::rules::Rules;

const GOOD: Seen = Seen { failed: false, slow: false };
const BAD: Seen = Seen { failed: true, slow: false };
const SLOW: Seen = Seen { failed: false, slow: true };

fn at(millis: u64) -> Nanos {
    Nanos::of(Duration::from_millis(millis))
}

/// A window with its rule.
#[derive(Debug)]
struct Kept {
    window: Window,
    trip: Trip,
}

impl Kept {
    fn new(config: &CircuitConfig) -> Self {
        let trip = Rules::of(config).trip;
        Self { window: Window::new(&trip), trip }
    }

    fn record(&mut self, seen: Seen, now: Nanos) -> bool {
        self.window.record(seen, &self.trip, || now).trips
    }

    fn failures(&self, now: Nanos) -> u32 {
        self.window.failures(now)
    }

    fn counts_successes(&self) -> bool {
        self.window.counts_successes()
    }

    fn is_good(&self, now: Nanos) -> bool {
        self.window.is_good(now)
    }
}

/// The number of these calls that opens the circuit.
fn until_open(window: &mut Kept, seen: Seen) -> u32 {
    (1..1000).find(|_| window.record(seen, at(0))).unwrap()
}

#[test]
fn after_ten_thousand_successes_a_window_of_100_opens_at_the_50th_failure() {
    let config = CircuitConfig::new().failure_rate(0.5).window_calls(100);
    let mut window = Kept::new(&config);
    for _ in 0..10_000 {
        assert!(!window.record(GOOD, at(0)));
    }
    assert!(!window.counts_successes());
    assert_eq!(until_open(&mut window, BAD), 50);
}

#[test]
fn a_rate_means_nothing_before_min_calls() {
    let config = CircuitConfig::new().failure_rate(0.5).window_calls(100).min_calls(10);
    assert_eq!(until_open(&mut Kept::new(&config), BAD), 10);
    let config = CircuitConfig::new().slow_call(Duration::MAX).slow_rate(0.8).window_calls(5);
    assert_eq!(until_open(&mut Kept::new(&config), SLOW), 5);
}

#[test]
fn a_bad_call_that_slides_out_is_forgotten() {
    let config = CircuitConfig::new().failure_rate(0.3).window_calls(10);
    let mut window = Kept::new(&config);
    for _ in 0..20 {
        assert!(!window.record(BAD, at(0)) || window.failures(at(0)) > 2);
        for _ in 0..9 {
            window.record(GOOD, at(0));
        }
        assert_eq!(window.failures(at(0)), 1);
    }
    window.record(GOOD, at(0));
    assert!(!window.counts_successes(), "all ten are good");
}

#[test]
fn one_failure_a_minute_never_opens_a_window_of_30_seconds() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(30)).min_calls(2);
    let mut window = Kept::new(&config);
    for minute in 0..1000 {
        assert!(!window.record(BAD, at(minute * 60_000)), "at minute {minute}");
    }
}

#[test]
fn a_window_of_time_opens_at_its_rate_and_forgets_within_its_time() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(4);
    let mut window = Kept::new(&config);
    assert!(!window.record(BAD, at(0)));
    assert!(!window.record(BAD, at(5_000)));
    assert!(!window.record(BAD, at(10_000)));
    assert!(!window.record(GOOD, at(20_000)), "the first has gone, three are left");
    assert_eq!(window.failures(at(20_000)), 2);
    assert!(window.record(BAD, at(20_000)));
    assert_eq!(window.failures(at(200_000)), 0);
}

#[test]
fn failures_within_a_time_are_counted_through_successes() {
    let config = CircuitConfig::new().failure_threshold(3).within(Duration::from_secs(60));
    let mut window = Kept::new(&config);
    assert!(!window.record(BAD, at(0)));
    assert!(!window.record(BAD, at(30_000)));
    assert!(!window.record(GOOD, at(30_000)));
    assert!(!window.record(BAD, at(60_001)), "the first is older than a minute");
    assert_eq!(window.failures(at(60_001)), 2);
    assert!(window.record(BAD, at(90_000)), "30 s, 60 s and 90 s");
}

#[test]
fn the_longest_times_and_a_clock_that_goes_back_do_not_panic() {
    for config in [
        CircuitConfig::new().failure_rate(0.5).window_time(Duration::MAX),
        CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_nanos(1)),
        CircuitConfig::new().within(Duration::MAX),
    ] {
        let mut window = Kept::new(&config);
        for now in [Nanos::NEVER, Nanos::ZERO, Nanos::new(1 << 62), Nanos::ZERO] {
            window.record(BAD, now);
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
fn a_window_of_time_does_not_stay_in_a_future_that_the_clock_has_left() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(2);
    for (before, after) in [(1_000_000, 0), (1_000_000, 983_000), (u64::MAX / 1_000_000, 5_000)] {
        let mut window = Kept::new(&config);
        assert!(!window.record(BAD, at(before)));
        assert_eq!(window.failures(at(after)), 0, "nobody knows how long ago that was");
        assert!(!window.record(BAD, at(after)), "from {before} to {after}");
        assert!(!window.record(BAD, at(after + 17_000)), "what came after is forgotten in time");
        assert!(window.record(BAD, at(after + 18_000)), "and counted");
    }
}

#[test]
fn a_moment_that_lies_behind_by_less_than_a_window_counts_as_now() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(2);
    let mut window = Kept::new(&config);
    assert!(!window.record(BAD, at(100_000)));
    assert_eq!(window.failures(at(90_000)), 1);
    assert!(window.record(BAD, at(90_000)), "as of two threads, the slower of which comes later");
    assert_eq!(window.failures(at(117_000)), 0);
}

#[test]
fn a_window_of_calls_ignores_successes_while_it_is_full_and_good() {
    let calls = CircuitConfig::new().failure_rate(0.5).window_calls(2);
    let mut window = Kept::new(&calls);
    let mut told = Vec::new();
    for seen in [GOOD, GOOD, BAD, GOOD, GOOD, SLOW] {
        window.record(seen, at(0));
        told.push(!window.counts_successes());
    }
    assert_eq!(told, [false, true, false, false, true, false]);
    let time = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16));
    let mut window = Kept::new(&time);
    window.record(GOOD, at(0));
    assert!(window.counts_successes(), "a window of time forgets");
}

#[test]
fn a_window_is_good_until_something_bad_is_in_it() {
    let rate = CircuitConfig::new().failure_rate(0.5);
    for config in [
        rate.window_calls(10),
        rate.window_time(Duration::from_secs(16)),
        CircuitConfig::new().within(Duration::from_secs(16)),
    ] {
        let mut window = Kept::new(&config);
        window.record(GOOD, at(60_000));
        assert!(window.is_good(at(60_000)), "{window:?}");
        window.record(BAD, at(60_000));
        assert!(!window.is_good(at(60_000)), "{window:?}");
    }
}

#[test]
fn consecutive_failures_are_counted_without_a_look_at_the_time_and_a_success_clears_them() {
    let trip = Trip::InARow(3);
    let mut window = Window::new(&trip);
    let mut trips = |seen| window.record(seen, &trip, || unreachable!("the time does not matter")).trips;
    assert_eq!([BAD, BAD, GOOD, BAD, BAD, BAD].map(&mut trips), [false, false, false, false, false, true]);
    assert!(window.counts_successes() && !Window::new(&trip).counts_successes());
}

#[test]
fn successes_are_counted_elsewhere_only_where_they_trip_nothing() {
    let config = CircuitConfig::new().failure_rate(0.5).window_time(Duration::from_secs(16)).min_calls(3);
    let mut window = Kept::new(&config);
    assert_eq!(window.window.open_slot(&window.trip), None, "there is no slot before the first call");
    window.record(GOOD, at(60_500));
    let slot = Slot { from: at(61_000 - 17_000), until: at(61_000), most: u32::MAX };
    assert_eq!(window.window.open_slot(&window.trip), Some(slot));
    window.record(BAD, at(60_500));
    assert_eq!(window.window.open_slot(&window.trip), None, "the third call makes it a rate");
    window.record(GOOD, at(60_500));
    assert_eq!(window.window.open_slot(&window.trip), Some(slot));
    let strict = Rules::of(&config.failure_rate(0.2)).trip;
    assert_eq!(window.window.open_slot(&strict), None, "a stricter rate is reached already");
    let mut calls = Kept::new(&CircuitConfig::new().failure_rate(0.5).window_calls(3));
    assert_eq!(
        calls.window.open_slot(&calls.trip),
        Some(Slot::of_calls(3)),
        "there is nothing that could trip"
    );
    for seen in [GOOD, BAD] {
        calls.record(seen, at(0));
    }
    assert_eq!(calls.window.open_slot(&calls.trip), None, "the third call makes it a rate");
    calls.window.add_successes(1);
    assert_eq!(calls.window.open_slot(&calls.trip), Some(Slot::of_calls(3)));
    calls.window.add_successes(2);
    assert_eq!(calls.window.open_slot(&calls.trip), None, "a success has nothing to do");
    assert!(!calls.counts_successes());
}

fn seen() -> impl Strategy<Value = Seen> {
    (any::<bool>(), any::<bool>()).prop_map(|(failed, slow)| Seen { failed, slow })
}

proptest! {
    #[test]
    fn a_window_of_calls_is_a_queue_of_them(size in 1..200_u32, calls in prop::collection::vec(seen(), 0..600)) {
        let config = CircuitConfig::new().failure_rate(0.5).window_calls(size).slow_rate(0.7);
        let mut window = Kept::new(&config);
        let mut queue = VecDeque::new();
        for seen in calls {
            let opens = window.record(seen, at(0));
            queue.push_back(seen);
            if queue.len() > size as usize {
                queue.pop_front();
            }
            let failed = queue.iter().filter(|seen| seen.failed).count();
            let slow = queue.iter().filter(|seen| seen.slow).count();
            let enough = queue.len() >= (size as usize).min(20);
            prop_assert_eq!(opens, enough && (2 * failed >= queue.len() || 10 * slow >= 7 * queue.len()));
        }
    }

    #[test]
    fn failures_within_a_time_are_those_moments(
        threshold in 1..8_u32,
        steps in prop::collection::vec(0..40_u64, 0..100),
    ) {
        let config = CircuitConfig::new().failure_threshold(threshold).within(Duration::from_millis(100));
        let mut window = Kept::new(&config);
        let (mut now, mut moments) = (0, Vec::new());
        for step in steps {
            now += step;
            let opens = window.record(BAD, at(now));
            moments.push(now);
            let young = moments.iter().filter(|moment| now - **moment <= 100).count();
            prop_assert_eq!(opens, young >= threshold as usize);
        }
    }

    #[test]
    fn a_window_of_time_covers_between_fifteen_sixteenths_and_all_of_it(
        steps in prop::collection::vec((0..300_u64, any::<bool>()), 0..200),
    ) {
        let config = CircuitConfig::new().failure_rate(1.0).window_time(Duration::from_millis(1600));
        let mut window = Kept::new(&config);
        let (mut now, mut moments) = (0, Vec::new());
        for (step, failed) in steps {
            now += step;
            window.record(Seen { failed, slow: false }, at(now));
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
        let mut window = Kept::new(&config);
        for (now, seen) in wild.iter().copied() {
            let now = Nanos::new(now);
            let before = window.failures(now);
            window.record(seen, now);
            prop_assert_eq!(window.failures(now), before + u32::from(seen.failed));
        }

        let config = CircuitConfig::new().failure_rate(1.0).window_time(Duration::from_millis(1600));
        let mut window = Kept::new(&config);
        for (now, seen) in wild {
            window.record(seen, Nanos::new(now));
        }
        // From here on the clock advances. After two windows, no earlier call is left.
        let (mut now, mut moments) = ((start / 2).max(1 << 50) / 1_000_000, Vec::new());
        window.record(GOOD, at(now));
        now += 3201;
        for (step, failed) in steps {
            now += step;
            window.record(Seen { failed, slow: false }, at(now));
            if failed {
                moments.push(now);
            }
            let within = |millis| moments.iter().filter(|moment| now - **moment < millis).count();
            let counted = window.failures(at(now)) as usize;
            prop_assert!(within(1500) <= counted && counted <= within(1600));
        }
    }

    #[test]
    fn successes_of_a_window_of_calls_that_are_added_later_are_recorded_as_any_others(
        size in 1..100_u32,
        turns in prop::collection::vec((0..255_u32, seen()), 0..60),
    ) {
        let config = CircuitConfig::new().failure_rate(0.5).slow_call(Duration::MAX).slow_rate(0.7);
        let config = config.window_calls(size);
        let (mut late, mut prompt) = (Kept::new(&config), Kept::new(&config));
        for (successes, seen) in turns {
            let is_open = late.window.open_slot(&late.trip).is_some();
            let trips = (0..successes).filter(|_| prompt.record(GOOD, at(0))).count();
            if is_open {
                prop_assert_eq!(trips, 0);
                late.window.add_successes(successes);
            } else {
                (0..successes).for_each(|_| _ = late.record(GOOD, at(0)));
            }
            prop_assert_eq!(late.window.tally(at(0)), prompt.window.tally(at(0)));
            prop_assert_eq!(late.counts_successes(), prompt.counts_successes());
            prop_assert_eq!(late.record(seen, at(0)), prompt.record(seen, at(0)));
        }
    }

    #[test]
    fn a_success_counted_elsewhere_is_recorded_as_any_other(
        calls in prop::collection::vec((prop::bool::weighted(0.3), prop::bool::weighted(0.1), 0..300_u64), 0..200),
    ) {
        let config = CircuitConfig::new().failure_rate(0.5).slow_call(Duration::MAX).slow_rate(0.7).min_calls(5);
        let config = config.window_time(Duration::from_millis(1600));
        let (mut short, mut long, mut now) = (Kept::new(&config), Kept::new(&config), 0);
        for (failed, slow, step) in calls {
            now += step;
            let seen = Seen { failed, slow };
            let trips = long.record(seen, at(now));
            let slot = short.window.open_slot(&short.trip).filter(|slot| slot.from <= at(now) && at(now) < slot.until);
            if seen == GOOD && slot.is_some() {
                prop_assert!(!trips);
                short.window.add_successes(1);
            } else {
                prop_assert_eq!(short.record(seen, at(now)), trips);
            }
            prop_assert_eq!(short.window.tally(at(now)), long.window.tally(at(now)));
            if trips {
                (short, long) = (Kept::new(&config), Kept::new(&config));
            }
        }
    }
}
