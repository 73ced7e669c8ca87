//! Deserialization of pollers and conditions, with the keys of `httsleep`.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::keys::{Spellings, table};
use super::{Condition, HttpError, HttpPoll, header, json, jsonpath, status, text};
use crate::duration_text;
use crate::time::Nanos;

/// The keys of `httsleep` that the builder names differently: both names are read.
const OF_POLLER: Spellings = &[
    ("alarms", "alarm"),
    ("ignore_exceptions", "ignore"),
    ("polling_interval", "interval"),
    ("max_retries", "max_attempts"),
];
const OF_CONDITION: Spellings = &[("status_code", "status")];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    url: String,
    method: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    auth: Option<Auth>,
    verify: Option<bool>,
    ca_bundle: Option<String>,
    #[serde(deserialize_with = "conditions")]
    until: Vec<Condition>,
    #[serde(default, deserialize_with = "alarms")]
    alarms: Vec<Condition>,
    #[serde(default)]
    ignore_exceptions: Vec<Ignored>,
    polling_interval: Option<Delay>,
    #[serde(default, deserialize_with = "given")]
    max_retries: Option<Retries>,
    deadline: Option<Time>,
    attempt_timeout: Option<Time>,
    respect_retry_after: Option<bool>,
    max_retry_after: Option<Time>,
    max_body: Option<Bytes>,
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The number of attempts. `null` means forever, too.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number of attempts, at least 1, or \"forever\"")]
enum Retries {
    AtMost(NonZeroU32),
    Forever(Forever),
    Null,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Forever {
    Forever,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number of bytes")]
enum Bytes {
    AtMost(usize),
}

/// Credentials: a name and a password, or a token.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Auth {
    Pair(String, String),
    Basic { username: String, password: String },
    Bearer { bearer: String },
}

/// A kind of error to ignore.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ignored {
    Connect,
    Timeout,
    Request,
    Decode,
    Body,
}

impl Ignored {
    fn is(self, error: &HttpError) -> bool {
        match self {
            Self::Connect => error.is_connect(),
            Self::Timeout => error.is_timeout(),
            Self::Request => error.is_request(),
            Self::Decode => error.is_decode(),
            Self::Body => error.is_body(),
        }
    }
}

/// A map, or a list of maps.
struct OneOrMany<T>(&'static str, PhantomData<T>);

/// None is the default, and may be written.
fn alarms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    deserializer.deserialize_any(OneOrMany("a condition, or a list of conditions", PhantomData))
}

fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    at_least_one(alarms(deserializer)?)
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Path>, D::Error> {
    let expected = "a map with `expression` and `value`, or a list of these";
    at_least_one(deserializer.deserialize_any(OneOrMany(expected, PhantomData))?)
}

fn at_least_one<T, E: de::Error>(several: Vec<T>) -> Result<Vec<T>, E> {
    if several.is_empty() {
        return Err(E::custom("expected at least one, found an empty list"));
    }
    Ok(several)
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|one| vec![one])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Vec<T>, A::Error> {
        Vec::deserialize(de::value::SeqAccessDeserializer::new(list))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionData {
    status_code: Option<StatusCode>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    text: Option<String>,
    /// `null` is a JSON value like any other.
    #[serde(default, deserialize_with = "given")]
    json: Option<Value>,
    #[serde(default, deserialize_with = "paths")]
    jsonpath: Vec<Path>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number from 100 to 999")]
enum Number {
    Of(u16),
}

#[derive(Deserialize)]
#[serde(try_from = "Number")]
struct StatusCode(u16);

impl TryFrom<Number> for StatusCode {
    type Error = HttpError;

    fn try_from(Number::Of(code): Number) -> Result<Self, HttpError> {
        status(code).check().map(|()| Self(code))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathData {
    expression: String,
    value: Value,
}

struct Path(PathData);

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        table(deserializer, "a map with `expression` and `value`", &[]).map(Self)
    }
}

/// All keys of one condition must hold. An empty condition and an invalid `JSONPath` are rejected.
impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data: ConditionData = table(deserializer, "a condition, with keys", OF_CONDITION)?;
        // Cheap conditions come first: a body is not decoded if the status differs.
        let mut all: Vec<Self> = data.status_code.map(|StatusCode(code)| status(code)).into_iter().collect();
        all.extend(data.headers.into_iter().map(|(name, value)| header(name, value)));
        all.extend(data.text.map(text));
        all.extend(data.json.map(json));
        all.extend(data.jsonpath.into_iter().map(|Path(path)| jsonpath(path.expression, path.value)));
        let condition = Self::all(all).ok_or_else(|| {
            de::Error::custom(
                "expected a condition, found an empty one: set one of `status_code`, `headers`, `text`, `json`, `jsonpath`",
            )
        })?;
        condition.check().map_err(de::Error::custom)?;
        Ok(condition)
    }
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a time as \"2s\", \"500ms\", \"1.5min\" or \"1h\", or a number of seconds"
)]
enum Written {
    Text(String),
    Seconds(f64),
}

