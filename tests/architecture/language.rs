//! Phrases that are not standard technical English, in the pages and in the documentation of public modules.

use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Folders and files in standard technical English. A file is added when it has been rewritten.
const PLAIN: [&str; 21] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "benches/README.md",
    "benches/src",
    "examples",
    "resilience-macros/src/attribute.rs",
    "resilience-macros/src/diagnostics",
    "resilience-macros/src/expand",
    "resilience-macros/src/expand.rs",
    "resilience-macros/src/lib.rs",
    "resilience-macros/src/model",
    "resilience-macros/src/pages",
    "resilience-macros/src/paths.rs",
    "resilience-macros/src/stack",
    "resilience-macros/src/syntax",
    "resilience-macros/src/write",
    "resilience-redis",
    "resilience-runtime/LIMITS.md",
    "resilience-runtime/src",
];

/// The phrase, and its replacement.
const PHRASES: [(&str, &str); 11] = [
    ("so many ", "the number of .."),
    ("so much ", "the amount of .."),
    ("whoever", "those who"),
    ("the other side", "the server"),
    ("harms nobody", "is caught and ignored"),
    ("makes no sense", "is invalid"),
    ("make no sense", "are invalid"),
    ("nobody to complain", "cannot return an error"),
    ("is none that", "there is no"),
    ("is asked about", "is called with"),
    ("what was meant for", "the value of"),
];

fn check(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder of the list") {
            check(&entry.expect("an entry").path(), found);
        }
        return;
    }
    let text = fs::read_to_string(path).expect("a text").to_lowercase();
    for (number, line) in text.lines().enumerate() {
        for (phrase, instead) in PHRASES.iter().filter(|(phrase, _)| line.contains(phrase)) {
            found.push(format!("{}:{}: `{phrase}`; write `{instead}`", path.display(), number + 1));
        }
    }
}

#[test]
fn pages_use_the_terms_of_the_field() {
    let mut found = Vec::new();
    for path in PLAIN {
        check(&Path::new(ROOT).join(path), &mut found);
    }
    assert!(found.is_empty(), "{found:#?}");
}
