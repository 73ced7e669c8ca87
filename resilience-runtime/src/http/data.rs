//! Deserialization of pollers and conditions, with the keys of `httsleep`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::{Condition, HttpError, HttpPoll, header, json, jsonpath, status, text};
use crate::duration_text;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(deserialize_with = "named::url")]
    url: String,
    #[serde(default, deserialize_with = "named::method")]
    method: Option<String>,
    #[serde(default, deserialize_with = "named::headers")]
    headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "named::auth")]
    auth: Option<Auth>,
    #[serde(default = "yes", deserialize_with = "named::verify")]
    verify: bool,
    #[serde(default, deserialize_with = "named::ca_bundle")]
    ca_bundle: Option<String>,
    #[serde(deserialize_with = "named::until")]
    until: Several,
    #[serde(default, deserialize_with = "named::alarms")]
    alarms: Option<Several>,
    #[serde(default, deserialize_with = "named::ignore_exceptions")]
    ignore_exceptions: Vec<Ignored>,
    #[serde(default, deserialize_with = "named::polling_interval")]
    polling_interval: Option<WrittenDuration>,
    #[serde(default, deserialize_with = "named::max_retries")]
    max_retries: Retries,
    #[serde(default, deserialize_with = "named::deadline")]
    deadline: Option<WrittenDuration>,
    #[serde(default, deserialize_with = "named::attempt_timeout")]
    attempt_timeout: Option<WrittenDuration>,
    #[serde(default = "yes", deserialize_with = "named::respect_retry_after")]
    respect_retry_after: bool,
    #[serde(default, deserialize_with = "named::max_retry_after")]
    max_retry_after: Option<WrittenDuration>,
    #[serde(default, deserialize_with = "named::max_body")]
    max_body: Option<usize>,
}

/// Prefixes an error with its key.
mod named {
    use serde::Deserialize;
    use serde::de::{Deserializer, Error};

    macro_rules! named {
        ($($key:ident)*) => {$(
            pub(super) fn $key<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
                T::deserialize(from)
                    .map_err(|error| D::Error::custom(format!(concat!("`", stringify!($key), "`: {}"), error)))
            }
        )*};
    }

    /// Does not quote the value, which is a secret: errors are logged.
    macro_rules! unquoted {
        ($($key:ident: $expected:expr;)*) => {$(
            pub(super) fn $key<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
                T::deserialize(from).map_err(|_| {
                    D::Error::custom(format!(concat!("`", stringify!($key), "`: expected {}"), $expected))
                })
            }
        )*};
    }

    unquoted! {
        headers: "a map from names to strings";
        auth: crate::http::data::AUTH;
    }

    named! {
        url method verify ca_bundle until alarms
        ignore_exceptions polling_interval max_retries deadline attempt_timeout respect_retry_after max_retry_after max_body
        status_code
        text jsonpath expression value
    }
}

const fn yes() -> bool {
    true
}

fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The number of attempts. Absent: fifty; `null`: no limit.
#[derive(Default)]
enum Retries {
    #[default]
    Default,
    Endless,
    AtMost(u32),
}

impl<'de> Deserialize<'de> for Retries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|most| most.map_or(Self::Endless, Self::AtMost))
    }
}

