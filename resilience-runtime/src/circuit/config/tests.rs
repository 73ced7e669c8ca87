use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_table_of_defaults_is_true() {
    let config = CircuitConfig::new();
    assert_eq!(config.threshold(), 5);
    assert_eq!(config.recovery_timeout, Nanos::of(30 * SECOND));
    assert_eq!(config.probe_time(), Nanos::of(30 * SECOND));
    let recovers_in = |time| config.recovery_timeout(time).probe_time();
    assert_eq!(
        recovers_in(SECOND),
        Nanos::of(30 * SECOND),
        "a trial may take longer than the recovery timeout"
    );
    assert_eq!(recovers_in(40 * SECOND), Nanos::of(40 * SECOND));
    assert_eq!(config.recovery_timeout(SECOND).probe_timeout(SECOND).probe_time(), Nanos::of(SECOND));
    assert_eq!((config.half_open_calls, config.success_threshold), (1, 1));
    assert_eq!(config.least_calls(), 20);
    assert_eq!(config.window_calls(7).least_calls(), 7);
    assert_eq!(config.within, None);
    assert_eq!(config.slow_call, None);
    assert_eq!(config.validate(), Ok(()));
    assert_eq!(config, CircuitConfig::default());
}

#[test]
fn a_value_that_makes_no_sense_by_itself_is_refused_when_it_is_set() {
    let new = CircuitConfig::new();
    let cases = [
        (new.try_failure_threshold(0), "failure_threshold"),
        (new.try_within(Duration::ZERO), "within"),
        (new.try_failure_rate(0.0), "failure_rate"),
        (new.try_failure_rate(1.5), "failure_rate"),
        (new.try_failure_rate(f64::NAN), "failure_rate"),
        (new.try_window_calls(0), "window"),
        (new.try_window_calls(u32::MAX), "window"),
        (new.try_window_time(Duration::ZERO), "window"),
        (new.try_min_calls(0), "min_calls"),
        (new.try_slow_call(Duration::ZERO), "slow_call"),
        (new.try_slow_rate(-0.1), "slow_rate"),
        (new.try_recovery_timeout(Duration::ZERO), "recovery_timeout"),
        (new.try_half_open_calls(0), "half_open_calls"),
        (new.try_success_threshold(0), "success_threshold"),
        (new.try_probe_timeout(Duration::ZERO), "probe_timeout"),
    ];
    for (result, option) in cases {
        assert_eq!(result.unwrap_err().option(), option);
    }
}

#[test]
fn a_contradiction_is_found_in_whatever_order_it_was_written() {
    let new = CircuitConfig::new();
    let cases = [
        (new.failure_rate(0.5), "failure_rate"),
        (new.slow_call(SECOND).slow_rate(0.5), "slow_rate"),
        (new.slow_rate(0.5).window_calls(9), "slow_rate"),
        (new.window_calls(9), "window"),
        (new.window_time(SECOND), "window"),
        (new.window_time(SECOND).window_calls(9).failure_rate(0.5), "window"),
        (new.min_calls(9), "min_calls"),
        (new.min_calls(10).failure_rate(0.5).window_calls(9), "min_calls"),
        (new.within(SECOND).failure_rate(0.5).window_calls(9), "within"),
        (new.failure_rate(0.5).window_calls(9).failure_threshold(3), "failure_threshold"),
        (new.failure_threshold(u32::MAX).within(SECOND), "failure_threshold"),
        (new.max_recovery_timeout(SECOND), "max_recovery_timeout"),
    ];
    for (config, option) in cases {
        assert_eq!(config.validate().unwrap_err().option(), option, "{config:?}");
    }
}

#[test]
fn settings_that_agree_are_accepted() {
    let new = CircuitConfig::new();
    for config in [
        new.failure_threshold(3).within(SECOND),
        new.failure_rate(0.5).window_calls(9).min_calls(9),
        new.min_calls(900).failure_rate(1.0).window_time(SECOND),
        new.slow_rate(0.8).slow_call(SECOND).window_calls(10),
        new.slow_call(SECOND).failure_threshold(u32::MAX),
        new.max_recovery_timeout(30 * SECOND),
        new.max_recovery_timeout(Duration::MAX).recovery_timeout(Duration::MAX).probe_timeout(Duration::MAX),
        new.half_open_calls(u32::MAX).success_threshold(u32::MAX),
    ] {
        assert_eq!(config.validate(), Ok(()), "{config:?}");
    }
}

