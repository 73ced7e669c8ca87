//! The texts of the scripts, and their calls.

use std::collections::BTreeMap;
use std::fs;

use redis::{Connection, ConnectionLike, Script, Value};
use resilience_redis::__testing::{Script as Sent, text};

const NAMES: [&str; 8] = ["view", "report", "acquire", "start", "settle", "override", "beat", "leave"];

/// The clock of the tests: the last argument.
const TEST_CLOCK: &str = "local function clock() return tonumber(ARGV[#ARGV]) end\n";

/// The texts of the scripts, with a clock.
#[derive(Clone)]
pub(crate) struct Scripts(BTreeMap<&'static str, Loaded>);

#[derive(Clone)]
struct Loaded {
    text: String,
    hash: String,
}

fn file(name: &str) -> String {
    let path = format!("{}/scripts/{name}.lua", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Scripts {
    /// With a clock that the tests set.
    pub(crate) fn with_test_clock() -> Self {
        Self::build(TEST_CLOCK, &file)
    }

    /// With the clock of the server: the texts that the crate sends.
    pub(crate) fn with_server_clock() -> Self {
        let scripts = Self::build(&file("clock"), &file);
        let sent = Sent::ALL.map(text);
        assert!(
            scripts.0.values().all(|script| sent.contains(&script.text)),
            "the crate sends other scripts"
        );
        scripts
    }

    /// With one file in which a text is replaced.
    pub(crate) fn mutated(name: &str, text: &str, instead: &str) -> Self {
        assert_eq!(file(name).matches(text).count(), 1, "`{text}` in {name}.lua");
        let read = |other: &str| {
            if other == name { file(name).replacen(text, instead, 1) } else { file(other) }
        };
        Self::build(TEST_CLOCK, &read)
    }

    /// Calls one script, whether the server knows it or not.
    pub(crate) fn call(
        &self,
        connection: &mut Connection,
        name: &'static str,
        keys: &[String],
        arguments: &[String],
    ) -> Value {
        let mut batch = Batch { known: NAMES.to_vec(), ..Batch::new(self) };
        batch.script(name, keys, arguments);
        let reply = batch.send(connection).remove(0);
        match &reply {
            Value::ServerError(error) if error.code() == "NOSCRIPT" => {
                let count = keys.len().to_string();
                let mut words = vec!["EVAL", &self.0[name].text, &count];
                words.extend(keys.iter().chain(arguments).map(String::as_str));
                batch.command(&words);
                batch.send(connection).remove(0)
            }
            _ => reply,
        }
    }

    fn build(clock: &str, read: &dyn Fn(&str) -> String) -> Self {
        let scripts = NAMES.map(|name| {
            let prelude = if matches!(name, "beat" | "leave") { String::new() } else { read("prelude") };
            let text = format!("{clock}{prelude}{}", read(name));
            let hash = Script::new(&text).get_hash().to_owned();
            (name, Loaded { text, hash })
        });
        Self(BTreeMap::from(scripts))
    }
}

/// Commands that are sent together.
pub(crate) struct Batch<'a> {
    scripts: &'a Scripts,
    /// The scripts that the server knows.
    known: Vec<&'static str>,
    packed: Vec<u8>,
    count: usize,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(scripts: &'a Scripts) -> Self {
        Self { scripts, known: Vec::new(), packed: Vec::new(), count: 0 }
    }

    pub(crate) fn command(&mut self, words: &[&str]) {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(word);
        }
        self.packed.extend(command.get_packed_command());
        self.count += 1;
    }

    /// Calls a script by its hash; and by its text where the server does not know it. Returns whether it is called twice.
    pub(crate) fn script(&mut self, name: &'static str, keys: &[String], arguments: &[String]) -> bool {
        let scripts = self.scripts;
        let Loaded { text, hash } = &scripts.0[name];
        let count = keys.len().to_string();
        let rest = keys.iter().chain(arguments).map(String::as_str);
        let words =
            |verb, script| [verb, script, count.as_str()].into_iter().chain(rest.clone()).collect::<Vec<_>>();
        self.command(&words("EVALSHA", hash));
        let is_new = !self.known.contains(&name);
        if is_new {
            self.known.push(name);
            self.command(&words("EVAL", text));
        }
        is_new
    }

    /// The server forgets the scripts.
    pub(crate) fn flush_scripts(&mut self) {
        self.command(&["SCRIPT", "FLUSH"]);
        self.known.clear();
    }

    /// Sends all commands, and returns the replies. The server knows the scripts from then on.
    pub(crate) fn send(&mut self, connection: &mut Connection) -> Vec<Value> {
        let packed = std::mem::take(&mut self.packed);
        let count = std::mem::take(&mut self.count);
        connection.req_packed_commands(&packed, 0, count).expect("the server answers")
    }
}
