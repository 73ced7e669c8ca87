//! Histories through a server, compared with the model.

use std::fmt;

use redis::{Connection, Value};

use crate::command::{Micros, Reply, Script};
use crate::history::{Counts, History, Step, history};
use crate::model::{Key, Model, State};
use crate::scripts::{Batch, Scripts};
use crate::server::Server;

/// The number of histories that are sent together.
const TOGETHER: u64 = 50;

/// After this number of steps, every key is checked for an expiry.
const CHECKED: usize = 8;

/// The first difference between the scripts and the model.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) seed: u64,
    /// Whether a script failed, instead of giving another reply.
    pub(crate) is_error: bool,
    text: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the history of seed {}: {}", self.seed, self.text)
    }
}

/// Runs the histories of these seeds through one server. Stops at the first difference.
pub(crate) fn run(
    connection: &mut Connection,
    scripts: &Scripts,
    seeds: impl Iterator<Item = u64>,
) -> Result<Counts, Difference> {
    let mut batch = Batch::new(scripts);
    let mut counts = Counts::default();
    let mut waiting = Vec::new();
    batch.flush_scripts();
    let mut seeds = seeds.peekable();
    // The reply to the flush.
    let mut skipped = 1;
    while let Some(seed) = seeds.next() {
        let history = history(seed);
        counts.add(&history.counts);
        let expected = send(&mut batch, &history, seed);
        waiting.push((seed, expected));
        if waiting.len() as u64 == TOGETHER || seeds.peek().is_none() {
            let mut replies = batch.send(connection).into_iter().skip(skipped);
            skipped = 0;
            for (seed, expected) in waiting.drain(..) {
                for (step, expected) in expected.into_iter().enumerate() {
                    let reply = replies.next().expect("a reply to each command");
                    let difference = expected.differs(&reply).map_err(|text| (text, true));
                    let (text, is_error) = match difference {
                        Ok(None) => continue,
                        Ok(Some(text)) => (text, false),
                        Err(wrong) => wrong,
                    };
                    return Err(Difference { seed, is_error, text: format!("command {step}: {text}") });
                }
            }
        }
    }
    Ok(counts)
}

/// What a command of the batch has to answer.
enum Expected {
    Anything,
    NoScript,
    Reply(Box<(Step, Reply)>),
    /// An expiry: of a key that is missing, or in some time.
    Expiry,
    Sums([u64; 4]),
}

impl Expected {
    /// The difference, or the error of a script.
    fn differs(&self, value: &Value) -> Result<Option<String>, String> {
        if let Value::ServerError(error) = value {
            let is_no_script = error.code() == "NOSCRIPT";
            let is_expected = is_no_script && matches!(self, Self::NoScript);
            return if is_expected { Ok(None) } else { Err(format!("{error:?}")) };
        }
        match self {
            Self::Anything => Ok(None),
            Self::NoScript => Ok(Some(format!("a flushed script answers {value:?}"))),
            Self::Expiry => Ok((*value == Value::Int(-1)).then(|| "a key without an expiry".to_owned())),
            Self::Sums(sums) => {
                let expected = sums.map(|sum| match sum {
                    0 if *value == Value::Array(vec![Value::Nil; 4]) => Value::Nil,
                    sum => Value::BulkString(sum.to_string().into_bytes()),
                });
                Ok((*value != Value::Array(expected.to_vec()))
                    .then(|| format!("sums {value:?}, not {sums:?}")))
            }
            Self::Reply(expected) => {
                let (step, expected) = &**expected;
                let Step::Ask(command, _) = step else { return Ok(None) };
                let reply = Reply::read(command, value);
                let is_same = reply.as_ref() == Ok(expected);
                Ok((!is_same).then(|| format!("{step:#?}\nanswers {reply:#?}\nthe model {expected:#?}")))
            }
        }
    }
}

