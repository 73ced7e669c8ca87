//! Names of types and files.

use std::collections::BTreeMap;

use crate::source::Source;
use crate::{MACROS, RUNTIME};

/// The type or trait that an unindented line of code declares.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("pub(").and_then(|rest| Some(rest.split_once(") ")?.1)).unwrap_or(line);
    let item =
        ["struct ", "enum ", "trait ", "union ", "type "].iter().find_map(|item| line.strip_prefix(item))?;
    item.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

#[test]
fn the_name_of_a_type_exists_once_in_a_crate() {
    for root in [RUNTIME, MACROS] {
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for source in Source::all(root) {
            for name in source.code.lines().filter_map(declared) {
                files.entry(name.to_owned()).or_default().push(source.path.clone());
            }
        }
        assert!(files.len() > 50, "types are found");
        files.retain(|_, files| files.len() > 1);
        assert!(files.is_empty(), "{files:#?}");
    }
    assert_eq!(declared("pub(in crate::circuit) struct Slots<T> {"), Some("Slots"));
}

/// Words that say nothing to a reader who knows the field.
#[test]
fn names_are_the_terms_of_the_field() {
    let vague = [
        "asked", "given", "over", "share", "word", "words", "ledger", "notice", "memory", "mail", "twins",
        "seeds", "shapes", "shape", "told", "standing",
    ];
    for root in [RUNTIME, MACROS] {
        for source in Source::all(root) {
            let stem =
                source.path.trim_end_matches(".rs").rsplit('/').next().expect("a path has a last part");
            assert!(!vague.contains(&stem), "the file {}", source.path);
            for name in source.code.lines().filter_map(declared) {
                assert!(!vague.contains(&name.to_lowercase().as_str()), "the type {name} in {}", source.path);
            }
        }
    }
}
