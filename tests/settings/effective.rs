//! The list of all settings in force.

use resilience::settings::{self, SettingSource};
use resilience::{TimedOut, asyncbackoff, circuit, poll, retry};

use crate::{alone, apply};

#[retry(times = 5, deadline = 10s, name = "effective.retry")]
fn retried() -> std::io::Result<()> {
    Ok(())
}

#[asyncbackoff(max_tries = 2, pause = 1s, name = "effective.backoff")]
async fn backed_off() -> Result<(), TimedOut> {
    Ok(())
}

#[poll(until(1), name = "effective.poll")]
fn polled() -> Result<u32, TimedOut> {
    Ok(1)
}

#[circuit(name = "effective circuit", failure_threshold = 3)]
fn guarded() -> std::io::Result<()> {
    Ok(())
}

#[circuit(name = "effective default")]
fn by_default() -> std::io::Result<()> {
    Ok(())
}

#[retry(times = 2, name = "effective.twin")]
fn one_twin() -> std::io::Result<()> {
    Ok(())
}

#[retry(times = 3, name = "effective.twin")]
fn other_twin() -> std::io::Result<()> {
    Ok(())
}

/// Its name could be that of a parameter of an `impl`, which an attribute does not see. A path cannot.
const N: u32 = 7;

#[retry(times = self::N, name = "effective.letter")]
fn with_a_constant_of_one_letter() -> std::io::Result<()> {
    Ok(())
}

#[retry(deadline = forever, name = "effective.unlimited")]
fn unlimited() -> std::io::Result<()> {
    Ok(())
}

#[test]
fn a_constant_of_one_letter_with_a_path_is_not_taken_for_a_generic_parameter() {
    let _alone = alone();
    assert_eq!(
        block("effective.letter"),
        "[retry.\"effective.letter\"]\ntimes = 7  # code\ninterval = \"1s\"  # code",
    );
}

#[test]
fn a_deadline_without_end_is_listed_because_an_override_may_set_one() {
    let _alone = alone();
    assert!(block("effective.unlimited").ends_with("\ndeadline = \"forever\"  # code"));
}

/// The block of a name, without the place.
fn block(name: &str) -> String {
    let text = settings::effective().to_string();
    let block = text.split("\n\n").find(|block| block.contains(name)).expect("it is listed");
    let (head, options) = block.split_once('\n').expect("it has options");
    let (head, place) = head.split_once("  # ").expect("a place");
    assert!(place.starts_with("tests/settings/"), "{place}");
    format!("{head}\n{}", options.trim_end())
}

#[tokio::test]
async fn values_are_listed_with_their_sources_as_in_a_file() {
    let _alone = alone();
    one_twin().unwrap();
    other_twin().unwrap();
    with_a_constant_of_one_letter().unwrap();
    unlimited().unwrap();
    retried().unwrap();
    polled().unwrap();
    guarded().unwrap();
    backed_off().await.unwrap();
    apply(
        "[retry.'effective.retry']\ntimes = 9\njitter = '25%'\n\
         [asyncbackoff.'effective.backoff']\npause = '2s'\n\
         [circuit.'effective circuit']\nfailure_rate = '50%'\nwindow = '30s'\nstate = 'disabled'",
    );
    assert_eq!(
        block("effective.retry"),
        "[retry.\"effective.retry\"]\n\
         times = 9  # override, 5 in the code\n\
         interval = \"1s\"  # code\n\
         jitter = \"25%\"  # override\n\
         deadline = \"10s\"  # code"
    );
    assert_eq!(
        block("effective.backoff"),
        "[asyncbackoff.\"effective.backoff\"]\n\
         max_tries = 2  # code\n\
         pause = \"2s\"  # override, \"1s\" in the code"
    );
    assert_eq!(block("effective.poll"), "[poll.\"effective.poll\"]\ninterval = \"1s\"  # code");
    assert_eq!(
        block("effective circuit"),
        "[circuit.\"effective circuit\"]\n\
         failure_rate = \"50%\"  # override\n\
         window = \"30s\"  # override\n\
         min_calls = 20  # code\n\
         recovery_timeout = \"30s\"  # code\n\
         half_open_calls = 1  # code\n\
         success_threshold = 1  # code\n\
         probe_timeout = \"30s\"  # code\n\
         state = \"disabled\"  # override"
    );
    let effective = settings::effective();
    let site = effective.iter().find(|site| site.name() == "effective.retry").unwrap();
    let times = &site.options()[0];
    assert_eq!(
        (site.kind(), times.key(), times.value().as_str(), times.source()),
        ("retry", "times", "9", SettingSource::Override)
    );
}