/// Puts a history into the batch. Returns what to expect.
fn send(batch: &mut Batch<'_>, history: &History, seed: u64) -> Vec<Expected> {
    let keys = Keys::new(seed);
    let keys_of_all: Vec<_> = keys.circuit.iter().chain(&keys.bucket).map(String::as_str).collect();
    let mut expected = Vec::new();
    for (index, (step, reply)) in history.steps.iter().enumerate() {
        match step {
            Step::Lose(key) => {
                batch.command(&["DEL", keys.of(*key)]);
                expected.push(Expected::Anything);
            }
            Step::FlushAll => {
                batch.command(&["FLUSHALL", "ASYNC"]);
                expected.push(Expected::Anything);
            }
            Step::ScriptFlush => {
                batch.flush_scripts();
                expected.push(Expected::Anything);
            }
            Step::Ask(command, now) => {
                let arguments = with_time(command.arguments(), *now);
                let keys = match command.script {
                    Script::Beat { .. } | Script::Leave => &keys.bucket[..],
                    _ => &keys.circuit[..],
                };
                if batch.script(command.name(), keys, &arguments) {
                    expected.push(Expected::NoScript);
                }
                let reply = reply.clone().expect("a reply to each command");
                expected.push(Expected::Reply(Box::new((step.clone(), reply))));
                if index % CHECKED == 0 {
                    expect_expiries(batch, &keys_of_all, &mut expected);
                }
            }
        }
    }
    expect_expiries(batch, &keys_of_all, &mut expected);
    if let Some(sums) = sums(&history.end) {
        batch.command(&[
            "HMGET",
            keys.of(Key::Circuit),
            "sum_votes",
            "sum_calls",
            "sum_failures",
            "sum_slow",
        ]);
        expected.push(Expected::Sums(sums));
    }
    batch.command(&[&["UNLINK"], &keys_of_all[..]].concat());
    expected.push(Expected::Anything);
    expected
}

fn expect_expiries(batch: &mut Batch<'_>, keys: &[&str], expected: &mut Vec<Expected>) {
    for key in keys {
        batch.command(&["PTTL", key]);
        expected.push(Expected::Expiry);
    }
}

fn with_time(mut arguments: Vec<String>, now: Micros) -> Vec<String> {
    arguments.push(now.to_string());
    arguments
}

/// The sums of the windows, where the scripts know them all.
fn sums(model: &Model) -> Option<[u64; 4]> {
    let circuit = model.circuit.as_ref().filter(|it| it.state == State::Closed && !it.lost.windows)?;
    let windows = || circuit.windows.values().map(|(_, window)| window);
    Some([
        windows().map(|window| window.vote).sum(),
        windows().map(|window| window.calls).sum(),
        windows().map(|window| window.failures).sum(),
        windows().map(|window| window.slow).sum(),
    ])
}

/// The keys of the circuit of one history, and of its bucket.
pub(crate) struct Keys {
    pub(crate) circuit: [String; 10],
    pub(crate) bucket: [String; 2],
}

impl Keys {
    pub(crate) fn new(seed: u64) -> Self {
        let keys = resilience_redis::__testing::Keys::new(&format!("h{seed}"));
        Self { circuit: keys.circuit("x"), bucket: [keys.nodes(), keys.changes()] }
    }

    pub(crate) fn of(&self, key: Key) -> &str {
        let at = Key::ALL.iter().position(|other| *other == key).expect("a key of the list");
        &self.circuit[at]
    }
}

/// Runs this number of histories, with one server for each of two threads.
pub(crate) fn run_many(histories: u64, from: u64) -> Counts {
    let halves = [0, 1].map(|half| {
        std::thread::spawn(move || {
            let server = Server::start();
            let seeds = (from..from + histories).filter(move |seed| seed % 2 == half);
            run(&mut server.connection(), &Scripts::with_test_clock(), seeds)
        })
    });
    let mut counts = Counts::default();
    for half in halves {
        match half.join().expect("no panic in a history") {
            Ok(half) => counts.add(&half),
            Err(difference) => panic!("{difference}"),
        }
    }
    counts
}
