//! The rules of the project, checked on the sources.

mod floors;
mod language;
mod matrix;
mod names;
mod pages;
mod paths;
mod pictures;
mod promises;
mod source;

use source::Source;

const RUNTIME: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience-runtime/src");
const MACROS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience-macros/src");

/// Where one file of a published crate says something that none of them may say.
fn found(words: &[&str]) -> Vec<String> {
    [RUNTIME, MACROS].into_iter().flat_map(Source::all).flat_map(|source| source.lines_with(words)).collect()
}

/// The files below `root` that say one of these words.
fn files(root: &str, words: &[&str]) -> Vec<String> {
    let sources = Source::all(root).into_iter();
    sources.filter(|source| !source.lines_with(words).is_empty()).map(|source| source.path).collect()
}

#[test]
fn no_published_source_reads_a_wall_clock() {
    assert_eq!(found(&["SystemTime", "UNIX_EPOCH"]), [""; 0]);
}

#[test]
fn no_published_source_panics_on_what_it_did_not_expect() {
    assert_eq!(found(&[".unwrap()", "todo!", "unimplemented!", "dbg!"]), [""; 0]);
}

#[test]
fn no_published_source_is_unsafe() {
    assert_eq!(found(&["unsafe ", "unsafe{", "allow(unsafe"]), [""; 0]);
}

/// What runs attempts takes none, unless somebody observes it. A circuit's own is taken in one file, and those of its lists beside them: short, and
/// never around code of the user's, as the circuit's tests of listeners and of errors that look back show. Batch polling
/// has one, in one file, and a test of its own of that kind.
#[test]
fn locks_are_taken_by_circuits_and_batch_polling_alone_and_in_few_files() {
    assert_eq!(files(MACROS, &["Mutex", "RwLock", "Condvar", ".lock()"]), [""; 0]);
    let taking = files(RUNTIME, &["Mutex", "RwLock", "Condvar", ".lock()"]);
    let registry = ["registry/layers.rs", "registry/list.rs", "registry/registered.rs"];
    let circuit =
        ["events.rs", "keyed.rs", "keyed/table.rs", "rejections.rs", "store.rs"].into_iter().chain(registry);
    let mut allowed: Vec<String> = circuit.map(|file| format!("circuit/{file}")).collect();
    let observed =
        ["calls.rs", "exchange.rs", "faults.rs", "functions.rs", "layers.rs", "nesting.rs", "sites.rs"];
    allowed.extend(observed.iter().map(|file| format!("telemetry/{file}")));
    allowed.extend(["executor/shared.rs".into(), "listeners.rs".into(), "settings/apply.rs".into()]);
    // The list of the clients in use.
    allowed.push("http/client.rs".into());
    // In tests alone.
    allowed.extend(["test_scope/mod.rs".into(), "testing/record.rs".into()]);
    for file in taking {
        // The sync façade names the lock that loom replaces.
        assert!(file == "sync.rs" || allowed.contains(&file), "{file} takes a lock");
    }
}

#[test]
fn one_file_reads_the_clock_and_one_blocks_the_thread() {
    // Of the runtime; the macros read none at all.
    let of = |words: &[&str]| files(RUNTIME, words);
    assert_eq!(of(&["Instant::now"]), ["clock.rs"]);
    assert_eq!(of(&["thread::sleep"]), ["sleep/blocking.rs"]);
    assert_eq!(of(&["time::sleep", "sleep_until"]), ["sleep/limited.rs", "sleep/pause.rs"]);
}

/// The machines are pure: they are told the time, and draw nothing.
#[test]
fn the_machines_read_no_clock_wait_for_nothing_and_draw_nothing() {
    let circuit =
        ["config", "event_queue", "machine", "rules", "eviction", "shared.rs", "state_word", "window"]
            .map(|module| format!("circuit/{module}"));
    let batches = ["executor/polls.rs", "executor/slots.rs", "executor/submissions.rs"];
    let decides = |path: &str| {
        path.starts_with("attempts/")
            || batches.contains(&path)
            || circuit.iter().any(|module| path.starts_with(module.as_str()))
    };
    for mut source in Source::all(RUNTIME).into_iter().filter(|source| decides(&source.path)) {
        // A lifetime is no state.
        source.code = source.code.replace("'static", "'_");
        let impure =
            ["Instant", "clock", "sleep", "fastrand", "draw", "tokio::", "Mutex", " static ", "static mut"];
        assert_eq!(source.lines_with(&impure), [""; 0]);
        assert!(!source.code.lines().any(|line| line.starts_with("static ")), "{}", source.path);
    }
}

#[test]
fn the_private_door_holds_only_re_exports_and_helpers() {
    let source = Source::read(RUNTIME, "__private.rs");
    let items: Vec<&str> = source
        .code
        .lines()
        // What begins at the margin is an item.
        .filter(|line| line.starts_with(char::is_alphabetic))
        .filter(|line| !["use ", "pub use ", "pub fn "].iter().any(|item| line.starts_with(item)))
        .collect();
    assert_eq!(items, [""; 0], "types, traits and modules live on a floor");
    // A helper hands over to the user's code; what decides anything is the machines'.
    for body in source.code.split("pub fn ").skip(1) {
        assert_eq!(
            body.matches(';').count() + body.matches(" if ").count(),
            usize::from(body.contains(");")),
            "{body}"
        );
    }
}

#[test]
fn only_one_file_of_the_macros_spells_the_runtime() {
    let spelt = |source: &Source| !source.lines_with(&[":: resilience", "::resilience"]).is_empty();
    let files: Vec<String> =
        Source::all(MACROS).into_iter().filter(spelt).map(|source| source.path).collect();
    assert_eq!(files, ["paths.rs"]);
}

#[test]
fn models_hold_values_and_one_folder_of_the_macros_writes_them() {
    let holding = files(MACROS, &["TokenStream", "quote_spanned"]);
    assert_eq!(holding.iter().filter(|file| file.starts_with("model/")).count(), 0, "{holding:?}");
    let paths = files(MACROS, &[".public()", ".private()", ".public_at(", ".private_at("]);
    for file in paths {
        assert!(file.starts_with("write/") || file == "paths.rs" || file == "stack/marker.rs", "{file}");
    }
}
