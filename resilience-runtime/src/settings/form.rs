//! Reads the values of options, spelled as in the attributes.

use std::time::Duration;

use super::tree::Tree;
use crate::backoff::{Backoff, Jitter};
use crate::duration_text;
use crate::option_value::OptionValue;
use crate::ratio::Ratio;
use crate::time::Nanos;

/// The values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Count,
    /// A count, or `forever`.
    Bound,
    Time,
    Ratio,
    /// A number of calls, or a time.
    Window,
    Backoff,
    Jitter,
}

impl Form {
    /// Reads a value. The error says what was expected.
    pub(super) fn read(self, tree: &Tree) -> Result<OptionValue, String> {
        match (self, tree) {
            (Self::Bound, Tree::Text(text)) if text == "forever" => Ok(OptionValue::Unbounded),
            (Self::Count | Self::Bound | Self::Window, Tree::Integer(count)) => {
                u32::try_from(*count).map(OptionValue::Count).map_err(|_| out_of_range(*count))
            }
            (Self::Time | Self::Window, tree) => read_time(tree).map(OptionValue::Time),
            (Self::Ratio, tree) => {
                let ratio = read_ratio(tree)?;
                let ratio = Ratio::of(ratio)
                    .ok_or_else(|| format!("expected a ratio above 0 and at most 1 (100%), found {tree}"))?;
                Ok(OptionValue::Ratio(ratio))
            }
            (Self::Jitter, tree) => read_jitter(tree).map(OptionValue::Jitter),
            (Self::Backoff, tree) => read_backoff(tree).map(OptionValue::Backoff),
            (Self::Count, tree) => Err(format!("expected a number, found {tree}")),
            (Self::Bound, tree) => Err(format!("expected a number or `forever`, found {tree}")),
        }
    }
}

fn out_of_range(count: i64) -> String {
    format!("expected a number between 0 and {}, found `{count}`", u32::MAX)
}

fn read_time(tree: &Tree) -> Result<Nanos, String> {
    match tree {
        Tree::Text(text) => duration_text::parse(text).map_err(|error| error.to_string()),
        Tree::Integer(_) | Tree::Number(_) => {
            Err(format!("expected a duration with a unit, found {tree}; write `\"15s\"` or `\"500ms\"`"))
        }
        _ => Err(format!("expected a duration, found {tree}; write `\"15s\"` or `\"500ms\"`")),
    }
}

/// `0.5` or `"50%"`.
fn read_ratio(tree: &Tree) -> Result<f64, String> {
    let ratio = match tree {
        Tree::Number(ratio) => Some(*ratio),
        Tree::Integer(0) => Some(0.0),
        Tree::Integer(1) => Some(1.0),
        Tree::Text(text) => match text.strip_suffix('%') {
            Some(percent) => decimal(percent).map(|percent| percent / 100.0),
            None => decimal(text),
        },
        _ => None,
    };
    ratio.ok_or_else(|| format!("expected a ratio, found {tree}; write `\"50%\"` or `0.5`"))
}

fn decimal(text: &str) -> Option<f64> {
    let is_decimal = text.starts_with(|c: char| c.is_ascii_digit());
    text.parse().ok().filter(|_| is_decimal)
}

pub(super) fn read_jitter(tree: &Tree) -> Result<Jitter, String> {
    let jitter = match tree {
        Tree::Text(text) => match text.as_str() {
            "none" => Some(Jitter::None),
            "full" => Some(Jitter::Full),
            "equal" => Some(Jitter::Equal),
            "decorrelated" => Some(Jitter::Decorrelated),
            _ => None,
        },
        _ => None,
    };
    let jitter = match jitter {
        Some(jitter) => return Ok(jitter),
        None => read_ratio(tree).map(Jitter::Ratio),
    };
    let jitter = jitter.map_err(|_| {
        format!("expected a jitter, found {tree}; write `none`, `full`, `equal`, `decorrelated` or `25%`")
    })?;
    // An exponential backoff takes every valid jitter.
    let valid = Backoff::exponential(Duration::ZERO).try_jitter(jitter).map_err(|error| error.to_string())?;
    Ok(valid.own_jitter())
}

type Growing = fn(Duration) -> Backoff;

const GROWTHS: [(&str, Growing); 5] = [
    ("constant", Backoff::constant),
    ("linear", Backoff::linear),
    ("exponential", Backoff::exponential),
    ("fibonacci", Backoff::fibonacci),
    ("decorrelated", Backoff::decorrelated),
];

const BACKOFF: &str = "write `{ exponential = \"100ms\", factor = 2, max = \"10s\" }`, or `constant`, `linear`, \
                       `fibonacci` or `decorrelated` in place of `exponential`";

/// A table, `{ exponential = "100ms", max = "10s" }`, or the text of the attribute, `exponential(100ms, max = 10s)`.
pub(super) fn read_backoff(tree: &Tree) -> Result<Backoff, String> {
    let entries =
        backoff_entries(tree).ok_or_else(|| format!("expected a backoff, found {tree}; {BACKOFF}"))?;
    let growth = |key: &str| GROWTHS.iter().find(|(name, _)| *name == key);
    let mut growths = entries.iter().filter_map(|(key, base)| Some((growth(key)?.1, base)));
    let (Some((growth_of, base)), None) = (growths.next(), growths.next()) else {
        return Err(format!("expected one kind of growth; {BACKOFF}"));
    };
    let mut backoff = growth_of(read_time(base)?.to_duration());
    let mut seen = Vec::new();
    for (key, value) in &entries {
        let inside = |error: String| format!("`{key}`: {error}");
        if seen.contains(&key) {
            return Err(format!("`{key}` is set twice"));
        }
        seen.push(key);
        backoff = match (key.as_str(), value) {
            ("factor", Tree::Number(factor)) => backoff.factor(*factor),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a factor of this size is rejected below or never reached"
            )]
            ("factor", Tree::Integer(factor)) => backoff.factor(*factor as f64),
            ("factor", _) => return Err(inside(format!("expected a number, found {value}"))),
            ("max", _) => backoff.max(read_time(value).map_err(inside)?.to_duration()),
            ("jitter", _) => backoff.jitter(read_jitter(value).map_err(inside)?),
            _ if growth(key).is_some() => backoff,
            _ => return Err(format!("unknown option `{key}` of a backoff; {BACKOFF}")),
        };
    }
    backoff.validate().map_err(|error| error.to_string())?;
    Ok(backoff)
}

/// Whether a backoff says what its jitter is: `none` is not the same as no `jitter`.
pub(super) fn sets_jitter(backoff: &Tree) -> bool {
    backoff_entries(backoff).is_some_and(|entries| entries.iter().any(|(key, _)| key == "jitter"))
}

fn backoff_entries(tree: &Tree) -> Option<Vec<(String, Tree)>> {
    match tree {
        Tree::Map(entries) => Some(entries.clone()),
        Tree::Text(text) => backoff_call(text),
        _ => None,
    }
}

/// `exponential(100ms, factor = 2)` as the entries of a table.
fn backoff_call(text: &str) -> Option<Vec<(String, Tree)>> {
    let (growth, rest) = text.trim().split_once('(')?;
    let mut options = rest.strip_suffix(')')?.split(',').map(str::trim);
    let mut entries = vec![(growth.trim().to_owned(), Tree::Text(options.next()?.to_owned()))];
    for option in options {
        let (key, value) = option.split_once('=')?;
        entries.push((key.trim().to_owned(), Tree::of_text(value.trim())));
    }
    Some(entries)
}
