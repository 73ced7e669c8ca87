//! Overrides from environment variables.

use std::process::Command;
use std::time::Duration;

use resilience::settings::Overrides;
use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, CircuitConfig, circuit, circuits, retry};

use crate::{alone, read};

#[retry(times = 2, interval = 1s, name = "env.db-query")]
fn query(calls: &mut u32) -> Result<(), &'static str> {
    *calls += 1;
    Err("down")
}

#[retry(name = "env twin.a")]
fn twin() -> std::io::Result<()> {
    Ok(())
}

#[retry(name = "env.twin a")]
fn other_twin() -> std::io::Result<()> {
    Ok(())
}

#[circuit(name = "env payments")]
fn pay() -> std::io::Result<()> {
    Ok(())
}

fn from(variables: &[(&str, &str)]) -> Result<Overrides, String> {
    let variables = variables.iter().map(|(variable, value)| (*variable, *value));
    Overrides::from_vars("MY", variables).map_err(|errors| errors.to_string())
}

fn calls() -> (u32, Duration) {
    let clock = ManualClock::install();
    let mut calls = 0;
    query(&mut calls).expect_err("it fails");
    (calls, clock.elapsed())
}

#[test]
fn variables_name_sites_and_options_in_upper_case() {
    let _alone = alone();
    pay().unwrap();
    let overrides = from(&[
        ("MY__RETRY__ENV_DB_QUERY__TIMES", "3"),
        ("MY__RETRY__ENV_DB_QUERY__BACKOFF", "exponential(1s, factor = 3)"),
        ("MY__CIRCUIT__ENV_PAYMENTS__FAILURE_RATE", "50%"),
        ("MY__CIRCUIT__ENV_PAYMENTS__WINDOW", " 10 "),
        ("MY__CIRCUIT__ENV_PAYMENTS__SLOW_CALL", "1.5s"),
        ("MY_OTHER", "1"),
        ("OTHER__RETRY__A__TIMES", "x"),
    ])
    .unwrap();
    assert!(overrides.apply().unwrap().is_empty());
    assert_eq!(calls(), (3, Duration::from_secs(4)));
    let config = format!("{:?}", circuits().get("env payments").unwrap().config());
    assert!(config.contains("failure_rate: 50%, window: 10, slow_call: 1.5s"), "{config}");
}

#[test]
fn what_is_wrong_is_reported_by_the_name_of_the_variable() {
    let _alone = alone();
    assert_eq!(
        from(&[("MY__RETRY", "1"), ("MY__RETRY__TIMES", "1"), ("MY__RETRY____TIMES", "1")]),
        Err("MY__RETRY: expected `KIND__NAME__OPTION` after the prefix, found `RETRY`\n\
             MY__RETRY__TIMES: expected `KIND__NAME__OPTION` after the prefix, found `RETRY__TIMES`\n\
             MY__RETRY____TIMES: expected `KIND__NAME__OPTION` after the prefix, found `RETRY____TIMES`"
            .to_owned())
    );
    let errors = |variables| from(variables).unwrap().check().unwrap_err().to_string();
    assert_eq!(
        errors(&[("MY__RETRY__ENV_DB_QUERY__TIMES", "0"), ("MY__RETRY__ENV_DB_QUERY__INTERVAL", "3")]),
        "MY__RETRY__ENV_DB_QUERY__INTERVAL: expected a duration with a unit, found `3`; write `\"15s\"` or `\"500ms\"`\n\
         MY__RETRY__ENV_DB_QUERY__TIMES: `times` must be at least 1: the first call counts as an attempt (found `times = 0`)"
    );
    assert_eq!(
        errors(&[("MY__RETRY__ENV_DB_QURY__TIMES", "1")]),
        "MY__RETRY__ENV_DB_QURY__TIMES: unknown name `ENV_DB_QURY`; did you mean `env.db-query`?"
    );
    assert_eq!(
        errors(&[("MY__RETRYS__A__TIMES", "1")]),
        "MY__RETRYS__A__TIMES: unknown kind `retrys`; did you mean `retry`?"
    );
}

#[test]
fn a_variable_that_stands_for_two_names_is_an_error() {
    twin().unwrap();
    other_twin().unwrap();
    assert_eq!(
        from(&[("MY__RETRY__ENV_TWIN_A__TIMES", "1")]),
        Err("MY__RETRY__ENV_TWIN_A__TIMES: `ENV_TWIN_A` stands for several names: `env twin.a`, `env.twin a`; rename all \
             but one"
            .to_owned())
    );
}

