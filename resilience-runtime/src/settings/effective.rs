use std::borrow::Cow;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::applied::Applied;
use super::apply::applied;
use super::known::{NamedTarget, Section, Target, known};
use super::overridable::PolicyInCode;
use super::overrides::key;
use super::suggestions::folded;
use super::tables;
use crate::attempts::{PolicyOption, PolicyOptions, PolicyOverride};
use crate::circuit::{CircuitState, NamedCallTimeout, NamedCircuit};
use crate::option_value::OptionValue;
use crate::telemetry::Site;
use crate::time::Nanos;

/// The settings in force, as returned by [`effective`].
///
/// Its text is TOML, with the place of each function and the source of each value in comments. Of several functions with
/// one name, the first has the table, and the others are in comments. It implements
/// `Serialize` as a list of maps with `kind`, `name`, `place` and `options`; an option is a map with `value`,
/// `source`, if it is overridden `code`, and `remark` for a time limit that calls without one ignore.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveSettings {
    sites: Vec<EffectiveSite>,
}

/// The settings of a function or a circuit with a `name`.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveSite {
    section: Section,
    name: &'static str,
    place: Option<(&'static str, u32)>,
    /// Why the options in the code are not known.
    unknown: Option<&'static str>,
    options: Vec<EffectiveOption>,
}

/// An option in force, and its source.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveOption {
    key: &'static str,
    value: InForce,
    /// The value in the code, if it is overridden and known.
    code: Option<InForce>,
    source: SettingSource,
    /// When the value is not used.
    remark: Option<Cow<'static, str>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum InForce {
    Option(OptionValue),
    State(CircuitState),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingSource {
    /// The attribute, its defaults, or the program.
    Code,
    /// [`Overrides`](super::Overrides).
    Override,
}

impl SettingSource {
    /// `code` or `override`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Override => "override",
        }
    }
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is in force for every function and circuit with a `name`, by kind, name and place.
///
/// Options that are absent, such as a `deadline` that was not set, are not listed. The options of a function form, of a
/// function whose policy depends on its generic parameters, and of one with `policy = ..`, differ from call to call:
/// only those that are overridden are listed. A `deadline` or an `attempt_timeout` for a function form or layer is listed with
/// the remark that calls without one ignore it. The defaults of a circuit are listed as far as they are in force.
///
/// ```
/// #[resilience::retry(name = "db.query", times = 5)]
/// fn query() -> std::io::Result<()> {
///     Ok(())
/// }
///
/// let settings = resilience::settings::effective().to_string();
/// assert!(settings.contains("[retry.\"db.query\"]"), "{settings}");
/// assert!(settings.contains("times = 5  # code"), "{settings}");
/// ```
#[must_use]
pub fn effective() -> EffectiveSettings {
    // The lock is not held while circuits are read, which delivers events.
    let applied = applied().clone();
    EffectiveSettings { sites: known().iter().map(|known| EffectiveSite::of(known, &applied)).collect() }
}

impl EffectiveSettings {
    /// Functions and circuits, by kind, name and place.
    pub fn iter(&self) -> std::slice::Iter<'_, EffectiveSite> {
        self.sites.iter()
    }
}

