//! A source file without its comments, its strings and its unit tests.

use std::fs;
use std::path::Path;

pub(crate) struct Source {
    /// Below `src`.
    pub(crate) path: String,
    /// Line by line as in the file.
    pub(crate) code: String,
}

impl Source {
    /// Every file below `root`, except the files and folders of unit tests.
    pub(crate) fn all(root: &str) -> Vec<Self> {
        let mut paths = Vec::new();
        collect(Path::new(root), &mut paths);
        paths.sort();
        assert!(paths.len() > 10, "{root} is not where the sources are");
        paths.into_iter().map(|path| Self::read(root, &path[root.len() + 1..])).collect()
    }

    pub(crate) fn read(root: &str, path: &str) -> Self {
        let text = fs::read_to_string(format!("{root}/{path}")).expect("the file was listed");
        Self { path: path.into(), code: without_tests(&strip(&text)) }
    }

    /// The path of its module, from the root of the crate.
    pub(crate) fn module(&self) -> Vec<String> {
        let mut path: Vec<String> = self.path.trim_end_matches(".rs").split('/').map(String::from).collect();
        if path.last().is_some_and(|last| last == "mod") {
            path.pop();
        }
        path
    }

    pub(crate) fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let lines = self.code.lines().enumerate();
        lines
            .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            .map(|(number, line)| format!("{}:{}: {}", self.path, number + 1, line.trim()))
            .collect()
    }
}

fn collect(folder: &Path, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.ends_with("tests") {
            // The files of a module's unit tests.
        } else if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            paths.push(path.to_str().expect("sources have plain names").into());
        }
    }
}

/// Comments and the insides of strings become nothing; the lines stay.
fn strip(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        code.push_str(&rest[..at]);
        rest = &rest[at..];
        let inside = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with('"') {
            end_of_string(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push_str(&rest[..1]);
            rest = &rest[1..];
            continue;
        };
        code.extend(rest[..inside].chars().filter(|character| *character == '\n'));
        rest = &rest[inside..];
    }
    code + rest
}

fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            _ => escaped = character == '\\' && !escaped,
        }
    }
    text.len()
}

/// Unit tests stand at the end of a file, or in a file of their own; helpers for them may stand before.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut lines = code.lines().peekable();
    while let Some(line) = lines.next() {
        if (line == "#[cfg(test)]" || line.starts_with("#[cfg(all(test,"))
            && lines.peek().is_some_and(|next| next.starts_with("mod tests"))
        {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

#[test]
fn comments_strings_and_tests_are_left_out() {
    let text = "a // b\n\"c \\\" d\" e 'f' '\"' g / h\n/// i\nj\n#[cfg(test)]\nmod tests {\nk\n";
    let code = without_tests(&strip(text));
    assert_eq!(code, "a \n e 'f'  g / h\n\nj\n");
}
