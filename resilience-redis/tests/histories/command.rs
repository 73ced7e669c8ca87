//! The commands of the scripts and their replies, as values.

use std::fmt;

use redis::Value;

/// Microseconds.
pub(crate) type Micros = u64;

/// A script with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    pub(crate) node: String,
    /// New for each command.
    pub(crate) nonce: String,
    pub(crate) open: Micros,
    pub(crate) max_open: Micros,
    pub(crate) script: Script,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Script {
    View,
    Report(Report),
    Acquire { peers: u64, permits: u64, need: u64, hold: Micros, grace: Micros },
    Start { trial: Trial, lease: Micros },
    Settle { trial: Trial, outcome: Outcome, need: u64 },
    Override { state: &'static str, millis: u64 },
    Beat { live: Micros },
    Leave,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) seq: u64,
    pub(crate) epoch: String,
    pub(crate) generation: u64,
    pub(crate) window: Window,
    pub(crate) rule: Rule,
    pub(crate) peers: u64,
    pub(crate) fresh: Micros,
    /// The time since the last call.
    pub(crate) idle: Micros,
}

/// What a node has counted. The vote is in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) calls: u64,
    pub(crate) failures: u64,
    pub(crate) slow: u64,
    pub(crate) vote: u64,
}

/// Rates of zero are no rules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) failure_rate: f64,
    pub(crate) slow_rate: f64,
    pub(crate) min_calls: u64,
}

/// The name of a trial.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Trial {
    pub(crate) epoch: String,
    pub(crate) generation: u64,
    pub(crate) token: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Fail,
    Cancel,
}

/// The time that a key lives, which no history reaches.
const TTL_MILLIS: u64 = 600_000;

impl Command {
    /// The file of the script.
    pub(crate) fn name(&self) -> &'static str {
        match self.script {
            Script::View => "view",
            Script::Report(_) => "report",
            Script::Acquire { .. } => "acquire",
            Script::Start { .. } => "start",
            Script::Settle { .. } => "settle",
            Script::Override { .. } => "override",
            Script::Beat { .. } => "beat",
            Script::Leave => "leave",
        }
    }

    /// The arguments, without the time that tests add.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut texts = match self.script {
            Script::Beat { live } => {
                return vec![self.node.clone(), live.to_string(), self.nonce.clone(), TTL_MILLIS.to_string()];
            }
            Script::Leave => return vec![self.node.clone()],
            _ => vec![
                self.node.clone(),
                self.open.to_string(),
                self.max_open.to_string(),
                TTL_MILLIS.to_string(),
                self.nonce.clone(),
            ],
        };
        let mut add = |values: &[&dyn fmt::Display]| texts.extend(values.iter().map(ToString::to_string));
        match &self.script {
            Script::View | Script::Beat { .. } | Script::Leave => {}
            Script::Report(report) => {
                let Report { seq, epoch, generation, window, rule, peers, fresh, idle } = report;
                add(&[seq, epoch, generation, &window.calls, &window.failures, &window.slow, &window.vote]);
                add(&[
                    &rule.failure_rate,
                    &rule.slow_rate,
                    &rule.min_calls,
                    peers,
                    fresh,
                    &rule.digest(),
                    idle,
                ]);
            }
            Script::Acquire { peers, permits, need, hold, grace } => {
                add(&[peers, permits, need, hold, grace]);
            }
            Script::Start { trial, lease } => {
                add(&[&trial.token, &trial.epoch, &trial.generation, lease]);
            }
            Script::Settle { trial, outcome, need } => {
                add(&[&trial.token, &trial.epoch, &trial.generation, &outcome.text(), need]);
            }
            Script::Override { state, millis } => {
                add(&[state, millis, &"why", &"operator"]);
            }
        }
        texts
    }
}

impl Rule {
    pub(crate) fn digest(self) -> String {
        format!("{}/{}/{}", self.failure_rate, self.slow_rate, self.min_calls)
    }
}

impl Outcome {
    const fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Cancel => "cancel",
        }
    }
}

/// What a script answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Circuit(View),
    Beat { live: u64, change: String },
    Left(u64),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) epoch: String,
    pub(crate) generation: u64,
    pub(crate) state: String,
    pub(crate) open_for: Micros,
    pub(crate) forced: String,
    /// The time left of the override: its expiry is the one time that the server takes from its own clock.
    pub(crate) forced_for: ForcedFor,
    pub(crate) reason: String,
    pub(crate) by: String,
    pub(crate) extra: u64,
    pub(crate) token: u64,
}

/// The time left of an override, in milliseconds.
#[derive(Clone, Copy, Debug, Default, Eq)]
pub(crate) struct ForcedFor(pub(crate) i64);

impl PartialEq for ForcedFor {
    /// The time of a run is allowed to pass.
    fn eq(&self, other: &Self) -> bool {
        self.0.signum() == other.0.signum() && self.0.abs_diff(other.0) < 300_000
    }
}

impl Reply {
    /// The circuit, in a reply that has one.
    pub(crate) fn view(&self) -> Option<&View> {
        if let Self::Circuit(view) = self { Some(view) } else { None }
    }

    pub(crate) fn read(command: &Command, value: &Value) -> Result<Self, String> {
        let wrong = || format!("{} answered {value:?}", command.name());
        let items: &[Value] = match value {
            Value::Array(items) => items,
            other => std::slice::from_ref(other),
        };
        let text = |at: usize| match items.get(at) {
            Some(Value::BulkString(bytes)) => String::from_utf8(bytes.clone()).map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        let number = |at: usize| match items.get(at) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(wrong()),
        };
        let count = |at: usize| number(at).and_then(|number| u64::try_from(number).map_err(|_| wrong()));
        match (&command.script, items.len()) {
            (Script::Beat { .. }, 2) => Ok(Self::Beat { live: count(0)?, change: text(1)? }),
            (Script::Leave, 1) => Ok(Self::Left(count(0)?)),
            (Script::Beat { .. } | Script::Leave, _) => Err(wrong()),
            (_, 10) => {
                let left = number(5)?;
                Ok(Self::Circuit(View {
                    epoch: text(0)?,
                    generation: count(1)?,
                    state: text(2)?,
                    open_for: count(3)?,
                    forced: text(4)?,
                    forced_for: ForcedFor(if left > 0 { left / 1000 } else { left }),
                    reason: text(6)?,
                    by: text(7)?,
                    extra: count(8)?,
                    token: count(9)?,
                }))
            }
            _ => Err(wrong()),
        }
    }
}
