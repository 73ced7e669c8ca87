use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use reqwest::header::HeaderName;
use serde_json::Value;

use super::budget::{Budget, Exhausted};
use super::error::Kind as ErrorKind;
use super::jsonpath::{JsonPath, same};
use super::{HttpError, HttpResponse};
use crate::asked::Judge;

/// What an answer has to be like. Made by [`status`], [`text`], [`json`], [`jsonpath`], [`header`] and [`callback`], and put
/// together with `&`, `|` and `!`.
///
/// ```
/// use resilience::http::{json, status};
/// use serde_json::json;
///
/// let done = status(200) & (json(json!({"state": "done"})) | !status(204));
/// assert_eq!(done.to_string(), r#"status 200 and (json {"state":"done"} or not status 204)"#);
/// ```
#[derive(Clone)]
pub struct Condition(Kind);

#[derive(Clone)]
enum Kind {
    Status(u16),
    Text(String),
    Json(Value),
    JsonPath { source: String, path: Result<JsonPath, String>, value: Value },
    Header { name: String, value: String },
    Callback(Arc<dyn Fn(&HttpResponse) -> bool + Send + Sync>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// The status is this one.
#[must_use]
pub const fn status(status: u16) -> Condition {
    Condition(Kind::Status(status))
}

/// The body is this text, and no other. An empty one is an empty body.
#[must_use]
pub fn text(text: impl Into<String>) -> Condition {
    Condition(Kind::Text(text.into()))
}

/// The body is this JSON: the same value, whatever the order of its keys and its spaces; `1.0` is `1`. A body that is no JSON is an error.
#[must_use]
pub fn json(value: impl Into<Value>) -> Condition {
    Condition(Kind::Json(value.into()))
}

/// What this `JSONPath` (RFC 9535) finds in the body: no match never holds, one match is compared with `value`, several are
/// compared as a list. A body that is not JSON is an error; so is an expression that does not parse, before the first request.
///
/// Expressions have at most 1024 bytes and 16 levels of nesting, and an evaluation that takes too many steps is an error: see
/// [limits](crate::http#limits). The functions are `length`, `count` and `value`; `match` and `search` are not supported.
///
/// ```
/// use resilience::http::jsonpath;
///
/// assert_eq!(jsonpath("$.jobs[*].state", "done").to_string(), r#"jsonpath $.jobs[*].state = "done""#);
/// assert!(jsonpath("$[", 1).check().unwrap_err().is_settings());
/// ```
#[must_use]
pub fn jsonpath(expression: impl Into<String>, value: impl Into<Value>) -> Condition {
    let source = expression.into();
    let path = JsonPath::parse(&source);
    Condition(Kind::JsonPath { source, path, value: value.into() })
}

/// A header has this value, or one of its values is this one. Names are the same in upper and lower case.
#[must_use]
pub fn header(name: impl Into<String>, value: impl Into<String>) -> Condition {
    Condition(Kind::Header { name: name.into(), value: value.into() })
}

/// Whatever this function says.
#[must_use]
pub fn callback(holds: impl Fn(&HttpResponse) -> bool + Send + Sync + 'static) -> Condition {
    Condition(Kind::Callback(Arc::new(holds)))
}

impl Condition {
    /// Whether an answer is like this. Of several conditions, those behind the one that decides are not looked at; one that
    /// cannot be asked is an error only if no other decides.
    ///
    /// # Errors
    /// If the body had to be read for that, and could not.
    pub fn holds(&self, response: &HttpResponse) -> Result<bool, HttpError> {
        self.holds_within(response, &mut Budget::of(response.bytes().len()))
    }

    fn holds_within(&self, response: &HttpResponse, budget: &mut Budget) -> Result<bool, HttpError> {
        Ok(match &self.0 {
            Kind::Status(status) => response.status().as_u16() == *status,
            Kind::Text(text) => response.text()? == text,
            Kind::Json(value) => same(response.value()?, value, budget)
                .map_err(|exhausted| response.not_evaluated("a JSON condition", exhausted))?,
            Kind::JsonPath { source, path: Ok(path), value } => finds(path, value, response.value()?, budget)
                .map_err(|exhausted| response.not_evaluated(source, exhausted))?,
            Kind::JsonPath { path: Err(_), .. } => return self.check().map(|()| false),
            Kind::Header { name, value } => response
                .headers()
                .get_all(name.as_str())
                .iter()
                .any(|found| found.as_bytes() == value.as_bytes()),
            Kind::Callback(holds) => holds(response),
            Kind::All(all) => first(all, response, false, budget)?.is_none(),
            Kind::Any(any) => first(any, response, true, budget)?.is_some(),
            Kind::Not(condition) => !condition.holds_within(response, budget)?,
        })
    }

    /// Whether it can be asked at all: its `JSONPath` and header names can be read, and its status can be one.
    ///
    /// # Errors
    /// With what is wrong, and where.
    pub fn check(&self) -> Result<(), HttpError> {
        match &self.0 {
            Kind::JsonPath { source, path: Err(error), .. } => Err(HttpError::new(
                ErrorKind::Settings,
                None,
                format!("the JSONPath {source:?} cannot be read: {error}"),
            )),
            Kind::Status(status) if !(100..1000).contains(status) => Err(HttpError::new(
                ErrorKind::Settings,
                None,
                format!("{status} is no status (`status_code`)"),
            )),
            Kind::Header { name, .. } if HeaderName::from_bytes(name.as_bytes()).is_err() => {
                Err(HttpError::new(
                    ErrorKind::Settings,
                    None,
                    format!("{name:?} is no name of a header (`headers`)"),
                ))
            }
            Kind::All(several) | Kind::Any(several) => several.iter().try_for_each(Self::check),
            Kind::Not(condition) => condition.check(),
            _ => Ok(()),
        }
    }

    /// All of them hold.
    pub(super) fn all(mut several: Vec<Self>) -> Option<Self> {
        if several.len() > 1 { Some(Self(Kind::All(several))) } else { several.pop() }
    }
}

/// The first condition that answers so. One that cannot be asked does not hide those behind it.
pub(super) fn first<'a>(
    conditions: &'a [Condition],
    response: &HttpResponse,
    answer: bool,
    budget: &mut Budget,
) -> Result<Option<&'a Condition>, HttpError> {
    let mut failed = None;
    for condition in conditions {
        match condition.holds_within(response, budget) {
            Ok(holds) if holds == answer => return Ok(Some(condition)),
            Ok(_) => {}
            Err(error) => _ = failed.get_or_insert(error),
        }
    }
    failed.map_or(Ok(None), Err)
}

