//! Distinguishes texts of this library from those of the compiler.

use std::fs;
use std::path::Path;

use super::ROOT;

/// The shortest text worth a comparison, without its placeholders: a template such as `{}` would match everything.
const MIN_TEXT: usize = 10;

/// The string literals of the runtime, each as the pieces between its placeholders.
///
/// The compiler's own words change from version to version. Ours are those that a literal of the runtime spells, in
/// `#[diagnostic::on_unimplemented]` or in a panic of a `const fn`.
pub(super) struct Ours(Vec<Vec<String>>);

impl Ours {
    pub(super) fn read() -> Self {
        let mut literals = Vec::new();
        add_folder(&Path::new(ROOT).join("resilience-runtime/src"), &mut literals);
        let templates = literals.iter().map(|literal| pieces(literal));
        Self(templates.filter(|pieces| pieces.iter().map(String::len).sum::<usize>() >= MIN_TEXT).collect())
    }

    /// Whether a literal spells this text.
    pub(super) fn spell(&self, text: &str) -> bool {
        self.0.iter().any(|pieces| matches(pieces, text))
    }
}

fn add_folder(folder: &Path, literals: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the sources can be listed") {
        let path = entry.expect("the sources can be listed").path();
        if path.is_dir() {
            add_folder(&path, literals);
        } else if path.extension().is_some_and(|end| end == "rs") {
            add_literals(&fs::read_to_string(&path).expect("the sources are text"), literals);
        }
    }
}

/// A lexer for what the runtime's style of writing needs: string literals with escapes, outside of comments.
fn add_literals(source: &str, literals: &mut Vec<String>) {
    let code =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let code = code.replace("'\"'", "");
    let mut chars = code.chars();
    while chars.by_ref().any(|it| it == '"') {
        let mut literal = String::new();
        while let Some(it) = chars.next() {
            match it {
                '"' => break,
                '\\' => match chars.next() {
                    // The text goes on with the first word of the next line.
                    Some('\n') => {
                        let rest = chars.as_str().trim_start();
                        chars = rest.chars();
                    }
                    Some('n') => literal.push('\n'),
                    escaped => literal.extend(escaped),
                },
                it => literal.push(it),
            }
        }
        literals.push(literal);
    }
}

/// What stands between the placeholders of a format string.
fn pieces(literal: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut chars = literal.chars().peekable();
    while let Some(it) = chars.next() {
        match it {
            '{' | '}' if chars.peek() == Some(&it) => {
                chars.next();
                pieces.last_mut().expect("there is always one").push(it);
            }
            '{' => {
                chars.by_ref().find(|end| *end == '}');
                pieces.push(String::new());
            }
            it => pieces.last_mut().expect("there is always one").push(it),
        }
    }
    pieces
}

fn matches(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else { return pieces.first().is_some_and(|only| only == text) };
    let rest = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()));
    let found = middle.iter().try_fold(rest, |rest, piece| {
        let rest = rest?;
        rest.find(piece.as_str()).map(|at| Some(&rest[at + piece.len()..]))
    });
    found.flatten().is_some()
}