/// Credentials: a name and a password, or a token.
enum Auth {
    Basic { username: String, password: String },
    Bearer(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthData {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    bearer: Option<String>,
}

const AUTH: &str = "[\"name\", \"password\"], {\"username\", \"password\"} or {\"bearer\"}";

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = Auth;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(AUTH)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Auth, A::Error> {
                let (username, password) = (pair.next_element()?, pair.next_element()?);
                match (username, password, pair.next_element::<de::IgnoredAny>()?) {
                    (Some(username), Some(password), None) => Ok(Auth::Basic { username, password }),
                    _ => Err(de::Error::custom(format_args!("expected {AUTH}"))),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Auth, A::Error> {
                let data = AuthData::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match (data.username, data.password, data.bearer) {
                    (Some(username), Some(password), None) => Ok(Auth::Basic { username, password }),
                    (None, None, Some(bearer)) => Ok(Auth::Bearer(bearer)),
                    _ => Err(de::Error::custom(format_args!("expected {AUTH}"))),
                }
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// Accepts a map only. `serde` accepts a list of the values as well.
struct MapOnly<T>(std::marker::PhantomData<T>, &'static str);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapOnly<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}

fn table<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    expected: &'static str,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(MapOnly(std::marker::PhantomData, expected))
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

/// One condition, or a list of alternatives.
struct Several(Vec<Condition>);

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Several;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition, or a list of conditions")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Several, A::Error> {
                Condition::deserialize(de::value::MapAccessDeserializer::new(map))
                    .map(|one| Several(vec![one]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut several: A) -> Result<Several, A::Error> {
                let mut conditions = Vec::new();
                while let Some(condition) = several.next_element()? {
                    conditions.push(condition);
                }
                if conditions.is_empty() {
                    return Err(de::Error::custom(
                        "expected at least one condition, found an empty list, which never holds",
                    ));
                }
                Ok(Several(conditions))
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a condition: {\"status_code\", \"headers\", \"text\", \"json\", \"jsonpath\"}"
)]
struct ConditionData {
    #[serde(default, deserialize_with = "named::status_code")]
    status_code: Option<u16>,
    #[serde(default, deserialize_with = "named::headers")]
    headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "named::text")]
    text: Option<String>,
    /// `null` is a JSON value like any other.
    #[serde(default, deserialize_with = "given")]
    json: Option<Value>,
    #[serde(default, deserialize_with = "named::jsonpath")]
    jsonpath: Vec<PathData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathData {
    #[serde(deserialize_with = "named::expression")]
    expression: String,
    #[serde(deserialize_with = "named::value")]
    value: Value,
}

/// All keys of one condition must hold. An empty condition and an invalid `JSONPath` are rejected.
impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data: ConditionData = table(deserializer, "a condition, with keys")?;
        // Cheap conditions come first: a body is not decoded if the status differs.
        let mut all: Vec<Self> = data.status_code.map(status).into_iter().collect();
        all.extend(data.headers.into_iter().map(|(name, value)| header(name, value)));
        all.extend(data.text.map(text));
        all.extend(data.json.map(json));
        all.extend(data.jsonpath.into_iter().map(|path| jsonpath(path.expression, path.value)));
        let condition = Self::all(all).ok_or_else(|| {
            de::Error::custom(
                "expected a condition, found an empty one: set one of `status_code`, `headers`, `text`, `json`, `jsonpath`",
            )
        })?;
        condition.check().map_err(de::Error::custom)?;
        Ok(condition)
    }
}

/// `"2s"`, `"500ms"`, or a number of seconds.
struct WrittenDuration(Duration);

impl<'de> Deserialize<'de> for WrittenDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = WrittenDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time as \"2s\", \"500ms\", \"1.5min\" or \"1h\", or a number of seconds")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<WrittenDuration, E> {
                Ok(WrittenDuration(Duration::from_secs(seconds)))
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<WrittenDuration, E> {
                u64::try_from(seconds)
                    .map_err(|_| E::custom("expected a time that is not negative"))
                    .and_then(|s| self.visit_u64(s))
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<WrittenDuration, E> {
                Duration::try_from_secs_f64(seconds).map(WrittenDuration).map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<WrittenDuration, E> {
                duration_text::parse(text).map(|time| WrittenDuration(time.to_duration())).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Written)
    }
}

impl<'de> Deserialize<'de> for HttpPoll {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        table::<_, Data>(deserializer, "a poller, with keys")?.into_poll().map_err(de::Error::custom)
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
            Some(Auth::Basic { username, password }) => poll.basic_auth(username, password),
            Some(Auth::Bearer(bearer)) => poll.bearer(bearer),
            None => poll,
        };
        poll = poll.danger_accept_invalid_certs(!self.verify).respect_retry_after(self.respect_retry_after);
        for condition in self.until.0 {
            poll = poll.until(condition);
        }
        for condition in self.alarms.into_iter().flat_map(|alarms| alarms.0) {
            poll = poll.alarm(condition);
        }
        for kind in self.ignore_exceptions {
            poll = poll.ignore(move |error| kind.is(error));
        }
        if let Some(path) = self.ca_bundle {
            poll = poll.ca_bundle(path);
        }
        if let Some(WrittenDuration(interval)) = self.polling_interval {
            poll = poll.interval(interval);
        }
        poll = match self.max_retries {
            Retries::AtMost(0) => return Err("`max_retries`: expected at least 1, found 0".into()),
            Retries::AtMost(most) => poll.max_attempts(most),
            Retries::Endless => poll.forever(),
            Retries::Default => poll,
        };
        if let Some(WrittenDuration(deadline)) = self.deadline {
            poll = poll.deadline(deadline);
        }
        if let Some(WrittenDuration(timeout)) = self.attempt_timeout {
            poll = poll.attempt_timeout(timeout);
        }
        if let Some(WrittenDuration(longest)) = self.max_retry_after {
            poll = poll.max_retry_after(longest);
        }
        if let Some(most) = self.max_body {
            poll = poll.max_body(most);
        }
        poll.check().map_err(|error| match &poll.request {
            Err(_) => format!("`url`: {error}"),
            Ok(_) => error.to_string(),
        })?;
        Ok(poll)
    }
}
