//! The scripts and their server: its clock, its errors, permissions, and what they cost.

use std::time::Duration;

use redis::{Connection, Value};

use crate::command::{Command, Outcome, Reply, Report, Rule, Script, Trial, View, Window};
use crate::model::Key;
use crate::replay::{Keys, run};
use crate::scripts::Scripts;
use crate::server::Server;

/// A connection, and the scripts with the clock of the server.
struct Store {
    server: Server,
    connection: Connection,
    scripts: Scripts,
    keys: Keys,
    commands: u64,
}

impl Store {
    fn start() -> Self {
        let server = Server::start();
        let connection = server.connection();
        Self { server, connection, scripts: Scripts::with_server_clock(), keys: Keys::new(0), commands: 0 }
    }

    fn send(&mut self, words: &[&str]) -> Value {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query(&mut self.connection).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// The reply, or the error.
    fn try_ask(&mut self, node: &str, open: u64, script: Script) -> Result<View, String> {
        self.commands += 1;
        let nonce = format!("e{}", self.commands);
        let command = Command { node: node.to_owned(), nonce, open, max_open: open, script };
        let keys = &self.keys.circuit;
        match self.scripts.call(&mut self.connection, command.name(), keys, &command.arguments()) {
            Value::ServerError(error) => {
                Err(format!("{} {}", error.code(), error.details().unwrap_or_default()))
            }
            value => Reply::read(&command, &value).map(|reply| reply.view().expect("a circuit").clone()),
        }
    }

    /// The number of writes since the server started.
    fn changes(&mut self) -> u64 {
        let info: String =
            redis::cmd("INFO").arg("persistence").query(&mut self.connection).expect("an answer");
        let line = info.lines().find_map(|line| line.strip_prefix("rdb_changes_since_last_save:"));
        line.and_then(|count| count.trim().parse().ok()).expect("a number")
    }

    /// The number of writes by these scripts of the node `a`.
    fn changes_by(&mut self, scripts: impl IntoIterator<Item = Script>) -> u64 {
        let before = self.changes();
        for script in scripts {
            self.ask("a", HOUR, script);
        }
        self.changes() - before
    }

    fn ask(&mut self, node: &str, open: u64, script: Script) -> View {
        self.try_ask(node, open, script).expect("no error")
    }
}

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3600 * SECOND;

/// A report of a node that is alone and has failed.
fn failing(seq: u64, view: &View) -> Script {
    Script::Report(Report {
        seq,
        epoch: view.epoch.clone(),
        generation: view.generation,
        window: Window { calls: 1, failures: 1, slow: 0, vote: 1000 },
        rule: Rule { failure_rate: 0.0, slow_rate: 0.0, min_calls: 0 },
        peers: 0,
        fresh: 60 * SECOND,
        idle: 0,
    })
}

const ACQUIRE: Script =
    Script::Acquire { peers: 0, permits: 1, need: 1, hold: 2 * SECOND, grace: SECOND / 2 };

#[test]
fn a_circuit_opens_and_closes_by_the_clock_of_the_server() {
    let mut store = Store::start();
    let open = store.ask("a", HOUR, failing(1, &View::default()));
    assert_eq!((open.state.as_str(), open.generation), ("o", 2));
    assert!((HOUR - 60 * SECOND..=HOUR).contains(&open.open_for), "{open:?}");
    assert_eq!(store.ask("a", HOUR, ACQUIRE).extra, 0, "it is open for an hour");
    // The epoch that follows opens for a millisecond.
    store.send(&["FLUSHALL"]);
    store.ask("a", 1000, failing(2, &View::default()));
    let granted = (0..10_000).map(|_| store.ask("a", 1000, ACQUIRE)).find(|view| view.extra > 0);
    let View { epoch, generation, token, extra, .. } = granted.expect("a place, once it is half-open");
    assert!((1..=2 * SECOND).contains(&extra));
    let trial = Trial { epoch, generation, token };
    let started = store.ask("a", 1000, Script::Start { trial: trial.clone(), lease: HOUR });
    assert_eq!(started.extra, 1);
    let closed = store.ask("a", 1000, Script::Settle { trial, outcome: Outcome::Ok, need: 1 });
    assert_eq!((closed.state.as_str(), closed.extra), ("c", 1));
}

#[test]
fn what_is_denied_repeated_or_unknown_writes_nothing() {
    let mut store = Store::start();
    let view = store.ask("a", HOUR, healthy(1, &View::default()));
    let trial = || Trial { epoch: view.epoch.clone(), generation: 1, token: 7 };
    let start = || Script::Start { trial: trial(), lease: HOUR };
    let settle = || Script::Settle { trial: trial(), outcome: Outcome::Fail, need: 1 };
    let closed = [Script::View, ACQUIRE, healthy(1, &view), start(), settle()];
    assert_eq!(store.changes_by(closed), 0, "closed");
    store.ask("a", HOUR, failing(2, &view));
    assert_eq!(store.changes_by([Script::View, ACQUIRE, start(), settle()]), 0, "open");
    store.send(&["FLUSHALL"]);
    let view = store.ask("a", 0, failing(3, &View::default()));
    assert_ne!(store.ask("a", 0, ACQUIRE).extra, 0, "{view:?}");
    let others = Script::Acquire { peers: 1, permits: 1, need: 1, hold: SECOND, grace: 0 };
    let Script::Settle { mut trial, .. } = settle() else { panic!("a settle") };
    (trial.epoch, trial.generation) = (view.epoch, 3);
    let settle = Script::Settle { trial, outcome: Outcome::Fail, need: 1 };
    assert_eq!(store.changes_by([Script::View, ACQUIRE]), 0, "half-open, by the node that has the place");
    let (changes, _) = (store.changes(), store.ask("b", 0, others));
    store.ask("b", 0, settle);
    assert_eq!(store.changes() - changes, 0, "half-open, by another node");
}

#[test]
fn votes_of_nodes_that_have_crashed_do_not_open_a_fleet_that_works_again() {
    for (beats, state) in [(&["a", "b", "c", "d"][..], "o"), (&["c", "d"], "c")] {
        let mut store = Store::start();
        let nodes = store.keys.bucket[0].clone();
        for node in beats {
            store.send(&["ZADD", &nodes, "1", node]);
        }
        let mut view = View::default();
        for (node, vote) in [("c", 0), ("a", 1000), ("b", 1000), ("d", 0), ("c", 400)] {
            let mut script = with_window(store.commands + 1, &view, Window { vote, ..Window::default() });
            if let Script::Report(report) = &mut script {
                report.peers = if vote == 400 { beats.len() as u64 - 1 } else { 3 };
            }
            view = store.ask(node, HOUR, script);
        }
        assert_eq!(view.state, state, "live: {beats:?}");
    }
}

#[test]
fn a_node_that_has_seen_no_other_is_not_alone_if_the_store_knows_others() {
    for (beats, state) in [(&["a", "b", "c", "d"][..], "c"), (&["a"], "o"), (&[], "o")] {
        let mut store = Store::start();
        let nodes = store.keys.bucket[0].clone();
        for node in beats {
            store.send(&["ZADD", &nodes, "1", node]);
        }
        let view = store.ask("a", HOUR, failing(1, &View::default()));
        assert_eq!(view.state, state, "live: {beats:?}");
    }
}

#[test]
fn times_without_an_end_are_cut_to_a_year() {
    let mut store = Store::start();
    let open = store.ask("a", u64::MAX, failing(1, &View::default()));
    assert_eq!(open.state, "o");
    assert!((364 * 24 * HOUR..=365 * 24 * HOUR).contains(&open.open_for), "{open:?}");
    store.send(&["FLUSHALL"]);
    store.ask("a", 0, failing(2, &View::default()));
    let acquire = Script::Acquire { peers: 0, permits: u64::MAX, need: 1, hold: u64::MAX, grace: u64::MAX };
    let granted = store.ask("a", 0, acquire);
    assert!((364 * 24 * HOUR..=365 * 24 * HOUR).contains(&granted.extra), "{granted:?}");
    let View { epoch, generation, token, .. } = granted;
    let start = Script::Start { trial: Trial { epoch, generation, token }, lease: u64::MAX };
    assert_eq!(store.ask("a", 0, start).extra, 1);
    let mut report = failing(3, &View::default());
    if let Script::Report(report) = &mut report {
        report.fresh = u64::MAX;
    }
    assert_eq!(store.ask("a", 0, report).state, "h");
}

#[test]
fn an_override_lasts_for_its_time_and_not_longer_if_the_clock_goes_back() {
    let mut store = Store::start();
    let key = store.keys.of(Key::Override).to_owned();
    let set = store.ask("a", SECOND, Script::Override { state: "forced_open", millis: 3_600_000 });
    assert_eq!(
        (set.forced.as_str(), set.reason.as_str(), set.by.as_str()),
        ("forced_open", "why", "operator")
    );
    // The expiry is a point in time: a step back by a day prolongs it by a day.
    store.send(&["PEXPIRE", &key, "90000000"]);
    let seen = store.ask("b", SECOND, Script::View);
    assert!((1..=3_600_000).contains(&seen.forced_for.0), "{seen:?}");
    let Value::Int(left) = store.send(&["PTTL", &key]) else { panic!("a time") };
    assert!((1..=3_600_000).contains(&left), "{left}");
}

#[test]
fn an_override_without_an_end_is_renewed_by_every_node_that_sees_it() {
    let mut store = Store::start();
    let key = store.keys.of(Key::Override).to_owned();
    store.ask("a", SECOND, Script::Override { state: "forced_open", millis: 0 });
    store.send(&["PEXPIRE", &key, "60000"]);
    assert_eq!(store.ask("b", SECOND, Script::View).forced_for.0, -1);
    let Value::Int(left) = store.send(&["PTTL", &key]) else { panic!("a time") };
    assert!(left > 29 * 86_400_000, "{left}");
}

#[test]
fn a_key_of_another_program_is_an_error_and_the_circuit_recovers_when_it_is_gone() {
    for foreign in Key::ALL.into_iter().filter(|key| *key != Key::Change) {
        let mut store = Store::start();
        let mut view = View::default();
        for seq in 1..=2 {
            view = store.ask("a", HOUR, healthy(seq, &view));
        }
        let key = store.keys.of(foreign).to_owned();
        store.send(&["DEL", &key]);
        store.send(&["SET", &key, "mine"]);
        let script = if foreign == Key::Leases { half_open(&mut store, &view, &key) } else { loud(3, &view) };
        let error = store.try_ask("a", HOUR, script).expect_err(&format!("{foreign:?} of another type"));
        assert!(error.contains("WRONGTYPE"), "{foreign:?}: {error}");
        store.send(&["DEL", &key]);
        let mut view = store.ask("a", HOUR, Script::View);
        for seq in 4..=6 {
            view = store.ask("a", HOUR, failing(seq, &view));
        }
        assert_ne!(view.state, "c", "{foreign:?}");
    }
}

fn healthy(seq: u64, view: &View) -> Script {
    with_window(seq, view, Window { calls: seq, ..Window::default() })
}

/// Part of each ranking, but not enough to open.
fn loud(seq: u64, view: &View) -> Script {
    with_window(seq, view, Window { calls: 9, failures: 1, slow: 1, vote: 100 })
}

fn with_window(seq: u64, view: &View, window: Window) -> Script {
    let mut script = failing(seq, view);
    if let Script::Report(report) = &mut script {
        report.window = window;
    }
    script
}

/// Makes the circuit half-open with a foreign key in place of its leases.
fn half_open(store: &mut Store, view: &View, key: &str) -> Script {
    store.send(&["DEL", key]);
    store.ask("a", 0, failing(3, view));
    assert_ne!(store.ask("a", 0, ACQUIRE).extra, 0);
    store.send(&["DEL", key]);
    store.send(&["SET", key, "mine"]);
    ACQUIRE
}

#[test]
fn a_command_that_is_not_permitted_is_named_and_hints_are_not_needed() {
    let mut store = Store::start();
    // As Redis and Valkey write it.
    let is_named = |error: &str| {
        ["can't run this command", "no permissions to run"].iter().any(|part| error.contains(part))
    };
    for (rule, is_needed) in
        [("-publish", false), ("resetchannels", false), ("-pexpire", true), ("-hset", true)]
    {
        store.send(&["FLUSHALL"]);
        store.send(&[
            "ACL",
            "SETUSER",
            "node",
            "reset",
            "on",
            ">secret",
            "~resilience:*",
            "&*",
            "+@all",
            rule,
        ]);
        store.send(&["AUTH", "node", "secret"]);
        let answer = store.try_ask("a", HOUR, failing(1, &View::default()));
        store.connection = store.server.connection();
        match answer {
            Ok(view) => assert!(!is_needed && view.state == "o", "{rule}: {view:?}"),
            Err(error) => assert!(is_needed && is_named(&error), "{rule}: {error}"),
        }
    }
}

#[test]
fn the_commands_that_the_readme_names_are_all_that_the_scripts_need() {
    let readme = include_str!("../../README.md");
    let list = readme.lines().find_map(|line| line.strip_prefix("`EVALSHA ")).expect("the list");
    let named = list.trim_end_matches("`.").split(' ').map(|name| format!("+{}", name.to_lowercase()));
    let server = Server::start();
    let mut connection = server.connection();
    // What the test itself sends.
    let own = ["+evalsha", "+flushall", "+script|flush", "+del"].map(str::to_owned);
    let rules = ["ACL", "SETUSER", "node", "reset", "on", ">secret", "~resilience:*", "&resilience:*"];
    let mut command = redis::cmd("ACL");
    command.arg(&rules[1..]).arg(named.chain(own).collect::<Vec<_>>());
    command.exec(&mut connection).expect("valid rules");
    redis::cmd("AUTH").arg("node").arg("secret").exec(&mut connection).expect("a user");
    if let Err(difference) = run(&mut connection, &Scripts::with_test_clock(), 0..500) {
        panic!("{difference}");
    }
}

#[test]
fn a_circuit_takes_little_memory_and_a_report_little_time_in_a_large_fleet() {
    for (nodes, all_fail, most) in
        [(4, false, 1_100), (50, false, 4_200), (50, true, 9_000), (1000, true, 600_000)]
    {
        let mut store = Store::start();
        let mut view = View::default();
        let mut took = 0;
        for round in 1..=3 {
            let before = microseconds(&mut store);
            for node in 0..nodes {
                let mut script = if all_fail { loud(round, &view) } else { healthy(round, &view) };
                if let Script::Report(report) = &mut script {
                    report.peers = nodes - 1;
                }
                view = store.ask(&format!("{node:016x}"), SECOND, script);
            }
            took = (microseconds(&mut store) - before) / nodes;
        }
        assert_eq!((view.state.as_str(), view.generation), ("c", 1));
        let bytes: i64 = store
            .keys
            .circuit
            .clone()
            .iter()
            .map(|key| match store.send(&["MEMORY", "USAGE", key]) {
                Value::Int(bytes) => bytes,
                _ => 0,
            })
            .sum();
        let kind = if all_fail { "failing" } else { "healthy" };
        println!(
            "{nodes} {kind} nodes: {bytes} bytes, {took} µs of the server for a report and its round trip"
        );
        assert!(bytes < most, "{nodes} {kind} nodes: {bytes} bytes");
    }
}

/// The processor time of the server.
fn microseconds(store: &mut Store) -> u64 {
    let info: String = redis::cmd("INFO").arg("cpu").query(&mut store.connection).expect("an answer");
    let seconds = |name: &str| {
        let line = info.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim_start_matches(':').trim().parse::<f64>().expect("a number")
    };
    let time = Duration::from_secs_f64(seconds("used_cpu_sys:") + seconds("used_cpu_user:"));
    time.as_micros().try_into().expect("a short time")
}

#[test]
fn the_value_of_changes_lives_as_long_as_a_node_beats_and_a_lost_one_is_replaced() {
    let mut store = Store::start();
    let keys = store.keys.bucket.clone();
    let beat = |store: &mut Store, nonce: &str| {
        let arguments = ["a", "5000000", nonce, "600000"].map(str::to_owned);
        let answer = store.scripts.call(&mut store.connection, "beat", &keys, &arguments);
        assert_eq!(store.send(&["GET", &keys[1]]), Value::BulkString(nonce_of(&answer)));
        let Value::Int(left) = store.send(&["PTTL", &keys[1]]) else { panic!("a time") };
        assert!(left > 590_000, "{left}");
        nonce_of(&answer)
    };
    assert_eq!(beat(&mut store, "one"), b"one");
    store.send(&["PEXPIRE", &keys[1], "1000"]);
    assert_eq!(beat(&mut store, "two"), b"one", "it is renewed");
    store.send(&["FLUSHALL"]);
    assert_eq!(beat(&mut store, "three"), b"three");
}

/// What a beat answers beside the number of nodes.
fn nonce_of(answer: &Value) -> Vec<u8> {
    let Value::Array(items) = answer else { panic!("{answer:?}") };
    let [Value::Int(1), Value::BulkString(nonce)] = &items[..] else { panic!("{answer:?}") };
    nonce.clone()
}

#[test]
fn a_node_that_nobody_calls_does_not_vote_although_its_circuit_is_open() {
    for (idle, state) in [(0, "o"), (60 * SECOND, "c")] {
        let mut store = Store::start();
        let mut view = View::default();
        // Two of four have been open since their last call. Then a third one fails once.
        for (node, vote) in [("a", 0), ("b", 0), ("c", 0), ("d", 0), ("a", 1000), ("b", 1000), ("c", 200)] {
            let mut script = with_window(store.commands + 1, &view, Window { vote, ..Window::default() });
            if let Script::Report(report) = &mut script {
                report.peers = 3;
                report.idle = if vote == 1000 { idle } else { 0 };
            }
            view = store.ask(node, HOUR, script);
        }
        assert_eq!(view.state, state, "not called for {idle} µs");
    }
}
