//! Compiles the files of mistakes and the programs of other tests in one run of cargo.
//!
//! All of them are examples of one scratch package, which shares the target directory, the lock file and the
//! dependencies of the workspace: only the two crates are built a second time.

mod compile;
mod message;
mod ours;
mod package;
mod snapshot;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::{env, fs};

use message::Message;
use snapshot::{Snapshot, Update};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const UI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/diagnostics/ui");

/// Programs that must compile and run, each with its edition: unsafe functions, which this package forbids, and paths.
const PROGRAMS: [(&str, &str, &str); 10] = [
    ("unsafe_circuit", "tests/circuit/pass/unsafe_fn.rs", "2024"),
    ("unsafe_matrix", "tests/matrix/pass/unsafe_fn.rs", "2024"),
    ("unsafe_function_kinds", "tests/function_kinds/pass/unsafe_fn.rs", "2024"),
    ("paths_2015", "tests/matrix/pass/paths.rs", "2015"),
    ("paths_2018", "tests/matrix/pass/paths.rs", "2018"),
    ("paths_2021", "tests/matrix/pass/paths.rs", "2021"),
    ("paths_2024", "tests/matrix/pass/paths.rs", "2024"),
    ("async_paths_2018", "tests/matrix/pass/async_paths.rs", "2018"),
    ("async_paths_2021", "tests/matrix/pass/async_paths.rs", "2021"),
    ("async_paths_2024", "tests/matrix/pass/async_paths.rs", "2024"),
];

/// A library that the programs use.
const FACADE: &str = "tests/matrix/pass/facade.rs";

/// An example of the scratch package.
struct Example {
    path: PathBuf,
    edition: &'static str,
}

/// What one run of cargo said about every file.
static OUTPUT: LazyLock<Output> = LazyLock::new(|| {
    let example = |path, edition| Example { path, edition };
    let mistakes = mistakes().into_iter().map(|file| {
        let edition = if topic(&file) == "edition_2015" { "2015" } else { "2024" };
        (topic(&file).to_owned(), example(file, edition))
    });
    let programs =
        PROGRAMS.map(|(name, path, edition)| (name.to_owned(), example(Path::new(ROOT).join(path), edition)));
    let files: BTreeMap<String, Example> = mistakes.chain(programs).collect();
    compile::run(&package::write(&files))
});

struct Output {
    /// The messages of each file, in the order of their positions.
    messages: BTreeMap<String, Vec<Message>>,
    /// The programs that were built.
    executables: BTreeMap<String, PathBuf>,
    /// What cargo printed for people, for when the above is not as expected.
    log: String,
}

/// The files of mistakes.
pub(crate) fn mistakes() -> Vec<PathBuf> {
    let files = fs::read_dir(UI).expect("the folder stands beside this test");
    let paths = files.map(|file| file.expect("the folder can be listed").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    paths.sort();
    paths
}

/// The name of a file of mistakes.
pub(crate) fn topic(file: &Path) -> &str {
    file.file_stem().and_then(|stem| stem.to_str()).expect("file names are ASCII")
}

/// The differences between the messages for each file and its snapshot, which `MESSAGES` can have rewritten.
pub(crate) fn differences() -> String {
    let update = env::var("MESSAGES").ok().map(|update| match update.as_str() {
        "overwrite" => Update::Overwrite,
        "add" => Update::Add,
        other => panic!("expected `MESSAGES=overwrite` or `MESSAGES=add`, found `{other}`"),
    });
    let mut differences = String::new();
    for file in mistakes() {
        let path = file.with_extension("messages");
        let mut expected = Snapshot::read(&fs::read_to_string(&path).unwrap_or_default());
        let found = || Snapshot::of(OUTPUT.messages.get(topic(&file)).map_or(&[], Vec::as_slice));
        if let Some(update) = update {
            expected = expected.updated(found(), update);
            fs::write(&path, expected.write()).expect("snapshots can be written");
        }
        let difference = expected.difference(&found());
        if !difference.is_empty() {
            differences.extend(["--- ", &path.display().to_string(), "\n", &difference]);
        }
    }
    differences
}

/// Runs one of the programs, which panics if anything is wrong.
pub(crate) fn run(name: &str) {
    let program = OUTPUT.executables.get(name);
    let program = program.unwrap_or_else(|| panic!("`{name}` does not compile:\n{}", OUTPUT.log));
    let output = Command::new(program).output().expect("a program that was just built can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