#[test]
fn defaults_of_a_circuit_that_are_in_force_are_listed() {
    let _alone = alone();
    by_default().unwrap();
    let options = |overrides| {
        apply(overrides);
        block("effective default").lines().take(4).skip(1).collect::<Vec<_>>().join("\n")
    };
    assert!(options("").starts_with("failure_threshold = 5  # code\nrecovery_timeout"));
    assert_eq!(
        options("[circuit.'effective default']\nfailure_rate = '50%'\nwindow = 10"),
        "failure_rate = \"50%\"  # override\nwindow = 10  # override\nmin_calls = 10  # code"
    );
    assert!(
        options("[circuit.'effective default']\nfailure_threshold = 2")
            .starts_with("failure_threshold = 2  # override, 5 in the code\nrecovery_timeout")
    );
}

#[test]
fn a_limit_that_a_function_form_may_ignore_is_listed_with_a_remark() {
    let _alone = alone();
    retry(|| Ok::<_, &str>(())).name("effective.form").call().unwrap();
    apply("[retry.'effective.form']\ntimes = 2\ndeadline = '2s'\nattempt_timeout = '1s'");
    assert_eq!(
        block("effective.form"),
        "[retry.\"effective.form\"]\n\
         times = 2  # override\n\
         deadline = \"2s\"  # override, ignored by calls without a `deadline`\n\
         attempt_timeout = \"1s\"  # override, ignored by calls without an `attempt_timeout`"
    );
    let json = serde_json::to_value(settings::effective()).unwrap();
    let site = json.as_array().unwrap().iter().find(|site| site["name"] == "effective.form").unwrap();
    assert_eq!(
        site["options"]["deadline"],
        serde_json::json!({"value": "2s", "source": "override", "remark": "ignored by calls without a `deadline`"})
    );
}

#[test]
fn the_list_is_serialized() {
    let _alone = alone();
    apply("[retry.'effective.retry']\nbackoff = { exponential = '1s', max = '5s' }");
    let json = serde_json::to_value(settings::effective()).unwrap();
    let site = json.as_array().unwrap().iter().find(|site| site["name"] == "effective.retry").unwrap();
    assert_eq!(site["kind"], "retry");
    assert!(site["place"].as_str().unwrap().starts_with("tests/settings/effective.rs:"), "{site}");
    assert_eq!(
        site["options"],
        serde_json::json!({
            "times": {"value": 5, "source": "code"},
            "backoff": {"value": {"exponential": "1s", "max": "5s"}, "source": "override"},
            "deadline": {"value": "10s", "source": "code"},
        })
    );
}

#[test]
fn the_text_is_toml_in_which_each_name_has_one_table() {
    let _alone = alone();
    let text = settings::effective().to_string();
    let read: toml::Table = toml::from_str(&text).expect(&text);
    assert_eq!(read["retry"]["effective.twin"]["times"].as_integer(), Some(2), "{text}");
    let twins: Vec<&str> = text.split("\n\n").filter(|block| block.contains("effective.twin")).collect();
    let [first, second] = twins[..] else { panic!("{text}") };
    assert!(first.starts_with("[retry.\"effective.twin\"]  # tests/settings/effective.rs:"), "{first}");
    assert!(second.starts_with("# [retry.\"effective.twin\"]  # tests/settings/effective.rs:"), "{second}");
    assert!(second.contains("\n# times = 3  # code\n"), "{second}");
    assert!(second.lines().all(|line| line.starts_with("# ")), "{second}");
}

#[test]
fn the_text_without_its_state_can_be_applied_as_it_is() {
    let _alone = alone();
    let text = settings::effective().to_string();
    assert!(text.contains("[circuit.\"effective circuit\"]"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with("state = "));
    // Several functions of these tests cannot be overridden.
    let known =
        ["effective.retry", "effective.backoff", "effective.poll", "effective circuit", "effective.twin"];
    let mut kept = String::new();
    let mut keeps = false;
    for line in lines {
        if line.starts_with('[') {
            keeps = known.iter().any(|name| line.contains(name));
        }
        if keeps {
            kept.extend([line, "\n"]);
        }
    }
    assert_eq!(kept.lines().filter(|line| line.starts_with('[')).count(), known.len());
    apply(&kept);
}
