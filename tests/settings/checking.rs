//! What is wrong in a file is reported at once, each by its dotted path.

use resilience::settings::Overrides;
use resilience::{RetryPolicy, TimedOut, circuit, poll, retry};

use crate::{alone, errors, read};

const POLICY: RetryPolicy = RetryPolicy::new();

#[retry(times = 2, deadline = 10s, interval = 1s, name = "check.limited")]
fn limited() -> std::io::Result<()> {
    Ok(())
}

#[retry(name = "check.unlimited")]
fn unlimited() -> std::io::Result<()> {
    Ok(())
}

#[retry(policy = POLICY, name = "check.policy")]
fn with_policy() -> std::io::Result<()> {
    Ok(())
}

#[retry(times = N, name = "check.generic")]
fn generic<const N: u32>() -> std::io::Result<()> {
    Ok(())
}

#[retry]
fn unnamed() -> std::io::Result<()> {
    Ok(())
}

#[poll(until(1), hold_for = 2s, name = "check.report")]
fn report() -> Result<u32, TimedOut> {
    Ok(1)
}

#[circuit(name = "check payments", failure_threshold = 3)]
fn pay() -> std::io::Result<()> {
    Ok(())
}

#[circuit(name = "check.deep.name")]
fn deep() -> std::io::Result<()> {
    Ok(())
}

fn at(name: &str) -> String {
    let mut sites = resilience::telemetry::sites();
    let site = sites.find(|site| site.name() == name).expect("it is listed");
    format!("at tests/settings/checking.rs:{}", site.line())
}

/// The order in a table is that of the format, which sorts keys.
fn check(toml: &str, expected: &str) {
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&errors(toml)), sorted(expected), "{toml}");
}

#[test]
fn every_error_is_reported_with_its_path_and_a_remedy() {
    let _alone = alone();
    limited().unwrap();
    unlimited().unwrap();
    with_policy().unwrap();
    generic::<1>().unwrap();
    unnamed().unwrap();
    report().unwrap();
    for (toml, expected) in [
        ("[retry.'check.limted']", "retry.\"check.limted\": unknown name `check.limted`; did you mean `check.limited`?".to_owned()),
        (
            "[poll.'check.limited']",
            format!(
                "poll.\"check.limited\": `check.limited` is a `retry`, {}; write `retry.\"check.limited\"`",
                at("check.limited")
            ),
        ),
        ("[circuit.'check pay']", "circuit.\"check pay\": unknown name `check pay`; no `#[circuit]` has it".to_owned()),
        (
            "[retry.'settings::checking::unnamed']\ntimes = 1",
            format!(
                "retry.\"settings::checking::unnamed\": only functions with a `name` can be overridden; add `name = \
                 \"..\"` to the attribute {}",
                at("settings::checking::unnamed")
            ),
        ),
        ("[retrys.'check.limited']", "retrys.\"check.limited\": unknown kind `retrys`; did you mean `retry`?".to_owned()),
        (
            "[frobnicate.a]",
            "frobnicate.a: unknown kind `frobnicate`; write one of `retry`, `poll`, `asyncbackoff`, `asyncretry`, `circuit`"
                .to_owned(),
        ),
        (
            "[retry.'check.limited']\ntmies = 3",
            "retry.\"check.limited\".tmies: unknown option `tmies` of a `retry`; did you mean `times`?".to_owned(),
        ),
        (
            "[retry.'check.limited']\non = 'x'\nbudget = '20%'",
            "retry.\"check.limited\".on: `on` can only be set in the code\n\
             retry.\"check.limited\".budget: `budget` can only be set in the code"
                .to_owned(),
        ),
        (
            "[retry.'check.limited']\ntimes = 0",
            "retry.\"check.limited\".times: `times` must be at least 1: the first call counts as an attempt (found `times = \
             0`)"
                .to_owned(),
        ),
        (
            "[retry.'check.limited']\ntimes = 'many'\ninterval = 5",
            "retry.\"check.limited\".times: expected a number or `forever`, found `\"many\"`\n\
             retry.\"check.limited\".interval: expected a duration with a unit, found `5`; write `\"15s\"` or `\"500ms\"`"
                .to_owned(),
        ),
        (
            "[retry.'check.limited']\ninterval = '1s'\nbackoff = { linear = '1s' }",
            "retry.\"check.limited\".backoff: contradicts `interval`: leave one of them out".to_owned(),
        ),
        (
            "[retry.'check.limited']\njitter = 'decorrelated'",
            "retry.\"check.limited\".jitter: decorrelated jitter needs an exponential backoff (found `jitter = decorrelated`)"
                .to_owned(),
        ),
        (
            "[retry.'check.unlimited']\ndeadline = '1s'\nattempt_timeout = '1s'",
            format!(
                "retry.\"check.unlimited\".deadline: the attribute {0} has no `deadline`, and an override does not add one; \
                 write `deadline = forever` in the attribute to allow one\n\
                 retry.\"check.unlimited\".attempt_timeout: the attribute {0} has no `attempt_timeout`, and an override \
                 does not add one; write a long one in the attribute to allow one, such as `attempt_timeout = 1h`",
                at("check.unlimited")
            ),
        ),
        (
            "[retry.'check.policy']\ntimes = 3",
            format!("retry.\"check.policy\": the attribute {} has `policy = ..`, which cannot be overridden", at("check.policy")),
        ),
        (
            "[retry.'check.generic']\ntimes = 0",
            "retry.\"check.generic\".times: `times` must be at least 1: the first call counts as an attempt (found `times = \
             0`)"
                .to_owned(),
        ),
    ] {
        check(toml, &expected);
    }
}

