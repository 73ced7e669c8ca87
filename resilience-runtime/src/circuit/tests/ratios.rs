use super::*;

/// The number of failed or slow calls that opens a circuit with a window of `n` calls, after `good` successes.
fn opens_after(config: CircuitConfig, good: u32, bad: impl Fn(&CircuitBreaker, &ManualClock)) -> Option<u32> {
    let clock = ManualClock::install();
    let circuit = breaker(config);
    succeed(&circuit, good);
    for number in 1..=64 {
        bad(&circuit, &clock);
        if circuit.state() == CircuitState::Open {
            return Some(number);
        }
    }
    None
}

#[test]
fn every_ratio_of_up_to_64_calls_is_reached_by_the_failure_that_makes_it() {
    for n in 1..=64_u32 {
        for k in 1..=n {
            let config = CircuitConfig::new().failure_rate(f64::from(k) / f64::from(n)).min_calls(n);
            for config in [config.window_calls(n), config.window_time(SECOND)] {
                let opened = opens_after(config, n - k, |circuit, _| fail(circuit, 1));
                assert_eq!(opened, Some(k), "{k} of {n}: {config:?}");
            }
        }
    }
}

#[test]
fn every_ratio_of_up_to_64_calls_is_reached_by_the_slow_call_that_makes_it() {
    let slow = CircuitConfig::new().slow_call(SECOND);
    for n in 1..=64_u32 {
        for k in 1..=n {
            let config = slow.slow_rate(f64::from(k) / f64::from(n)).min_calls(n);
            for config in [config.window_calls(n), config.window_time(1000 * SECOND)] {
                let opened = opens_after(config, n - k, |circuit, clock| {
                    let permit = circuit.try_acquire().unwrap();
                    clock.advance(SECOND);
                    permit.success();
                });
                assert_eq!(opened, Some(k), "{k} of {n}: {config:?}");
            }
        }
    }
}
