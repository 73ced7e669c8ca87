//! The paths that a source file imports or names.

use crate::source::Source;

/// All paths into this crate, from its root. `self::` and `super::` count in the files of the circuit, of batch polling and
/// of HTTP polling, where no inline module says them.
pub(crate) fn paths(source: &Source) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = source.code.as_str();
    while let Some((at, word)) = next(rest) {
        // A visibility imports nothing.
        let begins = !rest[..at].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c))
            && !rest[..at].ends_with("pub(in ");
        rest = &rest[at + word.len()..];
        let mut base = source.module();
        match word {
            "crate::" => base.clear(),
            _ if ["circuit/", "executor/", "http/"].iter().any(|wing| source.path.starts_with(wing)) => {}
            _ => continue,
        }
        if word == "super::" {
            base.pop();
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
        }
        if begins {
            tree(rest, &base, &mut found);
        }
    }
    found
}

fn next(text: &str) -> Option<(usize, &'static str)> {
    let words = ["crate::", "self::", "super::"];
    words.into_iter().filter_map(|word| Some((text.find(word)?, word))).min()
}

/// `a::b`, or `{a, b::{c}}`; what is left of the text.
fn tree<'a>(text: &'a str, base: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    if let Some(mut list) = text.strip_prefix('{') {
        loop {
            list = tree(list.trim_start(), base, found).trim_start();
            match list.strip_prefix(',') {
                Some(after) => list = after.trim_start(),
                None => return list.strip_prefix('}').unwrap_or(list),
            }
            if let Some(after) = list.strip_prefix('}') {
                return after;
            }
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        // A glob, or generics: the path before them has been followed far enough.
        found.push(base.to_vec());
        return rest;
    }
    let path = [base, &[name.to_owned()]].concat();
    if let Some(after) = rest.strip_prefix("::") {
        return tree(after, &path, found);
    }
    found.push(path);
    // `as other`
    rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == ' ' || c == '_')
}

#[test]
fn paths_are_followed_from_where_they_stand() {
    let code = "use super::a::B;\nuse super::super::{c, d::{E, f as g}};\nx(self::h::i::<crate::J>())";
    let source = Source { path: "circuit/window/calls.rs".into(), code: code.into() };
    let found: Vec<_> = paths(&source).iter().map(|path| path.join("::")).collect();
    let expected = [
        "circuit::window::a::B",
        "circuit::c",
        "circuit::d::E",
        "circuit::d::f",
        "circuit::window::calls::h::i",
        "J",
    ];
    assert_eq!(found, expected);
}
