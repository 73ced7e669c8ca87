//! The program, as a function of its arguments.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use resilience::http::{HttpPoll, HttpPollError};
use serde_json::{Map, Value, json};

/// A response matched.
pub(crate) const REACHED: u8 = 0;
/// A response matched an alarm, or a request failed with an error that is not ignored.
pub(crate) const ALARM: u8 = 1;
/// The time is up.
pub(crate) const TIMED_OUT: u8 = 2;
/// The arguments or the configuration are invalid; nothing was sent.
pub(crate) const BAD_USAGE: u8 = 3;

/// Polls a URL until the response matches.
///
/// Exit codes: 0 a response matched, 1 an alarm matched or a request failed, 2 the time is up, 3 invalid arguments.
#[derive(Debug, Parser)]
#[command(name = "wait_for")]
struct Arguments {
    /// The URL; may be in the configuration instead
    url: Option<String>,
    /// Condition of success: status=200 or text=done. Of several, one is enough [default: status=200]
    #[arg(long, value_name = "KEY=VALUE")]
    until: Vec<String>,
    /// Condition of success: the body is this JSON
    #[arg(long, value_name = "JSON")]
    until_json: Vec<String>,
    /// Condition of success: this path (RFC 9535) finds this value, which is JSON or a string
    #[arg(long, value_name = "PATH=VALUE")]
    until_jsonpath: Vec<String>,
    /// Condition of failure, written as for --until
    #[arg(long, value_name = "KEY=VALUE")]
    alarm: Vec<String>,
    /// Require all of --until, --until-json and --until-jsonpath instead of one
    #[arg(long)]
    all: bool,
    /// The delay between two requests [default: 2s]
    #[arg(long, value_name = "TIME")]
    interval: Option<String>,
    /// The time limit for everything [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
    /// A TOML file with the keys of `HttpPoll`; the command line overrides it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the program and returns its exit code. Errors go to stderr, and progress too if that is a terminal.
pub(crate) async fn wait_for(arguments: impl IntoIterator<Item: Into<OsString> + Clone>) -> u8 {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed stderr does not change the exit code.
            let _ = error.print();
            return if error.use_stderr() { BAD_USAGE } else { REACHED };
        }
    };
    let poll = match arguments.poll() {
        Ok(poll) => poll,
        Err(message) => {
            eprintln!("wait_for: {message}");
            return BAD_USAGE;
        }
    };

    // Drawn on stderr, if that is a terminal.
    let line = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        line.set_style(style);
    }
    line.enable_steady_tick(Duration::from_millis(100));
    let told = line.clone();
    let poll = poll.on_attempt(move |attempt| {
        let number = attempt.number;
        told.set_message(match attempt.outcome {
            Ok(response) => format!("attempt {number}: {}", response.status()),
            Err(error) => format!("attempt {number}: {error}"),
        });
    });
    let outcome = poll.run().await;
    line.finish_and_clear();

    let (code, error) = match outcome {
        Ok(_) => return REACHED,
        Err(error @ HttpPollError::TimedOut { .. }) => (TIMED_OUT, error),
        Err(HttpPollError::Http(error)) if error.is_settings() => (BAD_USAGE, error.into()),
        Err(error) => (ALARM, error),
    };
    eprintln!("wait_for: {error}");
    code
}

impl Arguments {
    /// The command line becomes data on top of the configuration, so that both are checked in one place.
    fn poll(&self) -> Result<HttpPoll, String> {
        let mut data = match &self.config {
            Some(path) => read(path)?,
            None => Map::new(),
        };
        let mut set = |key: &str, value: Option<Value>, otherwise: Option<Value>| match (value, otherwise) {
            (Some(value), _) => _ = data.insert(key.into(), value),
            (None, Some(otherwise)) => _ = data.entry(key).or_insert(otherwise),
            (None, None) => {}
        };
        set("url", self.url.clone().map(Value::from), None);
        set("until", self.until()?, Some(json!({"status_code": 200})));
        let alarms: Vec<Value> = self.alarm.iter().map(|alarm| pair(alarm)).collect::<Result<_, _>>()?;
        set("alarms", (!alarms.is_empty()).then(|| alarms.into()), None);
        set("polling_interval", self.interval.clone().map(Value::from), None);
        set("deadline", self.timeout.clone().map(Value::from), Some("60s".into()));
        set("max_retries", None, Some(Value::Null));
        // The server may still be starting.
        let ignored = json!(["connect", "timeout", "request", "decode", "body"]);
        set("ignore_exceptions", None, Some(ignored));
        serde_json::from_value(data.into()).map_err(|error| error.to_string())
    }

    fn until(&self) -> Result<Option<Value>, String> {
        let mut conditions: Vec<Value> =
            self.until.iter().map(|until| pair(until)).collect::<Result<_, _>>()?;
        for text in &self.until_json {
            let value: Value =
                serde_json::from_str(text).map_err(|error| format!("`--until-json`: {text}: {error}"))?;
            conditions.push(json!({"json": value}));
        }
        for text in &self.until_jsonpath {
            // A filter may contain `=`: the last one separates the value.
            let (expression, value) = text
                .rsplit_once('=')
                .ok_or_else(|| format!("`--until-jsonpath`: expected PATH=VALUE, found {text}"))?;
            let value: Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            conditions.push(json!({"jsonpath": [{"expression": expression, "value": value}]}));
        }
        if self.all && conditions.len() > 1 { together(conditions).map(Some) } else { Ok(some(conditions)) }
    }
}

fn some(conditions: Vec<Value>) -> Option<Value> {
    (!conditions.is_empty()).then(|| conditions.into())
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
                (Some(_), _) => return Err(format!("`--all`: a response has one `{key}`, found two")),
                (None, value) => _ = all.insert(key, value),
            }
        }
    }
    Ok(all.into())
}

/// `status=200`, `text=done`.
fn pair(text: &str) -> Result<Value, String> {
    match text.split_once('=') {
        Some(("status", status)) => match status.parse::<u16>() {
            Ok(status) => Ok(json!({"status_code": status})),
            Err(error) => Err(format!("{text}: {error}")),
        },
        Some(("text", text)) => Ok(json!({"text": text})),
        _ => Err(format!("expected status=200 or text=done, found {text}")),
    }
}

fn read(path: &PathBuf) -> Result<Map<String, Value>, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("`--config`: {}: {error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    toml::from_str(&text).map_err(|error| wrong(&error))
}