/// One match is compared as it is, several as a list.
fn finds(path: &JsonPath, value: &Value, body: &Value, budget: &mut Budget) -> Result<bool, Exhausted> {
    let matches = path.query(body, budget)?;
    match matches.as_slice() {
        [] => Ok(false),
        [one] => same(one, value, budget),
        several => match value {
            Value::Array(values) if values.len() == several.len() => {
                for (value, found) in values.iter().zip(several) {
                    if !same(found, value, budget)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        },
    }
}

/// In an attribute: `until = status(200) & json(..)`. A body that cannot be read does not meet the condition.
impl Judge<HttpResponse> for Condition {
    fn judge(self, response: &HttpResponse) -> bool {
        self.holds(response).unwrap_or(false)
    }

    fn is_valid(&self) -> bool {
        self.check().is_ok()
    }
}

impl BitAnd for Condition {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        let mut all = match self.0 {
            Kind::All(all) => all,
            kind => vec![Self(kind)],
        };
        all.push(other);
        Self(Kind::All(all))
    }
}

impl BitOr for Condition {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let mut any = match self.0 {
            Kind::Any(any) => any,
            kind => vec![Self(kind)],
        };
        any.push(other);
        Self(Kind::Any(any))
    }
}

impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        match self.0 {
            Kind::Not(condition) => *condition,
            kind => Self(Kind::Not(Box::new(Self(kind)))),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, several: &[Self], word: &str| {
            for (index, condition) in several.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                if matches!(condition.0, Kind::All(_) | Kind::Any(_)) {
                    write!(f, "({condition})")?;
                } else {
                    write!(f, "{condition}")?;
                }
            }
            Ok(())
        };
        match &self.0 {
            Kind::Status(status) => write!(f, "status {status}"),
            Kind::Text(text) => write!(f, "text {text:?}"),
            Kind::Json(value) => write!(f, "json {value}"),
            Kind::JsonPath { source, value, .. } => write!(f, "jsonpath {source} = {value}"),
            Kind::Header { name, value } => write!(f, "header {name}: {value}"),
            Kind::Callback(_) => f.write_str("callback"),
            Kind::All(all) => joined(f, all, "and"),
            Kind::Any(any) => joined(f, any, "or"),
            Kind::Not(condition) if matches!(condition.0, Kind::All(_) | Kind::Any(_)) => {
                write!(f, "not ({condition})")
            }
            Kind::Not(condition) => write!(f, "not {condition}"),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({self})")
    }
}