#[test]
fn an_error_says_which_of_two_values_is_in_the_code_and_forever_is_not_a_delay() {
    let _alone = alone();
    limited().unwrap();
    report().unwrap();
    pay().unwrap();
    for (toml, expected) in [
        (
            "[retry.'check.limited']\ninterval = 'forever'\n[poll.'check.report']\ninitial_delay = 'forever'",
            "retry.\"check.limited\".interval: expected a delay, found `forever`; write `\"15s\"` or `\"500ms\"`\n\
             poll.\"check.report\".initial_delay: expected a delay, found `forever`; write `\"15s\"` or `\"500ms\"`",
        ),
        (
            "[poll.'check.report']\ntimeout = '1s'",
            "poll.\"check.report\".timeout: `hold_for` is longer than `timeout`, so it could never be met (found `hold_for = 2s` \
             in the code, `timeout = 1s` in the override)",
        ),
        (
            "[poll.'check.report']\ntimeout = '1s'\nhold_for = '3s'",
            "poll.\"check.report\".hold_for: `hold_for` is longer than `timeout`, so it could never be met (found `hold_for = \
             3s`, `timeout = 1s`)",
        ),
        (
            "[circuit.'check payments']\nmax_recovery_timeout = '1s'",
            "circuit.\"check payments\".max_recovery_timeout: `max_recovery_timeout` is shorter than `recovery_timeout`, which it is to bound (found \
             `max_recovery_timeout = 1s` in the override, `recovery_timeout = 30s` in the code)",
        ),
    ] {
        check(toml, expected);
    }
}

#[test]
fn errors_of_circuits_and_of_the_structure_have_a_path_and_a_remedy() {
    let _alone = alone();
    pay().unwrap();
    for (toml, expected) in [
        (
            "[circuit.'check payments']\nfailure_rate = '50%'",
            "circuit.\"check payments\".failure_rate: `failure_rate` needs a `window`, over which it is taken (found \
             `failure_rate = 0.5`)",
        ),
        (
            "[circuit.'check payments']\nstate = 'open'\nmax_keys = 3\ncall_timeout = '1s'\nfailure_treshold = 1",
            "circuit.\"check payments\".max_keys: `max_keys` can only be set in the code\n\
             circuit.\"check payments\".call_timeout: no function of this circuit has a constant `call_timeout`, and an override \
             does not add one; write a long one in the attribute to allow one, such as `call_timeout = 1h`\n\
             circuit.\"check payments\".failure_treshold: unknown option `failure_treshold` of a `circuit`; did you mean \
             `failure_threshold`?\n\
             circuit.\"check payments\".state: expected one of `closed`, `forced_open`, `disabled`, `metrics_only`, found \
             `\"open\"`",
        ),
        ("retry = 5", "retry: expected a table of names, found `5`"),
        (
            "[retry]\n'check.limited' = [1]",
            "retry.\"check.limited\": expected a table of options, found a list",
        ),
    ] {
        check(toml, expected);
    }
}