impl<'a> IntoIterator for &'a EffectiveSettings {
    type Item = &'a EffectiveSite;
    type IntoIter = std::slice::Iter<'a, EffectiveSite>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl EffectiveSite {
    fn of(known: &NamedTarget, applied: &Applied) -> Self {
        let (options, unknown) = match known.target {
            Target::Loop(site) => {
                let by = applied.sites.iter().find(|applied| applied.site == Site(site.entry));
                let by = by.map(|applied| &applied.by);
                match site.code {
                    PolicyInCode::RetryPolicy(code) => (of_policy(&code.policy, by), None),
                    PolicyInCode::PollPolicy(code) => (of_policy(&code.policy, by), None),
                    PolicyInCode::Generic => (of_override(by), Some("depends on generic parameters")),
                    PolicyInCode::Evaluated => (of_override(by), Some("policy = ..")),
                }
            }
            Target::Called(site) => {
                let by = applied.forms.iter().find(|form| {
                    Some(form.by.kind) == known.section.policy()
                        && (form.name == site.name() || form.is_folded && form.name == folded(site.name()))
                });
                let mut options = of_override(by.map(|form| &form.by));
                for option in &mut options {
                    option.remark = match option.key {
                        "deadline" => Some("ignored by calls without a `deadline`".into()),
                        "attempt_timeout" => Some("ignored by calls without an `attempt_timeout`".into()),
                        _ => None,
                    };
                }
                (options, Some("a function form or layer"))
            }
            Target::Circuit(circuit) => (of_circuit(circuit, applied), None),
        };
        let mut site =
            Self { section: known.section, name: known.name, place: known.place(), unknown, options };
        site.rename();
        site
    }

    /// Gives the options the names of the attribute.
    fn rename(&mut self) {
        for option in &mut self.options {
            let row = self.section.table().iter().find(|row| row.setting == option.key);
            option.key = row.map_or(option.key, |row| row.key);
        }
    }

    /// `retry`, `poll`, `asyncbackoff`, `asyncretry` or `circuit`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.section.as_str()
    }

    /// Its `name = ".."`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The source file and the line. A circuit that was registered has none.
    #[must_use]
    pub const fn place(&self) -> Option<(&'static str, u32)> {
        self.place
    }

    /// Its options.
    #[must_use]
    pub fn options(&self) -> &[EffectiveOption] {
        &self.options
    }
}

impl EffectiveOption {
    /// The option's name in the attribute. `state` for the state of a circuit.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The value, as it is written in an attribute.
    #[must_use]
    pub fn value(&self) -> String {
        self.value.to_string()
    }

    /// Where the value comes from.
    #[must_use]
    pub const fn source(&self) -> SettingSource {
        self.source
    }
}

/// The options of a policy that is in the code, with its override.
fn of_policy<P: PolicyOptions>(code: &P, by: Option<&PolicyOverride>) -> Vec<EffectiveOption> {
    let Some(by) = by else {
        return code.options().into_iter().map(|(key, value)| of_code(key, value)).collect();
    };
    let replaced = by.options.iter();
    let policy =
        replaced.fold(*code, |policy, (key, value)| policy.with_option(key, *value).unwrap_or(policy));
    let in_code = code.options();
    let option = |(key, value): PolicyOption| {
        if !by.options.iter().any(|(replaced, _)| *replaced == key) {
            return of_code(key, value);
        }
        let code = in_code.iter().find(|(other, _)| *other == key);
        EffectiveOption {
            key,
            value: InForce::Option(value),
            code: code.map(|(_, value)| InForce::Option(*value)),
            source: SettingSource::Override,
            remark: None,
        }
    };
    policy.options().into_iter().map(option).collect()
}

fn of_code(key: &'static str, value: OptionValue) -> EffectiveOption {
    EffectiveOption {
        key,
        value: InForce::Option(value),
        code: None,
        source: SettingSource::Code,
        remark: None,
    }
}

/// The options of an override, for a policy that is not known.
fn of_override(by: Option<&PolicyOverride>) -> Vec<EffectiveOption> {
    let options = by.map(|by| by.options.as_slice()).unwrap_or_default().iter();
    let option = |(key, value): &PolicyOption| EffectiveOption {
        key,
        value: InForce::Option(*value),
        code: None,
        source: SettingSource::Override,
        remark: None,
    };
    options.map(option).collect()
}

