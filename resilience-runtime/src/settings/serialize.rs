//! `Serialize` and `Deserialize` for policies and their parts, in the spelling of the attributes.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::form::{read_backoff, read_jitter};
use super::suggestions::nearest;
use super::tables::{self, CIRCUIT_CONFIG, POLL, RETRY, Row};
use super::tree::Tree;
use crate::attempts::{PolicyOptions, PollPolicy, RetryPolicy};
use crate::backoff::{Backoff, Jitter};
use crate::circuit::{CircuitConfig, CircuitState};
use crate::error::ConfigError;
use crate::option_value::OptionValue;
use crate::ratio::Ratio;

impl Serialize for OptionValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_u32(*count),
            Self::Ratio(ratio) => ratio.serialize(serializer),
            Self::Backoff(backoff) => backoff.serialize(serializer),
            Self::Jitter(jitter) => jitter.serialize(serializer),
            Self::Unbounded | Self::Time(_) => serializer.collect_str(self),
        }
    }
}

impl Serialize for Ratio {
    /// As `"50%"`, or as a number if it has more than two decimals.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{self:?}");
        if text.ends_with('%') {
            serializer.serialize_str(&text)
        } else {
            serializer.serialize_f64(self.get())
        }
    }
}

impl Serialize for Jitter {
    /// As `"none"`, `"full"`, `"equal"`, `"decorrelated"`, or the ratio as a number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ratio(ratio) => serializer.serialize_f64(*ratio),
            jitter => serializer.collect_str(&format_args!("{jitter:?}")),
        }
    }
}

impl<'de> Deserialize<'de> for Jitter {
    /// From `"none"`, `"full"`, `"equal"`, `"decorrelated"`, or a ratio: `"25%"` or `0.25`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_jitter(&Tree::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Backoff {
    /// As a map: `{ exponential = "100ms", factor = 2, max = "10s", jitter = "full" }`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = self.parts();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(parts.growth, &OptionValue::Time(parts.base))?;
        if let Some(factor) = parts.factor {
            map.serialize_entry("factor", &factor)?;
        }
        if !parts.cap.is_never() {
            map.serialize_entry("max", &OptionValue::Time(parts.cap))?;
        }
        if parts.jitter != Jitter::None {
            map.serialize_entry("jitter", &parts.jitter)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Backoff {
    /// From a map, `{ exponential = "100ms", factor = 2, max = "10s", jitter = "full" }`, or from the text of the
    /// attribute, `"exponential(100ms, max = 10s)"`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_backoff(&Tree::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn serialize_options<S: Serializer>(
    options: &[(&'static str, OptionValue)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(options.iter().copied())
}

/// Reads the options of a table, in its order, so that the result does not depend on that of the file.
fn read_options(table: &[Row], tree: &Tree) -> Result<Vec<(&'static str, OptionValue)>, String> {
    let Tree::Map(entries) = tree else { return Err(format!("expected a table of options, found {tree}")) };
    let mut problems = Vec::new();
    let mut options = Vec::new();
    for (key, value) in entries {
        let Some(row) = table.iter().find(|row| row.key == key) else {
            let nearest = nearest(key, table.iter().map(|row| row.key));
            let nearest = nearest.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
            problems.push(format!("unknown option `{key}`{nearest}"));
            continue;
        };
        if options.iter().any(|(setting, _)| *setting == row.setting) {
            problems.push(format!("`{key}` is set twice"));
        }
        match row.form.read(value) {
            Ok(value) => options.push((row.setting, value)),
            Err(error) => problems.push(format!("`{key}`: {error}")),
        }
    }
    let set = |key: &str| options.iter().any(|(setting, _)| *setting == key);
    if set("interval") && set("backoff") {
        problems.push("`interval` and `backoff` contradict each other: leave one of them out".to_owned());
    }
    if !problems.is_empty() {
        return Err(problems.join("; "));
    }
    options.sort_by_key(|(setting, _)| table.iter().position(|row| row.setting == *setting));
    Ok(options)
}

fn read_policy<P: PolicyOptions>(table: &[Row], new: P, tree: &Tree) -> Result<P, String> {
    let text = |error: ConfigError| error.to_string();
    let policy = read_options(table, tree)?
        .into_iter()
        .try_fold(new, |policy, (key, value)| policy.with_option(key, value))
        .map_err(text)?;
    policy.validate().map_err(text)?;
    Ok(policy)
}

impl Serialize for RetryPolicy {
    /// As a map with the options of [`#[retry]`](macro@crate::retry), without those that have no effect. A budget and the
    /// name of statistics are not part of it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_options(&self.options(), serializer)
    }
}

impl<'de> Deserialize<'de> for RetryPolicy {
    /// From a map with options of [`#[retry]`](macro@crate::retry). Absent options have their defaults, unknown ones
    /// are errors. A budget and the name of statistics can only be set in code.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_policy(RETRY, Self::new(), &Tree::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for PollPolicy {
    /// As a map with the options of [`#[poll]`](macro@crate::poll), without those that have no effect. The name of
    /// statistics is not part of it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_options(&self.options(), serializer)
    }
}

impl<'de> Deserialize<'de> for PollPolicy {
    /// From a map with options of [`#[poll]`](macro@crate::poll). Absent options have their defaults, unknown ones are
    /// errors. The name of statistics can only be set in code.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_policy(POLL, Self::new(), &Tree::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for CircuitConfig {
    /// As a map with the options of [`#[circuit]`](macro@crate::circuit).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_options(&tables::options(self), serializer)
    }
}

impl<'de> Deserialize<'de> for CircuitConfig {
    /// From a map with options of [`#[circuit]`](macro@crate::circuit). Absent options have their defaults, unknown
    /// ones are errors.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let options =
            read_options(CIRCUIT_CONFIG, &Tree::deserialize(deserializer)?).map_err(D::Error::custom)?;
        let config = options
            .into_iter()
            .try_fold(Self::new(), |config, (key, value)| tables::with_option(config, key, value))
            .map_err(D::Error::custom)?;
        config.validate().map_err(D::Error::custom)?;
        Ok(config)
    }
}

impl<'de> Deserialize<'de> for CircuitState {
    /// From [`as_str`](Self::as_str).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tree = Tree::deserialize(deserializer)?;
        let state =
            Self::ALL.into_iter().find(|state| matches!(&tree, Tree::Text(text) if text == state.as_str()));
        state.ok_or_else(|| {
            let states: Vec<_> = Self::ALL.iter().map(|state| format!("`{}`", state.as_str())).collect();
            D::Error::custom(format!("expected one of {}, found {tree}", states.join(", ")))
        })
    }
}