#[test]
fn errors_of_the_whole_file_are_reported_together_in_its_order() {
    let _alone = alone();
    let toml = "[retry.'check.limited']\ntimes = 0\n[circuit.unknown]\n[poll.'check.report']\nuntil = 1";
    let paths = |toml| {
        let errors = read(toml).check().unwrap_err();
        errors.iter().map(|error| error.path().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        paths(toml),
        ["circuit.unknown", "poll.\"check.report\".until", "retry.\"check.limited\".times"]
    );
}

#[test]
fn a_name_with_a_dot_but_without_quotes_is_an_error_that_shows_the_quotes() {
    let _alone = alone();
    deep().unwrap();
    for (toml, expected) in [
        (
            "[retry.check.limited]\ntimes = 3",
            "retry.check.limited: write `[retry.\"check.limited\"]`: a name with a dot needs quotes",
        ),
        (
            "[retry.check.limited]\n[retry.check.unlimited]\n[poll.check.report]",
            "retry.check.limited: write `[retry.\"check.limited\"]`: a name with a dot needs quotes\n\
             retry.check.unlimited: write `[retry.\"check.unlimited\"]`: a name with a dot needs quotes\n\
             poll.check.report: write `[poll.\"check.report\"]`: a name with a dot needs quotes",
        ),
        (
            "[circuit.check.deep.name]\nmin_calls = 3",
            "circuit.check.deep: write `[circuit.\"check.deep.name\"]`: a name with a dot needs quotes",
        ),
        (
            "[circuit.check]\nmin_calls = 3\n[circuit.check.deep.name]",
            "circuit.check: unknown name `check`; no `#[circuit]` has it\n\
             circuit.check.deep: write `[circuit.\"check.deep.name\"]`: a name with a dot needs quotes",
        ),
        (
            "[retry.later.form]\ntimes = 3",
            "retry.later.form: unknown option `form` of a `retry`; if the name is `later.form`, write \
             `[retry.\"later.form\"]`",
        ),
    ] {
        check(toml, expected);
    }
}

#[test]
fn errors_and_warnings_are_debugged_as_they_are_displayed() {
    let _alone = alone();
    let wrong = read("[retry.'check.limited']\ntimes = 0\nuntil = 1").check().unwrap_err();
    assert_eq!(wrong.iter().count(), 2);
    assert_eq!(format!("{wrong:?}"), wrong.to_string());
    let unsure = read("[retry.frobnicate]\n[poll.frobnicate]").check().unwrap();
    assert_eq!(unsure.iter().count(), 2);
    assert_eq!(format!("{unsure:?}"), unsure.to_string());
}

#[test]
fn an_option_that_is_set_twice_is_an_error() {
    let json = r#"{"retry": {"check.limited": {"times": 1, "times": 2}, "check.limited": {"times": 3}}}"#;
    let overrides: Overrides = serde_json::from_str(json).unwrap();
    assert_eq!(
        overrides.check().unwrap_err().to_string(),
        "retry.\"check.limited\".times: is set twice\nretry.\"check.limited\": is set twice"
    );
}

#[test]
fn what_the_format_cannot_read_is_reported_by_the_format_with_its_line() {
    let error = toml::from_str::<Overrides>("[retry.a]\ntimes = = 3").unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
    let error = serde_json::from_str::<Overrides>("{\"retry\": }").unwrap_err().to_string();
    assert!(error.contains("line 1 column 11"), "{error}");
}

#[test]
fn options_that_are_absent_in_the_code_but_no_limits_can_be_set() {
    let _alone = alone();
    for toml in [
        "[retry.'check.limited']\ndeadline = '20s'\njitter = '25%'",
        "[retry.'check.limited']\ndeadline = 'forever'",
        "[poll.'check.report']\ntimes = 3\nmax_ignored = 2\ninitial_delay = '1s'\nbackoff = 'exponential(1s, factor = 3)'",
        "[circuit.'check payments']\nfailure_rate = '50%'\nwindow = '30s'\nstate = 'metrics_only'",
        "[circuit.'check payments']\nslow_call = '2s'\nwithin = '1min'",
    ] {
        assert!(read(toml).check().expect(toml).is_empty(), "{toml}");
    }
}
