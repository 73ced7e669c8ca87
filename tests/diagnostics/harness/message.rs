//! One message of the compiler, reduced to the text of this library.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use super::ROOT;
use super::ours::Ours;

/// What an attribute puts before its advice.
const ADVICE: &str = "\n= help: ";

/// Sorted by position.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    places: Vec<Place>,
    /// `error`, or `error[E0277]`, or `warning[unused_braces]`.
    pub(super) kind: String,
    /// What we say; nothing where the compiler alone says something.
    texts: Vec<String>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    start: (u64, u64),
    /// Not for a lint: what it marks differs between versions.
    end: Option<(u64, u64)>,
}

impl Message {
    /// Nothing for what only adds to the others: a summary without a place, and notes of their own.
    pub(super) fn read(json: &Value, ours: &Ours) -> Option<Self> {
        let spans = json["spans"].as_array().into_iter().flatten().filter(|span| span["is_primary"] == true);
        let labels = spans.clone().filter_map(|span| span["label"].as_str());
        let mut places: Vec<_> = spans.clone().map(Place::read).collect();
        // Newer compilers mark some places twice, with a label of their own.
        places.sort();
        places.dedup();
        let level = json["level"].as_str().unwrap_or_default();
        if places.is_empty() || !["error", "warning"].contains(&level) {
            return None;
        }
        let text = json["message"].as_str().unwrap_or_default();
        let code = json["code"]["code"].as_str();
        let texts = match code {
            None => advised(text).unwrap_or_default(),
            Some("E0080") => panicked(text, labels).filter(|text| ours.spell(text)).into_iter().collect(),
            Some(_) => explained(text, labels, &json["children"], ours),
        };
        // A lint's code is its name.
        let of_lint = code.is_some_and(|code| code.contains('_'));
        if of_lint {
            for place in &mut places {
                place.end = None;
            }
        }
        let kind = code.map_or_else(|| level.to_owned(), |code| format!("{level}[{code}]"));
        Some(Self { places, kind, texts })
    }
}

/// An attribute's error and its advice. All of ours have one, and those of the compiler's parser have none.
fn advised(text: &str) -> Option<Vec<String>> {
    let (message, advice) = text.split_once(ADVICE)?;
    Some(vec![message.to_owned(), format!("help: {advice}")])
}

/// The text of a panic of a `const fn`: before Rust 1.89 it stands in the label.
fn panicked<'a>(text: &'a str, mut labels: impl Iterator<Item = &'a str>) -> Option<String> {
    let in_label = |label: &'a str| Some(label.split_once("panicked at '")?.1.rsplit_once("', ")?.0);
    let text = text.strip_prefix("evaluation panicked: ").or_else(|| labels.find_map(in_label));
    text.map(str::to_owned)
}

/// The texts of `#[diagnostic::on_unimplemented]`.
fn explained<'a>(
    text: &'a str,
    labels: impl Iterator<Item = &'a str>,
    children: &'a Value,
    ours: &Ours,
) -> Vec<String> {
    let children = children.as_array().into_iter().flatten();
    // Notes are all that can be written beside the message and the label.
    let children = children.filter_map(|child| Some(("note: ", child["message"].as_str()?)));
    let texts = [("", text)].into_iter().chain(labels.map(|label| ("label: ", label))).chain(children);
    texts
        .filter(|(_, words)| ours.spell(words))
        // The name of a closure's type is its place.
        .map(|(kind, words)| format!("{kind}{}", words.replace(&format!("{ROOT}/"), "")))
        .collect()
}

impl Place {
    fn read(span: &Value) -> Self {
        let number = |key: &str| span[key].as_u64().unwrap_or_default();
        Self {
            start: (number("line_start"), number("column_start")),
            end: Some((number("line_end"), number("column_end"))),
        }
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (line, column) = self.start;
        write!(f, "{line}:{column}")?;
        match self.end {
            Some((last, end)) if last == line => write!(f, "+{}", end - column),
            Some((last, end)) => write!(f, "..{last}:{end}"),
            None => Ok(()),
        }
    }
}

impl Display for Message {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        self.places.iter().try_for_each(|place| write!(f, " {place}"))?;
        self.texts.iter().try_for_each(|text| write!(f, "\n    {text}"))
    }
}
