//! A module imports only from the floors below it. Modules of one floor may import each other, but not in a cycle.
//!
//! The modules of the circuit, of settings, of telemetry, of batch polling and of HTTP polling are counted individually.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::RUNTIME;
use crate::paths::paths;
use crate::source::Source;

/// Modules whose own modules count one by one.
const WINGS: [&str; 5] = ["circuit", "executor", "http", "settings", "telemetry"];

/// Modules that only document and re-export what stands on lower floors.
const PAGES: [&str; 4] = ["batch", "breaker", "circuit_store", "functions"];

/// The floors, from the comments between the modules in `lib.rs` and in the `mod.rs` of each wing, and which re-exports stand for
/// which module.
struct House {
    /// `circuit/machine` for modules of the circuit, `clock` for others.
    floor_of: BTreeMap<String, usize>,
    home_of: BTreeMap<String, String>,
}

impl House {
    fn read() -> Self {
        let mut house = Self { floor_of: BTreeMap::new(), home_of: BTreeMap::new() };
        house.read_modules("lib.rs", "");
        for wing in WINGS {
            house.read_modules(&format!("{wing}/mod.rs"), &format!("{wing}/"));
        }
        house
    }

    fn read_modules(&mut self, file: &str, prefix: &str) {
        let text = fs::read_to_string(format!("{RUNTIME}/{file}")).expect("the file is there");
        let mut floor = None;
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("// Floor ") {
                let number = comment.split(':').next().and_then(|number| number.parse().ok());
                floor = Some(number.expect("a floor has a number"));
            } else if line.starts_with("// Floors of its own") {
                floor = None;
            } else if let Some(module) = module(line) {
                match floor {
                    Some(floor) => _ = self.floor_of.insert(format!("{prefix}{module}"), floor),
                    None => {
                        assert!(
                            WINGS.contains(&module) || module == "tests",
                            "`{module}` stands on no floor"
                        );
                    }
                }
            }
        }
        for (home, names) in re_exports(&text) {
            if prefix.is_empty() && PAGES.contains(&home.as_str()) {
                self.read_modules(&format!("{home}.rs"), "");
                continue;
            }
            let home = format!("{prefix}{home}");
            self.home_of.extend(names.into_iter().map(|name| (format!("{prefix}{name}"), home.clone())));
        }
    }

    /// The module that a path from the root leads to.
    fn module_of(&self, path: &[String]) -> Option<String> {
        let (first, rest) = path.split_first()?;
        if WINGS.contains(&first.as_str()) {
            let name = format!("{first}/{}", rest.first()?);
            let known = self.floor_of.contains_key(&name);
            return if known { Some(name) } else { self.home_of.get(&name).cloned() };
        }
        if self.floor_of.contains_key(first) {
            return Some(first.clone());
        }
        match self.home_of.get(first)?.as_str() {
            wing if WINGS.contains(&wing) => self.module_of(&[wing.into(), first.clone()]),
            home => Some(home.into()),
        }
    }
}

fn module(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// `pub use home::{A, b};`, on one line or several.
fn re_exports(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for statement in text.split("\npub").skip(1) {
        let statement = statement.trim_start_matches("(crate)");
        let Some(path) = statement.strip_prefix(" use ").and_then(|rest| rest.split(';').next()) else {
            continue;
        };
        let path = path.trim_start_matches("crate::");
        let Some((home, names)) = path.split_once("::") else { continue };
        let names = names.trim_matches(['{', '}']).split(',').map(|name| name.trim().to_owned());
        found.push((home.to_owned(), names.filter(|name| !name.is_empty()).collect()));
    }
    found
}

/// Module by module, what it imports from others.
fn imports(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let lists = [
        "lib.rs",
        "batch.rs",
        "breaker.rs",
        "circuit_store.rs",
        "functions.rs",
        "circuit/mod.rs",
        "executor/mod.rs",
        "http/mod.rs",
        "settings/mod.rs",
        "telemetry/mod.rs",
    ];
    for source in Source::all(RUNTIME).iter().filter(|source| !lists.contains(&source.path.as_str())) {
        let module = house.module_of(&source.module()).expect("a file belongs to a module");
        for path in paths(source) {
            // A macro that is exported stands at the root.
            if path[0].starts_with("__resilience_") {
                continue;
            }
            let target = house.module_of(&path);
            let target = target.unwrap_or_else(|| panic!("{}: what is {path:?}?", source.path));
            if target != module {
                imports.entry(module.clone()).or_default().insert(target);
            }
        }
    }
    imports
}

/// A module and everything it stands on.
fn below(module: &str, imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut below = BTreeSet::from([String::from(module)]);
    loop {
        let more: BTreeSet<String> =
            below.iter().filter_map(|module| imports.get(module)).flatten().cloned().collect();
        let before = below.len();
        below.extend(more);
        if below.len() == before {
            return below.into_iter().collect();
        }
    }
}

#[test]
fn the_floors_are_read() {
    let house = House::read();
    assert_eq!(house.floor_of["time"], 0);
    assert_eq!(house.floor_of["backoff"], 1);
    assert_eq!(house.floor_of["attempts"], 2);
    assert!(house.floor_of["clock"] < house.floor_of["retry"]);
    assert!(house.floor_of["retry"] < house.floor_of["__private"]);
    let module_of = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(ToString::to_string).collect();
        house.module_of(&path)
    };
    assert_eq!(module_of(&["RetryPolicy"]).as_deref(), Some("attempts"));
    assert!(imports(&house)["retry"].contains("attempts"), "imports are found");
}

