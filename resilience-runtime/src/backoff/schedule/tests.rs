use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::backoff::Jitter;

const MS: Duration = Duration::from_millis(1);
const CHANCES: [Chance; 3] = [Chance::LEAST, Chance::scripted(1 << 63), Chance::MOST];

fn first(backoff: Backoff, count: usize) -> Vec<u64> {
    let mut state = DelayState::NONE;
    (0..).map(|step| backoff.wait(step, &mut state, Chance::MOST).get() / 1_000_000).take(count).collect()
}

fn once(backoff: Backoff, chance: Chance) -> Nanos {
    let mut state = DelayState::NONE;
    backoff.wait(0, &mut state, chance)
}

#[test]
fn each_shape_waits_as_its_table_says() {
    assert_eq!(first(Backoff::constant(7 * MS), 3), [7, 7, 7]);
    assert_eq!(first(Backoff::linear(7 * MS), 3), [7, 14, 21]);
    assert_eq!(first(Backoff::exponential(7 * MS), 4), [7, 14, 28, 56]);
    assert_eq!(first(Backoff::exponential(100 * MS).factor(1.5), 4), [100, 150, 225, 337]);
    assert_eq!(first(Backoff::fibonacci(7 * MS), 7), [7, 7, 14, 21, 35, 56, 91]);
    assert_eq!(first(Backoff::decorrelated(7 * MS), 4), [21, 63, 189, 567]);
    assert_eq!(first(Backoff::exponential(7 * MS).max(20 * MS), 4), [7, 14, 20, 20]);
}

#[test]
fn each_jitter_reaches_both_its_ends() {
    let table = [
        (Jitter::None, 100, 100),
        (Jitter::Full, 0, 100),
        (Jitter::Equal, 50, 100),
        (Jitter::Ratio(0.25), 75, 125),
        (Jitter::Ratio(0.0), 100, 100),
        (Jitter::Ratio(1.0), 0, 200),
    ];
    for (jitter, low, high) in table {
        let backoff = Backoff::constant(100 * MS).jitter(jitter);
        let ends = [Chance::LEAST, Chance::MOST].map(|chance| once(backoff, chance).to_duration());
        assert_eq!(ends, [low * MS, high * MS], "{jitter:?}");
    }
}

#[test]
fn a_ratio_at_the_cap_is_spread_below_it() {
    let backoff = Backoff::exponential(MS).max(125 * MS).jitter(Jitter::Ratio(0.25));
    let mut state = DelayState::of(u64::MAX);
    let ends = [Chance::LEAST, Chance::MOST].map(|c| backoff.wait(u32::MAX, &mut state, c).to_duration());
    assert!(ends[0].abs_diff(75 * MS) <= Duration::from_nanos(2), "{ends:?}");
    assert!(ends[1].abs_diff(125 * MS) <= Duration::from_nanos(2) && ends[1] <= 125 * MS, "{ends:?}");
}

#[test]
fn smoothed_waits_follow_the_published_formula() {
    let backoff = Backoff::exponential(1000 * MS).jitter(Jitter::Decorrelated);
    let mut state = DelayState::NONE;
    let half = Chance::scripted(1 << 63);
    let waits: Vec<f64> =
        (0..4).map(|n| backoff.wait(n, &mut state, half).to_duration().as_secs_f64()).collect();
    let curve = |t: f64| 2_f64.powf(t) * (4.0 * t).sqrt().tanh();
    for (n, wait) in (0_u32..).zip(&waits) {
        let t = f64::from(n) + 0.5;
        let before = if n == 0 { 0.0 } else { curve(t - 1.0) };
        assert!((wait - (curve(t) - before) / 1.4).abs() < 1e-6, "{waits:?}");
    }
}

/// The combinations of growth and jitter, with a base of `base` nanoseconds and a cap.
fn capped(growth: usize, jitter: usize, base: u64, cap: u64) -> Backoff {
    let base = Duration::from_nanos(base);
    let plain = match growth {
        0 => Backoff::constant(base),
        1 => Backoff::linear(base),
        2 => Backoff::exponential(base),
        3 => Backoff::fibonacci(base),
        _ => return Backoff::decorrelated(base).max(Duration::from_nanos(cap)),
    };
    let jitter = match jitter {
        0 => Jitter::None,
        1 => Jitter::Full,
        2 => Jitter::Equal,
        3 => Jitter::Ratio(0.3),
        _ if growth == 2 => Jitter::Decorrelated,
        _ => Jitter::Ratio(1.0),
    };
    plain.max(Duration::from_nanos(cap)).jitter(jitter)
}

