use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use reqwest::header::HeaderName;
use serde_json::Value;

use super::budget::{Budget, Exhausted};
use super::jsonpath::{JsonPath, same};
use super::{HttpError, HttpResponse};
use crate::callbacks::Evaluate;

/// A condition on a response. Made by [`status`], [`text`], [`json`], [`jsonpath`], [`header`] and [`callback`], and combined
/// with `&`, `|` and `!`.
///
/// ```
/// use resilience::http::{json, status};
/// use serde_json::json;
///
/// let done = status(200) & (json(json!({"state": "done"})) | !status(204));
/// assert_eq!(done.to_string(), r#"status 200 and (json {"state":"done"} or not status 204)"#);
/// ```
#[derive(Clone)]
pub struct Condition(ConditionKind);

#[derive(Clone)]
enum ConditionKind {
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

/// Matches a response with this status.
#[must_use]
pub const fn status(status: u16) -> Condition {
    Condition(ConditionKind::Status(status))
}

/// Matches a response whose whole body is this text. The empty text matches an empty body.
#[must_use]
pub fn text(text: impl Into<String>) -> Condition {
    Condition(ConditionKind::Text(text.into()))
}

/// Matches a response whose whole body is this JSON value. The order of keys and white space do not matter; `1.0` equals `1`. A
/// body that is not JSON is an error.
#[must_use]
pub fn json(value: impl Into<Value>) -> Condition {
    Condition(ConditionKind::Json(value.into()))
}

/// Compares what a `JSONPath` (RFC 9535) finds in the body with `value`: one match is compared as it is, several as a list. No
/// match does not hold. A body that is not JSON is an error; so is an expression that does not parse, before the first request.
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
    Condition(ConditionKind::JsonPath { source, path, value: value.into() })
}

/// Matches a response with a header of this value. Of several values, one is enough. Names are case-insensitive.
#[must_use]
pub fn header(name: impl Into<String>, value: impl Into<String>) -> Condition {
    Condition(ConditionKind::Header { name: name.into(), value: value.into() })
}

/// Matches if this function returns `true`.
#[must_use]
pub fn callback(holds: impl Fn(&HttpResponse) -> bool + Send + Sync + 'static) -> Condition {
    Condition(ConditionKind::Callback(Arc::new(holds)))
}

impl Condition {
    /// Whether a response matches. Of combined conditions, those after the deciding one are not evaluated. One that cannot be
    /// evaluated is an error only if no other one decides.
    ///
    /// # Errors
    /// If the body has to be decoded for it, and cannot be.
    pub fn holds(&self, response: &HttpResponse) -> Result<bool, HttpError> {
        self.holds_within(response, &mut Budget::of(response.bytes().len()))
    }

    fn holds_within(&self, response: &HttpResponse, budget: &mut Budget) -> Result<bool, HttpError> {
        Ok(match &self.0 {
            ConditionKind::Status(status) => response.status().as_u16() == *status,
            ConditionKind::Text(text) => response.text()? == text,
            ConditionKind::Json(value) => same(response.value()?, value, budget)
                .map_err(|exhausted| response.not_evaluated("a JSON condition", exhausted))?,
            ConditionKind::JsonPath { source, path: Ok(path), value } => {
                finds(path, value, response.value()?, budget)
                    .map_err(|exhausted| response.not_evaluated(source, exhausted))?
            }
            ConditionKind::JsonPath { path: Err(_), .. } => return self.check().map(|()| false),
            ConditionKind::Header { name, value } => response
                .headers()
                .get_all(name.as_str())
                .iter()
                .any(|found| found.as_bytes() == value.as_bytes()),
            ConditionKind::Callback(holds) => holds(response),
            ConditionKind::All(all) => first(all, response, false, budget)?.is_none(),
            ConditionKind::Any(any) => first(any, response, true, budget)?.is_some(),
            ConditionKind::Not(condition) => !condition.holds_within(response, budget)?,
        })
    }

    /// Checks the condition itself: its `JSONPath`, header names and status.
    ///
    /// # Errors
    /// With the fault and its position.
    pub fn check(&self) -> Result<(), HttpError> {
        match &self.0 {
            ConditionKind::JsonPath { source, path: Err(error), .. } => {
                Err(HttpError::settings(format!("invalid JSONPath {source:?}: {error}")))
            }
            ConditionKind::Status(status) if !(100..1000).contains(status) => {
                Err(HttpError::settings(format!("expected a status from 100 to 999, found {status}")))
            }
            ConditionKind::Header { name, .. } if HeaderName::from_bytes(name.as_bytes()).is_err() => {
                Err(HttpError::settings(format!("invalid header name {name:?} (`headers`)")))
            }
            ConditionKind::All(several) | ConditionKind::Any(several) => {
                several.iter().try_for_each(Self::check)
            }
            ConditionKind::Not(condition) => condition.check(),
            _ => Ok(()),
        }
    }

    /// Its text, in parentheses if it is combined.
    fn enclosed(&self) -> String {
        match self.0 {
            ConditionKind::All(_) | ConditionKind::Any(_) => format!("({self})"),
            _ => self.to_string(),
        }
    }

    /// The conjunction of all conditions.
    pub(super) fn all(mut several: Vec<Self>) -> Option<Self> {
        if several.len() > 1 { Some(Self(ConditionKind::All(several))) } else { several.pop() }
    }
}

/// The first condition with this result. One that cannot be evaluated does not hide those after it.
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

/// In an attribute: `until = status(200) & json(..)`. A body that cannot be decoded does not match.
impl Evaluate<HttpResponse> for Condition {
    fn evaluate(self, response: &HttpResponse) -> bool {
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
            ConditionKind::All(all) => all,
            kind => vec![Self(kind)],
        };
        all.push(other);
        Self(ConditionKind::All(all))
    }
}

impl BitOr for Condition {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let mut any = match self.0 {
            ConditionKind::Any(any) => any,
            kind => vec![Self(kind)],
        };
        any.push(other);
        Self(ConditionKind::Any(any))
    }
}

impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        match self.0 {
            ConditionKind::Not(condition) => *condition,
            kind => Self(ConditionKind::Not(Box::new(Self(kind)))),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined =
            |several: &[Self], word| several.iter().map(Self::enclosed).collect::<Vec<_>>().join(word);
        match &self.0 {
            ConditionKind::Status(status) => write!(f, "status {status}"),
            ConditionKind::Text(text) => write!(f, "text {text:?}"),
            ConditionKind::Json(value) => write!(f, "json {value}"),
            ConditionKind::JsonPath { source, value, .. } => write!(f, "jsonpath {source} = {value}"),
            ConditionKind::Header { name, value } => write!(f, "header {name}: {value}"),
            ConditionKind::Callback(_) => f.write_str("callback"),
            ConditionKind::All(all) => f.write_str(&joined(all, " and ")),
            ConditionKind::Any(any) => f.write_str(&joined(any, " or ")),
            ConditionKind::Not(condition) => write!(f, "not {}", condition.enclosed()),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Condition({self})")
    }
}