#[test]
fn a_function_form_that_is_called_later_is_found_by_its_folded_name() {
    let _alone = alone();
    let overrides = from(&[("MY__RETRY__NIGHTLY_JOB_7__TIMES", "4")]).unwrap();
    assert_eq!(overrides.apply().unwrap().iter().count(), 1, "a warning");
    let mut calls = 0;
    let operation = || {
        calls += 1;
        Err::<(), _>("down")
    };
    retry(operation).interval(Duration::ZERO).name("nightly.job 7").call().unwrap_err();
    assert_eq!(calls, 4);
}

fn later_form(name: &'static str) -> (u32, Duration) {
    let clock = ManualClock::install();
    let mut calls = 0;
    let operation = || {
        calls += 1;
        Err::<(), _>("down")
    };
    retry(operation).times(2).interval(Duration::ZERO).name(name).call().expect_err("it fails");
    (calls, clock.elapsed())
}

#[test]
fn a_file_and_a_variable_about_a_form_that_is_called_later_are_merged_option_by_option() {
    let _alone = alone();
    let file = read("[retry.'merged.form one']\ntimes = 3\ninterval = '1s'");
    let environment = from(&[("MY__RETRY__MERGED_FORM_ONE__TIMES", "5")]).unwrap();
    file.clone().merge(environment.clone()).apply().unwrap();
    assert_eq!(later_form("merged.form one"), (5, Duration::from_secs(4)), "the environment wins");
    assert_eq!(
        later_form("merged.form-one"),
        (5, Duration::ZERO),
        "it stands for every name that folds to it"
    );
    environment.clone().merge(file.clone()).apply().unwrap();
    assert_eq!(later_form("merged.form one"), (3, Duration::from_secs(2)), "the file wins");
    let twice = file.clone().merge(environment.clone().merge(file));
    twice.merge(environment).apply().unwrap();
    assert_eq!(later_form("merged.form one"), (5, Duration::from_secs(4)));
}

#[test]
fn a_name_that_is_equal_to_its_folded_name_is_merged_as_well() {
    let _alone = alone();
    let environment = from(&[("MY__RETRY__UPPER_CASE_JOB__TIMES", "5")]).unwrap();
    let file = read("[retry.UPPER_CASE_JOB]\ninterval = '1s'");
    file.merge(environment).apply().unwrap();
    assert_eq!(later_form("UPPER_CASE_JOB"), (5, Duration::from_secs(4)));
}

#[test]
fn a_file_and_a_variable_about_a_circuit_that_is_registered_later_are_merged() {
    let _alone = alone();
    let environment = from(&[("MY__CIRCUIT__MERGED_AT_RUN__RECOVERY_TIMEOUT", "7s")]).unwrap();
    let breaker = CircuitBreaker::new("merged.at run", CircuitConfig::new());
    let circuit = circuits().register(breaker).unwrap();
    let code = circuit.config();
    read("[circuit.'merged.at run']\nfailure_threshold = 9").merge(environment).apply().unwrap();
    let expected = code.failure_threshold(9).recovery_timeout(Duration::from_secs(7));
    assert_eq!(circuit.config(), expected);
    Overrides::default().apply().unwrap();
    assert_eq!(circuit.config(), code);
}

#[test]
fn an_error_of_a_merged_variable_is_reported_once() {
    let environment = from(&[("MY__RETRY__MERGED_WRONG_JOB__TIMES", "0")]).unwrap();
    let merged = read("[retry.'merged.wrong job']\ninterval = '1s'").merge(environment);
    assert_eq!(
        merged.check().unwrap_err().to_string(),
        "MY__RETRY__MERGED_WRONG_JOB__TIMES: `times` must be at least 1: the first call counts as an attempt \
         (found `times = 0`)"
    );
}

/// Run by the next test in a process with the variables.
#[test]
fn the_environment_of_this_process_is_read() {
    let overrides = Overrides::from_env("MY").unwrap();
    assert_eq!(
        format!("{overrides:?}") == "{}",
        std::env::var_os("MY__RETRY__ENV_DB_QUERY__TIMES").is_none(),
        "{overrides:?}"
    );
    if std::env::var_os("MY__RETRY__ENV_DB_QUERY__TIMES").is_some() {
        overrides.apply().unwrap();
        assert_eq!(calls().0, 7);
    }
}

#[test]
fn the_environment_is_read_from_the_process() {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program)
        .args(["--exact", "environment::the_environment_of_this_process_is_read"])
        .env("MY__RETRY__ENV_DB_QUERY__TIMES", "7")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
