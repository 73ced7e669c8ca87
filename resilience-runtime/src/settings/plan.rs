//! Compares overrides with the program: what is to change, and what is wrong.

use super::applied::{Applied, AppliedCircuit, AppliedForm, AppliedSite};
use super::form::sets_jitter;
use super::known::{NamedTarget, Section, Target, is_linked, known, unnamed};
use super::overridable::{OverridableSite, PolicyInCode};
use super::overrides::{OverrideOption, OverrideTable, Overrides, key};
use super::problem::OverrideProblem;
use super::suggestions::nearest;
use super::tables::{self, CODE_ONLY, Row};
use super::tree::Tree;
use super::unquoted::in_quotes;
use crate::attempts::{PolicyKind, PolicyOptions, PolicyOverride, PollPolicy, RetryPolicy};
use crate::circuit::{CallTimeout, CircuitConfig, CircuitState, NamedCallTimeout, NamedCircuit};
use crate::error::ConfigError;
use crate::option_value::OptionValue;
use crate::telemetry::Site;
use crate::time::Nanos;

/// A test under `tests/` links a crate only if it mentions it.
const NOT_LINKED: &str = "no annotated function is linked; write `use mycrate as _;`";

const NOT_A_DELAY: &str = "expected a delay, found `forever`; write `\"15s\"` or `\"500ms\"`";

/// The result of a comparison.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) applied: Applied,
    pub(super) errors: Vec<OverrideProblem>,
    pub(super) warnings: Vec<OverrideProblem>,
}

/// An option with a valid value, and its place.
struct ReadOption<'o> {
    row: Row,
    value: OptionValue,
    path: &'o str,
}

impl Plan {
    /// `before` is in force.
    pub(super) fn of(overrides: &Overrides, before: &Applied) -> Self {
        let mut plan = Self { errors: overrides.malformed.clone(), ..Self::default() };
        let names = known();
        for (index, table) in overrides.tables.iter().enumerate() {
            if overrides.tables[..index].iter().any(|other| other.is_same(table)) {
                plan.error(&table.path, "is set twice");
            }
            let exact = overrides.tables.iter().filter(|other| table.stands_for(other));
            let exact: Vec<&str> = exact.map(|other| other.name.as_str()).collect();
            plan.add(table, &exact, &names, before);
        }
        // An exact name has the options of the folded names that stand for it: it is found first, with the same errors.
        plan.applied.forms.sort_by_key(|form| form.is_folded);
        plan.applied.circuit_tables.sort_by_key(|table| table.is_folded);
        let mut seen = Vec::new();
        plan.errors.retain(|error| {
            let is_new = !seen.contains(error);
            seen.extend(is_new.then(|| error.clone()));
            is_new
        });
        plan
    }

    /// What is in force for a circuit that was registered later, if it agrees with its configuration.
    pub(super) fn of_registered(circuit: NamedCircuit, before: &Applied) -> Option<AppliedCircuit> {
        let table = before.circuit_tables.iter().find(|table| table.names(circuit.name))?;
        let mut plan = Self::default();
        let options = plan.read(table, Section::Circuit);
        plan.add_circuit(table, circuit, &options, before);
        plan.applied.circuits.pop().filter(|_| plan.errors.is_empty())
    }

    fn error(&mut self, path: &str, message: impl Into<String>) {
        self.errors.push(OverrideProblem::new(path, message));
    }

