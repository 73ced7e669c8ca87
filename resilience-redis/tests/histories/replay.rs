//! Histories through a real server.

use std::collections::HashMap;

use fastrand::Rng;
use redis::{Pipeline, RedisResult, Value};
use resilience_redis::__testing::{Keys, Script, text};

use crate::history::{Seen, Step, history};
use crate::server::Server;

pub(crate) struct Replay {
    connection: redis::Connection,
    digests: HashMap<Script, String>,
}

/// The scripts that the histories use.
const SCRIPTS: [(&str, Script); 4] = [
    ("report", Script::Report),
    ("acquire", Script::Acquire),
    ("start", Script::Start),
    ("settle", Script::Settle),
];

/// The time is the last argument.
const CLOCK: &str = "local function clock() return tonumber(ARGV[#ARGV]) end";

impl Replay {
    /// `change` may change the text of a script.
    pub(crate) fn new(server: &Server, mut change: impl FnMut(&str, String) -> String) -> Self {
        let mut connection = server.connection();
        let digests = SCRIPTS.iter().map(|(name, script)| {
            let with_clock = |line: &str| if line.ends_with("--CLOCK") { CLOCK } else { line }.to_owned();
            let text: Vec<_> = change(name, text(*script)).lines().map(with_clock).collect();
            let load = redis::cmd("SCRIPT").arg("LOAD").arg(text.join("\n")).query(&mut connection);
            (*script, load.expect("a script"))
        });
        Self { digests: digests.collect(), connection }
    }

    /// Runs histories. Returns the first difference.
    pub(crate) fn run(&mut self, count: u64, seed: u64) -> Result<Seen, String> {
        let mut counts = Seen::default();
        let mut number = 0;
        while number < count {
            let mut batch = Pipeline::new();
            batch.ignore_errors();
            let mut expected = Vec::new();
            for _ in 0..20 {
                number += 1;
                let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number));
                let keys = Keys::new("histories").circuit(&number.to_string());
                for step in history(&mut rng, &mut counts) {
                    batch.add_command(self.command(&keys, &step));
                    expected.push((number, Some(step)));
                }
                batch.add_command(deletion(&keys));
                expected.push((number, None));
            }
            let answers: Vec<RedisResult<Value>> =
                batch.query(&mut self.connection).map_err(|error| error.to_string())?;
            for ((number, step), answer) in expected.into_iter().zip(answers) {
                let answer = answer.map_err(|error| format!("history {number}, {step:?}: {error}"))?;
                check(number, step.as_ref(), &answer)?;
            }
        }
        Ok(counts)
    }

    fn command(&self, keys: &[String; 7], step: &Step) -> redis::Cmd {
        match step {
            Step::Script { script, args, now, .. } => {
                let mut command = redis::cmd("EVALSHA");
                command.arg(&self.digests[script]).arg(keys.len()).arg(keys).arg(args).arg(now);
                command
            }
            Step::Flush => deletion(keys),
            Step::Evict(index) => {
                let mut command = redis::cmd("DEL");
                command.arg(&keys[*index]);
                command
            }
            Step::Sums(_) => {
                let mut command = redis::cmd("HMGET");
                command.arg(&keys[0]).arg(&["W", "C", "B", "S"]);
                command
            }
        }
    }
}

fn deletion(keys: &[String; 7]) -> redis::Cmd {
    let mut command = redis::cmd("DEL");
    command.arg(keys);
    command
}

fn check(number: u64, step: Option<&Step>, answer: &Value) -> Result<(), String> {
    let expected: Vec<String> = match step {
        Some(Step::Script { answer, .. }) => answer.clone(),
        Some(Step::Sums(sums)) => sums.iter().map(ToString::to_string).collect(),
        _ => return Ok(()),
    };
    let found: Vec<String> = match answer {
        Value::Array(fields) => fields.iter().map(field).collect(),
        other => vec![format!("{other:?}")],
    };
    if found == expected {
        return Ok(());
    }
    Err(format!("history {number}: {step:?}\nthe server answers {found:?}"))
}

fn field(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    }
}