#[derive(Deserialize)]
#[serde(try_from = "Written")]
struct Time(Duration);

impl TryFrom<Written> for Time {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Text(text) => match duration_text::parse(&text) {
                Ok(time) => Ok(Self(time.to_duration())),
                Err(error) => Err(error.to_string()),
            },
            Written::Seconds(seconds) => {
                let wrong = || format!("expected a number of seconds from 0 to 2^64, found {seconds}");
                Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| wrong())
            }
        }
    }
}

/// A time with an end. `forever` is only the absence of a limit.
#[derive(Deserialize)]
#[serde(try_from = "Time")]
struct Delay(Duration);

impl TryFrom<Time> for Delay {
    type Error = &'static str;

    fn try_from(Time(time): Time) -> Result<Self, &'static str> {
        if Nanos::of(time).is_never() {
            return Err("expected a delay, found `forever`; write `2s` or `500ms`");
        }
        Ok(Self(time))
    }
}

impl<'de> Deserialize<'de> for HttpPoll {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        table::<_, Data>(deserializer, "a poller, with keys", OF_POLLER)?
            .into_poll()
            .map_err(de::Error::custom)
    }
}

impl Data {
    fn into_poll(self) -> Result<HttpPoll, String> {
        let method = self.method.as_deref().unwrap_or("GET").to_uppercase();
        let method =
            method.parse::<Method>().map_err(|_| format!("`method`: invalid HTTP method {method:?}"))?;
        let mut poll = HttpPoll::of(method, &self.url);
        for (name, value) in self.headers {
            poll = poll.header(name, value);
        }
        poll = match self.auth {
            Some(Auth::Pair(name, password) | Auth::Basic { username: name, password }) => {
                poll.basic_auth(name, password)
            }
            Some(Auth::Bearer { bearer }) => poll.bearer(bearer),
            None => poll,
        };
        poll = poll.danger_accept_invalid_certs(!self.verify.unwrap_or(true));
        poll = poll.respect_retry_after(self.respect_retry_after.unwrap_or(true));
        poll.until = self.until;
        poll.alarms = self.alarms;
        for kind in self.ignore_exceptions {
            poll = poll.ignore(move |error| kind.is(error));
        }
        if let Some(path) = self.ca_bundle {
            poll = poll.ca_bundle(path);
        }
        poll = match self.max_retries {
            Some(Retries::AtMost(most)) => poll.max_attempts(most.get()),
            Some(Retries::Forever(_) | Retries::Null) => poll.forever(),
            None => poll,
        };
        if let Some(Delay(interval)) = self.polling_interval {
            poll = poll.interval(interval);
        }
        if let Some(Time(deadline)) = self.deadline {
            poll = poll.deadline(deadline);
        }
        if let Some(Time(timeout)) = self.attempt_timeout {
            poll = poll.attempt_timeout(timeout);
        }
        if let Some(Time(longest)) = self.max_retry_after {
            poll = poll.max_retry_after(longest);
        }
        if let Some(Bytes::AtMost(most)) = self.max_body {
            poll = poll.max_body(most);
        }
        poll.check().map_err(|error| match &poll.request {
            Err(_) => format!("`url`: {error}"),
            Ok(_) => error.to_string(),
        })?;
        Ok(poll)
    }
}
