//! The command line, and what it asks for.

use std::path::{Path, PathBuf};

use clap::Parser;
use resilience::http::{Condition, HttpPoll};
use serde_json::{Map, Value, json};

use crate::tcp::Tcp;

/// Waits until an HTTP response matches, or until a port is open.
///
/// Exit codes: 0 reached, 1 an alarm matched or a request failed, 2 the time is up, 3 invalid arguments, 130 interrupted by Ctrl-C.
///
/// A Retry-After of a response delays the next attempt. One that is longer than the time left, or than an hour (`max_retry_after` in
/// the configuration), ends the wait at once, with exit code 2.
#[derive(Debug, Parser)]
#[command(name = "wait-for", version)]
pub(crate) struct Arguments {
    /// The URL; may be in the configuration instead
    #[arg(required_unless_present_any = ["tcp", "config"])]
    url: Option<String>,
    /// Wait until this port accepts connections, instead of for a response
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = HTTP)]
    tcp: Option<String>,
    /// Condition of success: status=200 or text=done, where the text is the whole body with its last line break ($'text=done\n' in
    /// bash). Of several, one is enough [default: status=200]
    #[arg(long, value_name = "KEY=VALUE")]
    until: Vec<String>,
    /// Condition of success: the body is this JSON
    #[arg(long, value_name = "JSON")]
    until_json: Vec<String>,
    /// Condition of success: this path (RFC 9535) finds this value: JSON if it can be, otherwise a string
    #[arg(long, value_name = "PATH=VALUE")]
    until_jsonpath: Vec<String>,
    /// Condition of failure, written as for --until
    #[arg(long, value_name = "KEY=VALUE")]
    alarm: Vec<String>,
    /// Condition of failure, written as for --until-json
    #[arg(long, value_name = "JSON")]
    alarm_json: Vec<String>,
    /// Condition of failure, written as for --until-jsonpath
    #[arg(long, value_name = "PATH=VALUE")]
    alarm_jsonpath: Vec<String>,
    /// Require all of --until, --until-json and --until-jsonpath instead of one
    #[arg(long)]
    all: bool,
    /// The delay between two attempts, as 500ms or 2s [default: 2s]
    #[arg(long, value_name = "TIME")]
    interval: Option<String>,
    /// The time limit for everything, as 60s or 5min; forever for none [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// Print nothing: neither progress nor why the wait failed
    #[arg(long, short)]
    quiet: bool,
    /// A TOML file with the keys of `HttpPoll`; the command line overrides it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// The arguments that mean a response.
const HTTP: [&str; 9] = [
    "url",
    "until",
    "until_json",
    "until_jsonpath",
    "alarm",
    "alarm_json",
    "alarm_jsonpath",
    "all",
    "config",
];

/// What to wait for.
#[derive(Debug)]
pub(crate) enum Target {
    Http(Box<HttpPoll>),
    Tcp(Tcp),
}

impl Arguments {
    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// # Errors
    /// What is invalid in the arguments or the configuration.
    pub(crate) fn target(&self) -> Result<Target, String> {
        match &self.tcp {
            Some(address) => {
                Tcp::new(address, self.interval.as_deref(), self.timeout.as_deref()).map(Target::Tcp)
            }
            None => self.poll().map(Box::new).map(Target::Http),
        }
    }

    /// The command line becomes data on top of the configuration, so that both are checked in one place.
    fn poll(&self) -> Result<HttpPoll, String> {
        let mut data = match &self.config {
            Some(path) => Data::read(path)?,
            None => Data(Map::new()),
        };
        data.replace(&["url"], self.url.clone().map(Value::from));
        data.replace(&["until"], self.until()?);
        data.default(&["until"], json!({"status_code": 200}));
        let alarms = conditions("alarm", &self.alarm, &self.alarm_json, &self.alarm_jsonpath)?;
        data.replace(&["alarms", "alarm"], (!alarms.is_empty()).then(|| alarms.into()));
        data.replace(&["polling_interval", "interval"], self.interval.clone().map(Value::from));
        match self.timeout.as_deref() {
            Some("forever") => data.remove(&["deadline"]),
            Some(timeout) => data.replace(&["deadline"], Some(timeout.into())),
            None => data.default(&["deadline"], "60s".into()),
        }
        data.default(&["max_retries", "max_attempts"], Value::Null);
        // The server may still be starting.
        let ignored = json!(["connect", "timeout", "request", "decode", "body"]);
        data.default(&["ignore_exceptions", "ignore"], ignored);
        serde_json::from_value(data.0.into()).map_err(|error| self.in_own_words(&error.to_string()))
    }

    /// Names the option of the command line instead of the key that it becomes.
    fn in_own_words(&self, error: &str) -> String {
        let options = [
            ("`polling_interval`", self.interval.is_some(), "`--interval`"),
            ("`deadline`", self.timeout.is_some(), "`--timeout`"),
        ];
        let written = options.iter().find(|(key, is_given, _)| *is_given && error.starts_with(key));
        written.map_or_else(|| error.to_owned(), |(key, _, option)| error.replacen(key, option, 1))
    }

    fn until(&self) -> Result<Option<Value>, String> {
        let conditions = conditions("until", &self.until, &self.until_json, &self.until_jsonpath)?;
        if conditions.is_empty() {
            return Ok(None);
        }
        if self.all { together(conditions).map(Some) } else { Ok(Some(conditions.into())) }
    }
}