    /// `exact` are names that have a table of their own.
    fn add(&mut self, table: &OverrideTable, exact: &[&str], names: &[NamedTarget], before: &Applied) {
        let Some(section) = Section::of(&table.kind) else {
            let kinds = Section::ALL.map(Section::as_str);
            let hint = suggestion(&table.kind, kinds).unwrap_or_else(|| {
                format!("; write one of {}", kinds.map(|kind| format!("`{kind}`")).join(", "))
            });
            return self.error(&table.path, format!("unknown kind `{}`{hint}", table.kind));
        };
        let is_known = |name: &str| names.iter().any(|known| known.section == section && known.name == name);
        let (unquoted, options) = table.split_unquoted(is_known);
        if !unquoted.is_empty() {
            self.errors.extend(unquoted);
            if !options.is_empty() {
                self.add(&OverrideTable { options, ..table.clone() }, exact, names, before);
            }
            return;
        }
        let is_target = |known: &&NamedTarget| known.section == section && table.names(known.name);
        let targets = names.iter().filter(is_target).filter(|known| !exact.contains(&known.name));
        let targets: Vec<&NamedTarget> = targets.collect();
        if targets.is_empty() && exact.is_empty() && !self.may_be_called_later(table, section, names) {
            return;
        }
        if section == Section::Circuit {
            self.applied.circuit_tables.push(table.clone());
        }
        let options = self.read(table, section);
        let mut has_form = targets.is_empty() && section.has_forms();
        for target in targets {
            match target.target {
                Target::Loop(site) => self.add_loop(table, section, site, &options),
                Target::Called(_) => has_form = true,
                Target::Circuit(circuit) => self.add_circuit(table, circuit, &options, before),
            }
        }
        if let (true, Some(kind)) = (has_form, section.policy()) {
            self.check_alone(table, kind, &options);
            let by = policy_override(kind, &options, true);
            let (name, is_folded) = (table.name.clone(), table.is_folded);
            self.applied.forms.push(AppliedForm { name, is_folded, by });
        }
    }

    /// Whether a name that nothing has may belong to a function form or layer that comes later. Otherwise it is an error.
    fn may_be_called_later(
        &mut self,
        table: &OverrideTable,
        section: Section,
        names: &[NamedTarget],
    ) -> bool {
        let OverrideTable { name, path, .. } = table;
        let of_other_kind = names.iter().find(|known| table.names(known.name));
        let suggested =
            nearest(name, names.iter().filter(|known| known.section == section).map(|known| known.name));
        let message = if let Some(other) = of_other_kind {
            let kind = other.section.as_str();
            let place = other.place().map(|place| format!(", {}", at(place))).unwrap_or_default();
            format!("`{}` is a `{kind}`{place}; write `{kind}.{}`", other.name, key(other.name))
        } else if let Some(site) = unnamed(name) {
            let place = at((site.file(), site.line()));
            format!(
                "only functions with a `name` can be overridden; add `name = \"..\"` to the attribute {place}"
            )
        } else if let Some(suggested) = suggested {
            format!("unknown name `{name}`; did you mean `{suggested}`?")
        } else if section.has_forms() {
            let unlinked = if is_linked() { String::new() } else { format!("; {NOT_LINKED}") };
            let message = format!(
                "nothing has the name `{name}` yet; a function form or layer that is made later may have it{unlinked}"
            );
            self.warnings.push(OverrideProblem::new(path, message));
            return true;
        } else if !is_linked() {
            format!("unknown name `{name}`; {NOT_LINKED}")
        } else {
            format!("unknown name `{name}`; no `#[{}]` has it", section.as_str())
        };
        self.error(path, message);
        false
    }

