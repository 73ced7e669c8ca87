//! Compares the list of promises with the tests that it names.

use std::fs;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience-runtime");
const PROMISES: &str = include_str!("../../resilience-runtime/CORRECTNESS.md");
const LIMITS: &str = include_str!("../../resilience-runtime/LIMITS.md");

/// Every link to a file of sources, with its words: what is in `[..](..)`.
fn links(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("](").zip(text.split("](").skip(1)).filter_map(|(before, after)| {
        let words = before.rsplit('[').next()?.trim_matches('`');
        let path = after.split(')').next()?;
        is_source(path).then_some((words, path))
    })
}

fn is_source(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

/// A test, or a case of a table of laws.
fn is_test_in(source: &str, name: &str) -> bool {
    source.contains(&format!("fn {name}(")) || source.contains(&format!("\n    {name} {{"))
}

#[test]
fn every_promise_names_a_test_that_exists() {
    for row in PROMISES.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise")) {
        assert!(links(row).next().is_some(), "no test: {row}");
    }
    let mut names = 0;
    for (words, path) in links(PROMISES).chain(links(LIMITS)) {
        let source = fs::read_to_string(Path::new(FOLDER).join(path)).expect("the link leads to a file");
        // Other words are those of a whole file.
        if !is_source(words) {
            assert!(is_test_in(&source, words), "no test `{words}` in {path}");
            names += 1;
        }
    }
    assert!(names > 50, "the links are read");
}