/// A poller as data, of which some keys have two names.
struct Data(Map<String, Value>);

impl Data {
    fn read(path: &Path) -> Result<Self, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("`--config`: {}: {error}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
        toml::from_str(&text).map(Self).map_err(|error| wrong(&error))
    }

    fn remove(&mut self, names: &[&str]) {
        self.0.retain(|key, _| !names.contains(&key.as_str()));
    }

    /// Sets the key, by its first name, if there is a value.
    fn replace(&mut self, names: &[&str], value: Option<Value>) {
        if let Some(value) = value {
            self.remove(names);
            self.0.insert(names[0].into(), value);
        }
    }

    /// Sets the key if it has no value.
    fn default(&mut self, names: &[&str], value: Value) {
        if !names.iter().any(|name| self.0.contains_key(*name)) {
            self.0.insert(names[0].into(), value);
        }
    }
}

/// The conditions of the options `--until..` or `--alarm..`.
fn conditions(
    option: &str,
    pairs: &[String],
    json: &[String],
    paths: &[String],
) -> Result<Vec<Value>, String> {
    let pairs = pairs.iter().map(|text| pair(text).map_err(|error| format!("`--{option}`: {error}")));
    let json = json.iter().map(|text| match serde_json::from_str::<Value>(text) {
        Ok(value) => Ok(json!({"json": value})),
        Err(error) => Err(format!("`--{option}-json`: {text}: {error}")),
    });
    let paths =
        paths.iter().map(|text| path(text).map_err(|error| format!("`--{option}-jsonpath`: {error}")));
    pairs.chain(json).chain(paths).collect()
}

/// `status=200`, `text=done`.
fn pair(text: &str) -> Result<Value, String> {
    match text.split_once('=') {
        Some(("status", status)) => match status.parse::<u16>() {
            Ok(status @ 100..=999) => Ok(json!({"status_code": status})),
            _ => Err(format!("{text}: expected a status from 100 to 999")),
        },
        Some(("text", text)) => Ok(json!({"text": text})),
        _ => Err(format!("expected status=200 or text=done, found {text}")),
    }
}

/// `$.status=OK`. Both parts may contain `=`: a filter as `==`, and the value. The path ends at the first `=` before which it is
/// complete.
fn path(text: &str) -> Result<Value, String> {
    let splits = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..]));
    let mut first_error = None;
    for (expression, value) in splits {
        let value: Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        let condition = json!({"jsonpath": [{"expression": expression, "value": value}]});
        match serde_json::from_value::<Condition>(condition.clone()) {
            Ok(_) => return Ok(condition),
            Err(error) => _ = first_error.get_or_insert(error.to_string()),
        }
    }
    Err(first_error.unwrap_or_else(|| format!("expected PATH=VALUE, found {text}")))
}

/// One condition with all keys.
fn together(conditions: Vec<Value>) -> Result<Value, String> {
    let mut all = Map::new();
    for condition in conditions {
        let Value::Object(condition) = condition else { continue };
        for (key, value) in condition {
            match (all.get_mut(&key), value) {
                (Some(Value::Array(several)), Value::Array(more)) if key == "jsonpath" => {
                    several.extend(more);
                }
                (Some(_), _) => {
                    // As it was written.
                    let key = key.trim_end_matches("_code");
                    return Err(format!("`--all`: a response has one `{key}`, found two"));
                }
                (None, value) => _ = all.insert(key, value),
            }
        }
    }
    Ok(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_its_value_may_contain_equals_signs() {
        let rows = [
            ("$.status=OK", "$.status", json!("OK")),
            ("$.count=3", "$.count", json!(3)),
            ("$.query=a=b", "$.query", json!("a=b")),
            ("$.query==", "$.query", json!("=")),
            ("$.token=", "$.token", json!("")),
            ("$['a=b']=1", "$['a=b']", json!(1)),
            ("$.jobs[?@.id==1].state=done", "$.jobs[?@.id==1].state", json!("done")),
            ("$.jobs[?@.id=='a=b'].query=x==y", "$.jobs[?@.id=='a=b'].query", json!("x==y")),
        ];
        for (text, expression, value) in rows {
            let condition = json!({"jsonpath": [{"expression": expression, "value": value}]});
            assert_eq!(path(text), Ok(condition), "{text}");
        }
        for text in ["$.status", "$[=1", ""] {
            assert!(path(text).is_err(), "{text}");
        }
    }

    /// The commands of the recipes, with their options.
    #[test]
    fn every_command_of_the_readme_is_valid() {
        let text = include_str!("../README.md").replace("\\\n", " ");
        let commands: Vec<&str> =
            text.lines().filter_map(|line| line.split_once("wait-for -").map(|(_, rest)| rest)).collect();
        assert!(commands.len() >= 5, "{commands:?}");
        for command in commands {
            let end = command.find([';', '&', '|', '`']).unwrap_or(command.len());
            let words = format!("-{}", &command[..end]).replace(['\'', '"'], "");
            let arguments = match Arguments::try_parse_from(
                std::iter::once("wait-for").chain(words.split_whitespace()),
            ) {
                Ok(arguments) => arguments,
                Err(error) if !error.use_stderr() => continue, // `--help`
                Err(error) => panic!("{words}: {error}"),
            };
            if let Err(error) = arguments.target() {
                panic!("{words}: {error}");
            }
        }
    }
}