fn of_circuit(circuit: NamedCircuit, applied: &Applied) -> Vec<EffectiveOption> {
    let applied = applied.circuit(&circuit);
    let code = applied.map(|applied| tables::in_force(&applied.code)).unwrap_or_default();
    let options = tables::in_force(&circuit.config()).into_iter().map(|(key, value)| {
        if !applied.is_some_and(|applied| applied.keys.contains(&key)) {
            return of_code(key, value);
        }
        let code = code.iter().find(|(other, _)| *other == key).map(|(_, value)| InForce::Option(*value));
        EffectiveOption {
            key,
            value: InForce::Option(value),
            code,
            source: SettingSource::Override,
            remark: None,
        }
    });
    let call_timeout = of_call_timeout(circuit.name, applied.and_then(|applied| applied.call_timeout));
    let overridden = applied.and_then(|applied| applied.state);
    let state = circuit.state().or(overridden).map(|state| EffectiveOption {
        key: "state",
        value: InForce::State(state),
        code: None,
        source: if overridden == Some(state) { SettingSource::Override } else { SettingSource::Code },
        remark: None,
    });
    options.chain(call_timeout).chain(state).collect()
}

/// The limit of the functions of a circuit. `None`: they have none.
fn of_call_timeout(circuit: &str, by: Option<Nanos>) -> Option<EffectiveOption> {
    let in_code = NamedCallTimeout::all_in_code(circuit);
    let (first, others) = in_code.split_first()?;
    let option = of_code("call_timeout", OptionValue::Time(by.unwrap_or(*first)));
    Some(match by {
        Some(_) => {
            let code = others.is_empty().then_some(InForce::Option(OptionValue::Time(*first)));
            EffectiveOption { code, source: SettingSource::Override, ..option }
        }
        None if others.is_empty() => option,
        None => {
            let others: Vec<_> = others.iter().map(|time| format!("{time:?}")).collect();
            let remark = format!("{} for other functions of the circuit", others.join(" or "));
            EffectiveOption { remark: Some(remark.into()), ..option }
        }
    })
}

/// As in an attribute.
impl fmt::Display for InForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(value) => write!(f, "{value}"),
            Self::State(state) => f.write_str(state.as_str()),
        }
    }
}

impl InForce {
    /// As in a file.
    fn toml(self) -> String {
        match self {
            Self::Option(OptionValue::Count(count)) => count.to_string(),
            value => format!("{:?}", value.to_string()),
        }
    }
}

impl fmt::Display for EffectiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for site in &self.sites {
            let line_break = if before.is_none() { "" } else { "\n" };
            // TOML has one table for a name.
            let comment = if before == Some((site.section, site.name)) { "# " } else { "" };
            before = Some((site.section, site.name));
            let EffectiveSite { section, name, place, unknown, options } = site;
            let place =
                place.map_or_else(|| "registered".to_owned(), |(file, line)| format!("{file}:{line}"));
            let unknown = unknown.map(|why| format!(", {why}")).unwrap_or_default();
            writeln!(f, "{line_break}{comment}[{}.{}]  # {place}{unknown}", section.as_str(), key(name))?;
            for EffectiveOption { key, value, code, source, remark } in options {
                let code = code.map(|code| format!(", {} in the code", code.toml())).unwrap_or_default();
                let remark = remark.as_ref().map(|remark| format!(", {remark}")).unwrap_or_default();
                writeln!(f, "{comment}{key} = {}  # {source}{code}{remark}", value.toml())?;
            }
        }
        Ok(())
    }
}

impl Serialize for InForce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Option(value) => value.serialize(serializer),
            Self::State(state) => state.serialize(serializer),
        }
    }
}

impl Serialize for EffectiveOption {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("value", &self.value)?;
        map.serialize_entry("source", self.source.as_str())?;
        if let Some(code) = &self.code {
            map.serialize_entry("code", code)?;
        }
        if let Some(remark) = &self.remark {
            map.serialize_entry("remark", remark)?;
        }
        map.end()
    }
}

impl Serialize for EffectiveSite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Options<'a>(&'a [EffectiveOption]);

        impl Serialize for Options<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|option| (option.key, option)))
            }
        }

        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("name", self.name)?;
        map.serialize_entry("place", &self.place.map(|(file, line)| format!("{file}:{line}")))?;
        map.serialize_entry("options", &Options(&self.options))?;
        map.end()
    }
}

impl Serialize for EffectiveSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.sites)
    }
}
