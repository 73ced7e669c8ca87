//! The story of recorded calls, as a table with a line for each attempt.

use std::fmt;
use std::time::Duration;

use super::record::RecordedEvent;
use crate::event::CircuitEventKind;
use crate::telemetry::{CallOutcome, CircuitCallOutcome};

/// A table of what happened.
pub(super) struct Story(Vec<Line>);

struct Line {
    time: Duration,
    name: String,
    attempt: Option<u32>,
    result: String,
    /// Empty for the last attempt of a call, until the call ends.
    then: String,
}

impl Story {
    pub(super) fn of(events: &[(Duration, RecordedEvent)]) -> Self {
        let is_of_loop = |event: &RecordedEvent| {
            matches!(event, RecordedEvent::Attempt { .. } | RecordedEvent::Call { .. })
        };
        // Otherwise the lines of the loops have the results.
        let only_circuits = !events.iter().any(|(_, event)| is_of_loop(event));
        let mut story = Self(Vec::new());
        for (time, event) in events {
            story.tell(*time, event, only_circuits);
        }
        story
    }

    fn tell(&mut self, time: Duration, event: &RecordedEvent, only_circuits: bool) {
        let mut line = Line {
            time,
            name: event.name().to_owned(),
            attempt: None,
            result: String::new(),
            then: String::new(),
        };
        match event {
            RecordedEvent::Attempt { number, wait, error, .. } => {
                line.attempt = Some(*number);
                line.result = error.clone().unwrap_or_else(|| "not yet".into());
                line.then = wait.map(|wait| format!("again after {}", millis(wait))).unwrap_or_default();
            }
            RecordedEvent::Call { name, outcome, attempts, told, error } => {
                let then = ending(*outcome);
                let last = self.0.iter_mut().rfind(|line| line.name == *name && line.attempt.is_some());
                if let Some(last) = last.filter(|last| attempts == told && last.then.is_empty()) {
                    last.then = then;
                    return;
                }
                line.attempt = (attempts > told).then_some(*attempts);
                line.result = match (error, outcome.is_success()) {
                    (Some(error), _) => error.clone(),
                    (None, true) => "ok".into(),
                    (None, false) => outcome.to_string().replace('_', " "),
                };
                line.then = then;
            }
            RecordedEvent::Circuit { kind, last_failure, .. } => {
                line.result = format!("circuit {}", change(*kind));
                if let (CircuitEventKind::Opened, Some(failure)) = (kind, last_failure) {
                    line.then = format!("after {failure}");
                }
            }
            RecordedEvent::CircuitCall { outcome: CircuitCallOutcome::Refused, .. } => {
                line.result = "rejected by the circuit".into();
            }
            RecordedEvent::CircuitCall { outcome, .. } if only_circuits => {
                line.result = outcome.to_string();
            }
            RecordedEvent::CircuitCall { .. } => return,
            RecordedEvent::Batch { jobs, resolved, .. } => {
                line.result = format!("polled {jobs} jobs");
                line.then = format!("{resolved} resolved");
            }
        }
        self.0.push(line);
    }
}

fn ending(outcome: CallOutcome) -> String {
    match outcome {
        CallOutcome::FirstTry | CallOutcome::AfterRetry => "done".into(),
        CallOutcome::GaveUp(reason) => format!("given up: {}", reason.as_str().replace('_', " ")),
        other => other.as_str().replace('_', " "),
    }
}

fn change(kind: CircuitEventKind) -> String {
    let words = format!("{kind:?}");
    let mut text = String::new();
    for letter in words.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no calls were recorded");
        }
        f.write_str("   time  name                 attempt  result                      then")?;
        for Line { time, name, attempt, result, then } in &self.0 {
            let (time, result) = (millis(*time), result.lines().next().unwrap_or_default());
            let attempt = attempt.map_or_else(|| "-".into(), |number| number.to_string());
            write!(f, "\n{time:>7}  {name:<19}  {attempt:>7}  {result:<27} {then}")?;
        }
        Ok(())
    }
}

/// Rounded, because a wait until a time limit is a little shorter than its time.
fn millis(duration: Duration) -> String {
    format!("{} ms", duration.saturating_add(Duration::from_micros(500)).as_millis())
}