    /// Reads the options of a table, in the order of the attribute's.
    fn read<'o>(&mut self, table: &'o OverrideTable, section: Section) -> Vec<ReadOption<'o>> {
        let rows = section.table();
        let mut options: Vec<ReadOption<'o>> = Vec::new();
        for (index, OverrideOption { key, path, value }) in table.options.iter().enumerate() {
            if table.options[..index].iter().any(|option| option.key == *key) {
                self.error(path, "is set twice");
                continue;
            }
            if section == Section::Circuit && key == "state" {
                continue;
            }
            let Some(row) = rows.iter().find(|row| row.key == key) else {
                let mut message = unknown_option(key, section);
                if let Tree::Map(_) = value {
                    let name = format!("{}.{key}", table.name);
                    let write = in_quotes(section.as_str(), &name);
                    message = format!("{message}; if the name is `{name}`, {write}");
                }
                self.error(path, message);
                continue;
            };
            match row.form.read(value) {
                // As in an attribute. The policies themselves are read back as they were written.
                Ok(OptionValue::Time(Nanos::NEVER))
                    if ["interval", "initial_delay"].contains(&row.setting) =>
                {
                    self.error(path, NOT_A_DELAY);
                }
                Ok(read) => {
                    options.push(ReadOption { row: *row, value: read, path });
                    let jitter =
                        rows.iter().find(|row| row.setting == "jitter").filter(|_| sets_jitter(value));
                    if let (OptionValue::Backoff(backoff), Some(jitter)) = (read, jitter) {
                        if !table.options.iter().any(|option| option.key == jitter.key) {
                            let value = OptionValue::Jitter(backoff.own_jitter());
                            options.push(ReadOption { row: *jitter, value, path });
                        }
                    }
                }
                Err(message) => self.error(path, message),
            }
        }
        let set = |key: &str| options.iter().find(|option| option.row.setting == key);
        if let (Some(interval), Some(backoff)) = (set("interval"), set("backoff")) {
            let message = format!("contradicts `{}`: leave one of them out", interval.row.key);
            let path = backoff.path;
            self.error(path, message);
        }
        options.sort_by_key(|option| rows.iter().position(|row| row.key == option.row.key));
        options
    }

    fn add_loop(
        &mut self,
        table: &OverrideTable,
        section: Section,
        site: &'static OverridableSite,
        options: &[ReadOption<'_>],
    ) {
        let Some(kind) = section.policy() else { return };
        let listed = Site(site.entry);
        let place = at((listed.file(), listed.line()));
        for option in options.iter().filter(|option| !site.has(option.row.setting)) {
            let key = option.row.key;
            let remedy = match key {
                "deadline" => "write `deadline = forever` in the attribute to allow one",
                _ => "write a long one in the attribute to allow one, such as `attempt_timeout = 1h`",
            };
            self.error(
                option.path,
                format!("the attribute {place} has no `{key}`, and an override does not add one; {remedy}"),
            );
        }
        match site.code {
            PolicyInCode::RetryPolicy(code) => self.check_policy(table, code.policy, options),
            PolicyInCode::PollPolicy(code) => self.check_policy(table, code.policy, options),
            PolicyInCode::Generic => self.check_alone(table, kind, options),
            PolicyInCode::Evaluated => {
                let message = format!("the attribute {place} has `policy = ..`, which cannot be overridden");
                self.error(&table.path, message);
            }
        }
        let by = policy_override(kind, options, false);
        self.applied.sites.push(AppliedSite { site: listed, by });
    }

    /// Checks options for a policy that is only known when it is called: each by itself.
    fn check_alone(&mut self, table: &OverrideTable, kind: PolicyKind, options: &[ReadOption<'_>]) {
        match kind {
            PolicyKind::Retry => _ = self.check_each(table, RetryPolicy::new(), options),
            PolicyKind::Poll => _ = self.check_each(table, PollPolicy::new(), options),
        }
    }

    fn check_policy<P: PolicyOptions>(&mut self, table: &OverrideTable, code: P, options: &[ReadOption<'_>]) {
        if let Some(Err(error)) = self.check_each(table, code, options).map(|policy| policy.validate()) {
            self.errors.push(about(table, options, &error));
        }
    }

    /// The policy with the options. `None` if a value is invalid.
    fn check_each<P: PolicyOptions>(
        &mut self,
        table: &OverrideTable,
        code: P,
        options: &[ReadOption<'_>],
    ) -> Option<P> {
        let before = self.errors.len();
        let policy = options.iter().fold(code, |policy, option| {
            policy.with_option(option.row.setting, option.value).unwrap_or_else(|error| {
                self.errors.push(about(table, options, &error));
                policy
            })
        });
        (self.errors.len() == before).then_some(policy)
    }

    fn add_circuit(
        &mut self,
        table: &OverrideTable,
        circuit: NamedCircuit,
        options: &[ReadOption<'_>],
        before: &Applied,
    ) {
        let code = before.circuit(&circuit).map_or_else(|| circuit.config(), |applied| applied.code);
        let state = table.options.iter().find(|option| option.key == "state").and_then(|option| {
            let state = read_state(&option.value);
            state.map_err(|message| self.error(&option.path, message)).ok()
        });
        let mut config = without_replaced(code, options);
        for option in options {
            match tables::with_option(config, option.row.key, option.value) {
                Ok(with) => config = with,
                Err(error) => return self.errors.push(about(table, options, &error)),
            }
        }
        if let Err(error) = config.validate() {
            self.errors.push(about(table, options, &error));
        }
        let call_timeout = self.read_call_timeout(circuit, options);
        let keys = options.iter().map(|option| option.row.key).collect();
        self.applied.circuits.push(AppliedCircuit { circuit, code, config, keys, state, call_timeout });
    }

    fn read_call_timeout(&mut self, circuit: NamedCircuit, options: &[ReadOption<'_>]) -> Option<Nanos> {
        let option = options.iter().find(|option| option.row.key == "call_timeout")?;
        let OptionValue::Time(time) = option.value else { return None };
        if NamedCallTimeout::all_in_code(circuit.name).is_empty() {
            let message = "no function of this circuit has a constant `call_timeout`, and an override does not add one; \
                           write a long one in the attribute to allow one, such as `call_timeout = 1h`";
            self.error(option.path, message);
        } else if let Err(error) = CallTimeout::try_new(time.to_duration()) {
            self.error(option.path, error.to_string());
        }
        Some(time)
    }
}

fn policy_override(
    kind: PolicyKind,
    options: &[ReadOption<'_>],
    keeps_absent_limits: bool,
) -> PolicyOverride {
    let options = options.iter().map(|option| (option.row.setting, option.value)).collect();
    PolicyOverride { kind, options, keeps_absent_limits }
}

/// The error, at the first option that it is about and that is overridden. Values in the code are marked.
fn about(table: &OverrideTable, options: &[ReadOption<'_>], error: &ConfigError) -> OverrideProblem {
    let overridden = |setting: &str| options.iter().find(|option| option.row.setting == setting);
    let path = error.options().find_map(overridden).map_or(table.path.as_str(), |option| option.path);
    let message = if error.options().all(|setting| overridden(setting).is_some()) {
        error.to_string()
    } else {
        error.with_origins(|setting| match overridden(setting) {
            Some(_) => "in the override",
            None => "in the code",
        })
    };
    OverrideProblem::new(path, message)
}

/// Removes what the options express in another way, as beside `config = ..` in an attribute.
fn without_replaced(code: CircuitConfig, options: &[ReadOption<'_>]) -> CircuitConfig {
    let sets = |keys: &[&str]| options.iter().any(|option| keys.contains(&option.row.key));
    let mut config = code;
    if sets(&["failure_threshold", "within"]) {
        config = config.__without_rates();
    }
    if sets(&["failure_rate", "slow_rate"]) {
        config = config.__without_count();
    }
    config
}

fn read_state(value: &Tree) -> Result<CircuitState, String> {
    use CircuitState::{Closed, Disabled, ForcedOpen, MetricsOnly};
    let states = [Closed, ForcedOpen, Disabled, MetricsOnly];
    let state = states.into_iter().find(|state| matches!(value, Tree::Text(text) if text == state.as_str()));
    state.ok_or_else(|| {
        let states = states.map(|state| format!("`{}`", state.as_str())).join(", ");
        format!("expected one of {states}, found {value}")
    })
}

fn unknown_option(key: &str, section: Section) -> String {
    let rows = section.table();
    if CODE_ONLY.contains(&key) {
        return format!("`{key}` can only be set in the code");
    }
    let state = (section == Section::Circuit).then_some("state");
    let hint = suggestion(key, rows.iter().map(|row| row.key).chain(state)).unwrap_or_default();
    format!("unknown option `{key}` of a `{}`{hint}", section.as_str())
}

fn suggestion<'a, N: IntoIterator<Item = &'a str>>(name: &str, known: N) -> Option<String> {
    nearest(name, known).map(|known| format!("; did you mean `{known}`?"))
}

fn at((file, line): (&str, u32)) -> String {
    format!("at {file}:{line}")
}