#[test]
fn the_floors_of_the_circuit_are_read() {
    let house = House::read();
    assert_eq!(house.floor_of["circuit/machine"], house.floor_of["attempts"], "both decide");
    assert!(house.floor_of["circuit/config"] < house.floor_of["circuit/machine"]);
    assert!(house.floor_of["circuit/machine"] < house.floor_of["circuit/store"]);
    assert!(house.floor_of["circuit/store"] < house.floor_of["circuit/breaker"]);
    let module_of = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(ToString::to_string).collect();
        house.module_of(&path)
    };
    for path in [&["CircuitOpen"][..], &["circuit", "CircuitOpen"], &["circuit", "rejection", "CircuitOpen"]]
    {
        assert_eq!(module_of(path).as_deref(), Some("circuit/rejection"), "{path:?}");
    }
    let imports = imports(&house);
    assert!(imports["circuit/store"].contains("circuit/machine"), "`super::` is followed");
    assert!(imports["circuit/window"].contains("circuit/rules"), "from a folder too");
    assert!(imports["event"].contains("circuit/name"), "and so is `crate::circuit::`");
}

#[test]
fn the_floors_of_batch_polling_are_read() {
    let house = House::read();
    for pure in ["executor/polls", "executor/slots", "executor/submissions"] {
        assert_eq!(house.floor_of[pure], house.floor_of["attempts"], "both decide");
    }
    assert!(house.floor_of["executor/polls"] < house.floor_of["executor/state"]);
    assert!(house.floor_of["executor/shared"] < house.floor_of["executor/drive"]);
    let module_of = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(ToString::to_string).collect();
        house.module_of(&path)
    };
    for path in [&["PollFailure"][..], &["executor", "PollFailure"], &["executor", "failure", "PollFailure"]]
    {
        assert_eq!(module_of(path).as_deref(), Some("executor/failure"), "{path:?}");
    }
    assert_eq!(module_of(&["executor", "PollExecutor"]).as_deref(), Some("executor/poll_executor"));
    let imports = imports(&house);
    assert!(imports["executor/state"].contains("executor/slots"), "`super::` is followed");
    assert_eq!(below("executor/slots", &imports), ["executor/failure", "executor/slots"]);
    // Values are dropped one by one, and each panic is caught.
    assert_eq!(
        below("executor/polls", &imports),
        ["executor/catch", "executor/failure", "executor/polls", "executor/slots"]
    );
    assert_eq!(
        below("executor/submissions", &imports),
        ["executor/failure", "executor/fifo", "executor/slots", "executor/submissions"]
    );
}

#[test]
fn the_floors_of_http_are_read() {
    let house = House::read();
    assert!(house.floor_of["poll"] < house.floor_of["http/error"]);
    assert!(house.floor_of["http/error"] < house.floor_of["http/condition"]);
    assert!(house.floor_of["http/condition"] < house.floor_of["http/run"]);
    let imports = imports(&house);
    assert!(imports["http/run"].contains("poll") && imports["http/condition"].contains("http/response"));
    assert!(imports["http/run"].contains("http/poller"), "a path through a re-export is followed");
}

#[test]
fn the_floors_of_telemetry_are_read() {
    let house = House::read();
    assert!(house.floor_of["telemetry/site"] < house.floor_of["telemetry/event"]);
    assert!(house.floor_of["telemetry/observation"] < house.floor_of["retry"]);
    let imports = imports(&house);
    assert!(imports["retry"].contains("telemetry/observation"), "a path through a re-export is followed");
}

#[test]
fn nothing_imports_from_a_floor_above_it() {
    let house = House::read();
    for (module, targets) in imports(&house) {
        for target in targets {
            assert!(
                house.floor_of[&target] <= house.floor_of[&module],
                "`{module}` on floor {} imports from `{target}` on floor {}",
                house.floor_of[&module],
                house.floor_of[&target],
            );
        }
    }
}

#[test]
fn modules_of_one_floor_do_not_stand_on_one_another_in_a_circle() {
    let house = House::read();
    let mut tied = imports(&house);
    // What stands on nothing that is left can be taken away; a circle cannot.
    while let Some(module) = tied
        .iter()
        .find(|(_, targets)| targets.iter().all(|target| !tied.contains_key(target)))
        .map(|(module, _)| module.clone())
    {
        tied.remove(&module);
    }
    assert!(tied.is_empty(), "a circle: {tied:?}");
}

#[test]
fn the_decisions_stand_on_nothing_that_knows_the_time() {
    let imports = imports(&House::read());
    assert_eq!(
        below("attempts", &imports),
        [
            "attempts",
            "backoff",
            "budget",
            "circuit/state",
            "error",
            "option_value",
            "ratio",
            "rng",
            "telemetry/outcome",
            // Budgets and seeds of tests.
            "test_scope",
            "text",
            "time"
        ]
    );
    let circuit = ["config", "eviction", "machine", "rules", "shared", "state", "state_word", "window"];
    let mut expected: Vec<String> = circuit.iter().map(|module| format!("circuit/{module}")).collect();
    expected.extend(["error", "ratio", "text", "time"].map(String::from));
    assert_eq!(below("circuit/machine", &imports), expected);
}