proptest! {
    #[test]
    fn no_wait_is_above_the_cap_at_any_step(
        growth in 0_usize..5, jitter in 0_usize..5, base in 0_u64..1 << 62, room in 0_u64..1 << 62,
        step in prop_oneof![0_u32..200, Just(u32::MAX)], remembered in any::<u64>(), draw in any::<u64>(),
    ) {
        let cap = base + room;
        let backoff = capped(growth, jitter, base, cap);
        // The state of a schedule is itself capped, except for the formula's floats.
        let smoothed = growth == 2 && jitter == 4;
        let mut state = DelayState::of(if smoothed { f64::from(u32::try_from(remembered >> 32).unwrap()).to_bits() } else { remembered.min(cap) });
        prop_assert!(backoff.wait(step, &mut state, Chance::scripted(draw)).get() <= cap);
    }

    #[test]
    fn without_jitter_waits_never_shrink(
        growth in 0_usize..4, base in 0_u64..1 << 40, room in 0_u64..1 << 62, factor in 1.0_f64..5.0,
    ) {
        let mut backoff = capped(growth, 0, base, base + room);
        if growth == 2 {
            backoff = backoff.factor(factor);
        }
        let mut state = DelayState::NONE;
        let mut before = Nanos::ZERO;
        for step in 0..200 {
            let wait = backoff.wait(step, &mut state, Chance::MOST);
            prop_assert!(wait >= before);
            before = wait;
        }
    }

    #[test]
    fn with_jitter_waits_at_the_cap_are_not_a_single_point(
        growth in 0_usize..5, jitter in 1_usize..5, base in 1_u64..1 << 20,
    ) {
        let cap = base * 1000;
        let backoff = capped(growth, jitter, base, cap);
        let at_the_cap = if growth == 0 { base } else { cap };
        let smoothed = growth == 2 && jitter == 4;
        let waits = CHANCES.map(|chance| {
            let mut state = DelayState::of(if smoothed { 0 } else { at_the_cap });
            backoff.wait(u32::MAX, &mut state, chance)
        });
        // A delay of a few nanoseconds is too short to be spread.
        prop_assume!(at_the_cap > 8);
        prop_assert!(waits[0] < waits[1] && waits[1] < waits[2], "{waits:?}");
    }

    #[test]
    fn uncapped_waits_saturate_at_never(growth in 1_usize..4, base in (1_u64 << 33)..1 << 62) {
        let base = Duration::from_nanos(base);
        let backoff = [Backoff::linear(base), Backoff::exponential(base), Backoff::fibonacci(base)][growth - 1];
        let mut state = DelayState::of(u64::MAX);
        prop_assert!(backoff.wait(u32::MAX, &mut state, Chance::MOST).is_never());
    }
}

#[test]
fn a_smoothed_wait_that_is_exactly_the_cap_is_spread_below_it() {
    let backoff = Backoff::exponential(Duration::from_secs(1)).jitter(Jitter::Decorrelated);
    let late = Chance::scripted(u64::MAX / 10 * 9);
    let wait = once(backoff, late);
    assert!(once(backoff.max(wait.to_duration()), late) < wait);
}

#[test]
fn a_decorrelated_wait_without_a_cap_is_long_but_not_never() {
    let backoff = Backoff::decorrelated(Duration::from_nanos(1 << 63));
    assert_eq!(once(backoff, Chance::MOST), Nanos::new(u64::MAX - 1));
}

#[test]
fn a_base_of_never_is_never() {
    for backoff in [
        Backoff::constant(Duration::MAX).jitter(Jitter::Full),
        Backoff::linear(Duration::MAX),
        Backoff::exponential(Duration::MAX).factor(f64::MAX).jitter(Jitter::Ratio(1.0)),
        Backoff::fibonacci(Duration::MAX).jitter(Jitter::Equal),
        Backoff::decorrelated(Duration::MAX),
    ] {
        for chance in CHANCES {
            assert!(once(backoff, chance).is_never(), "{backoff:?}");
        }
    }
}
