//! What is serialized is read back as the same value, in JSON and in TOML.

use std::fmt::Debug;
use std::time::Duration;

use proptest::prelude::*;
use resilience::{Backoff, CircuitConfig, CircuitState, Jitter, PollPolicy, RetryPolicy};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// TOML has tables at its root only.
#[derive(Serialize, serde::Deserialize, PartialEq, Debug)]
struct Root<T> {
    value: T,
}

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) -> Result<(), TestCaseError> {
    let json = serde_json::to_string(&value).expect("it can be written");
    let read: T =
        serde_json::from_str(&json).map_err(|error| TestCaseError::fail(format!("{error}: {json}")))?;
    prop_assert_eq!(&read, &value, "{}", json);
    let root = Root { value };
    let toml = toml::to_string(&root).expect("it can be written");
    let read: Root<T> =
        toml::from_str(&toml).map_err(|error| TestCaseError::fail(format!("{error}: {toml}")))?;
    prop_assert_eq!(read, root, "{}", toml);
    Ok(())
}

fn times() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (1..=u64::MAX - 1).prop_map(Duration::from_nanos),
        (1..100_000_u64).prop_map(Duration::from_millis),
        (1..10_000_u64).prop_map(Duration::from_secs),
        Just(Duration::MAX),
    ]
}

/// Numbers with four decimals. By default, `serde_json` reads longer ones with a rounding error.
fn decimals(range: std::ops::RangeInclusive<u32>) -> impl Strategy<Value = f64> + Clone {
    range.prop_map(|number| f64::from(number) / 10_000.0)
}

fn jitters() -> impl Strategy<Value = Jitter> {
    prop_oneof![
        Just(Jitter::None),
        Just(Jitter::Full),
        Just(Jitter::Equal),
        Just(Jitter::Decorrelated),
        decimals(0..=10_000).prop_map(Jitter::Ratio),
    ]
}

fn backoffs() -> impl Strategy<Value = Backoff> {
    let growths = prop::sample::select(vec![
        Backoff::constant,
        Backoff::linear,
        Backoff::exponential,
        Backoff::fibonacci,
        Backoff::decorrelated as fn(Duration) -> Backoff,
    ]);
    let parts =
        (growths, times(), prop::option::of(decimals(10_000..=99_999)), prop::option::of(times()), jitters());
    parts.prop_map(|(growth, base, factor, cap, jitter)| {
        let mut backoff = growth(base);
        for part in [
            cap.and_then(|cap| backoff.try_max(cap).ok()),
            factor.and_then(|factor| backoff.try_factor(factor).ok()),
        ] {
            backoff = part.unwrap_or(backoff);
        }
        backoff.try_jitter(jitter).unwrap_or(backoff)
    })
}

fn retry_policies() -> impl Strategy<Value = RetryPolicy> {
    let parts = (prop::option::of(1_u32..), backoffs(), prop::option::of(times()), prop::option::of(times()));
    parts.prop_map(|(times, backoff, deadline, attempt_timeout)| {
        let policy = times.map_or(RetryPolicy::new().forever(), |times| RetryPolicy::new().times(times));
        let policy = policy.backoff(backoff);
        let policy = deadline.map_or(policy, |deadline| policy.deadline(deadline));
        attempt_timeout.and_then(|timeout| policy.try_attempt_timeout(timeout).ok()).unwrap_or(policy)
    })
}

fn poll_policies() -> impl Strategy<Value = PollPolicy> {
    let limits = (prop::option::of(times()), times(), times(), times());
    let counts = (prop::option::of(1_u32..), prop::option::of(1_u32..));
    (limits, counts, backoffs()).prop_map(|((timeout, delay, hold, attempt), (times, ignored), backoff)| {
        let mut policy = PollPolicy::new().backoff(backoff);
        policy = timeout.map_or(policy, |timeout| policy.timeout(timeout));
        policy = times.map_or(policy, |times| policy.times(times));
        policy = ignored.map_or(policy, |ignored| policy.max_ignored(ignored));
        policy = policy.try_initial_delay(delay).unwrap_or(policy);
        policy = policy.try_hold_for(hold).unwrap_or(policy);
        policy.try_attempt_timeout(attempt).unwrap_or(policy)
    })
}

fn configs() -> impl Strategy<Value = CircuitConfig> {
    let rates = decimals(1..=10_000);
    let new = CircuitConfig::new();
    let trip = prop_oneof![
        (1..1000_u32).prop_map(move |failures| new.failure_threshold(failures)),
        (1..1000_u32, times()).prop_map(move |(failures, time)| new.failure_threshold(failures).within(time)),
        (rates.clone(), 1..1000_u32)
            .prop_map(move |(rate, calls)| new.failure_rate(rate).window_calls(calls)),
        (1..=64_u32, times()).prop_map(move |(whole, time)| {
            new.failure_rate(1.0 / f64::from(whole)).window_time(time).min_calls(whole)
        }),
        (rates, times(), 1..1000_u32)
            .prop_map(move |(rate, slow, calls)| new.slow_rate(rate).slow_call(slow).window_calls(calls)),
    ];
    (trip, times(), prop::option::of(times()), 1..9_u32, 1..9_u32, prop::option::of(times())).prop_map(
        |(config, recovery, longest, calls, successes, probe)| {
            let mut config =
                config.recovery_timeout(recovery).half_open_calls(calls).success_threshold(successes);
            config = probe.map_or(config, |probe| config.probe_timeout(probe));
            let longest = longest.filter(|longest| *longest >= recovery);
            longest.map_or(config, |longest| config.max_recovery_timeout(longest))
        },
    )
}

proptest! {
    #[test]
    fn a_backoff_is_read_back(backoff in backoffs()) {
        check(backoff)?;
    }

    #[test]
    fn a_jitter_is_read_back(jitter in jitters()) {
        check(jitter)?;
    }

    #[test]
    fn a_retry_policy_is_read_back(policy in retry_policies()) {
        check(policy)?;
    }

    #[test]
    fn a_poll_policy_is_read_back(policy in poll_policies()) {
        check(policy)?;
    }

    #[test]
    fn a_configuration_of_a_circuit_is_read_back(config in configs()) {
        check(config)?;
    }
}

#[test]
fn every_state_is_read_back() {
    let states = ["closed", "open", "half_open", "forced_open", "disabled", "metrics_only"];
    for name in states {
        let state: CircuitState = serde_json::from_str(&format!("{name:?}")).unwrap();
        assert_eq!(state.as_str(), name);
        check(state).unwrap();
    }
}