#[test]
fn as_many_failures_as_can_be_remembered_may_be_within_a_time() {
    let most = CircuitConfig::new().within(SECOND).failure_threshold(CircuitConfig::MAX_REMEMBERED);
    assert_eq!(most.validate(), Ok(()));
    assert!(most.failure_threshold(CircuitConfig::MAX_REMEMBERED + 1).validate().is_err());
}

#[test]
fn an_option_complains_of_itself_and_the_constant_of_everything() {
    let wrong = CircuitConfig::new().failure_rate(0.5);
    let told = |at: &'static str, config: CircuitConfig| {
        let result = std::panic::catch_unwind(|| SetAt(at).agrees(config));
        result.map_err(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default())
    };
    let complaint = wrong.validate().unwrap_err().message().to_owned();
    for at in ["failure_rate", "config"] {
        assert_eq!(told(at, wrong), Err(complaint.clone()), "at {at}");
        assert_eq!(told(at, CircuitConfig::new()), Ok(CircuitConfig::new()), "at {at}");
    }
    for at in ["", "window", "failure_rat", "failure_rata", "xailure_rate", "confih"] {
        assert_eq!(told(at, wrong), Ok(wrong), "at {at}");
    }
}

#[test]
fn a_configuration_is_shown_as_its_options_are_written() {
    let new = CircuitConfig::new();
    let cases = [
        (new, "CircuitConfig { failure_threshold: 5, recovery_timeout: 30s }"),
        (
            new.failure_threshold(3)
                .within(60 * SECOND)
                .max_recovery_timeout(Duration::MAX)
                .half_open_calls(2),
            "CircuitConfig { failure_threshold: 3, within: 60s, recovery_timeout: 30s, \
             max_recovery_timeout: forever, half_open_calls: 2 }",
        ),
        (
            new.failure_rate(0.5).window_calls(100).min_calls(10).success_threshold(3),
            "CircuitConfig { failure_rate: 50%, window: 100, min_calls: 10, recovery_timeout: 30s, \
             success_threshold: 3 }",
        ),
        (
            new.slow_call(2 * SECOND).slow_rate(2.0 / 3.0).window_time(30 * SECOND).probe_timeout(SECOND),
            "CircuitConfig { window: 30s, slow_call: 2s, slow_rate: 0.6666666666666666, recovery_timeout: 30s, \
             probe_timeout: 1s }",
        ),
        (
            new.slow_call(SECOND).recovery_timeout(Duration::MAX),
            "CircuitConfig { failure_threshold: 5, slow_call: 1s, recovery_timeout: forever }",
        ),
    ];
    for (config, text) in cases {
        assert_eq!(format!("{config:?}"), text);
    }
}

#[test]
fn what_is_wrong_with_a_configuration_is_said_with_its_values() {
    let new = CircuitConfig::new();
    let cases = [
        (
            new.try_failure_rate(1.5).map(drop),
            "`failure_rate` must be above 0 and at most 1 (100%) (found `failure_rate = 1.5`)",
        ),
        (
            new.try_window_calls(u32::MAX).map(drop),
            "a `window` of calls must hold at least 1 call and at most 1048576 (found `window = 4294967295`)",
        ),
        (
            new.max_recovery_timeout(SECOND).validate(),
            "`max_recovery_timeout` is shorter than `recovery_timeout`, which it is to bound (found \
             `max_recovery_timeout = 1s`, `recovery_timeout = 30s`)",
        ),
        (
            new.failure_rate(0.5).failure_threshold(3).validate(),
            "`failure_threshold` counts failures, a rate weighs them: leave one of them out (found \
             `failure_threshold = 3`, `failure_rate = 0.5`)",
        ),
        (
            new.window_calls(9).window_time(SECOND).validate(),
            "a `window` holds either calls or time, not both (found `window = 9`, `window = 1s`)",
        ),
    ];
    for (result, text) in cases {
        assert_eq!(result.unwrap_err().to_string(), text);
    }
}
