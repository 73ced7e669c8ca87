use std::fmt;

use serde::de::{Deserialize, Deserializer};

use super::problem::OverrideProblem;
use super::suggestions::folded;
use super::tree::Tree;

/// Options that replace those in the code, by kind and name.
///
/// Read from any format that serde supports, or from the [environment](Self::from_env). The kinds are `retry`, `poll`,
/// `asyncbackoff`, `asyncretry` and `circuit`; names are those of `name = ".."`; options have the names and the spelling
/// of the attributes. Function forms with a name are found under `retry` or `poll`.
///
/// Reading keeps unknown names and wrong values, so that [`check`](Self::check) reports all of them at once.
///
/// ```
/// use resilience::retry;
/// use resilience::settings::Overrides;
///
/// #[retry(name = "db.query", times = 3, interval = 0s)]
/// fn query(calls: &mut u32) -> Result<(), &'static str> {
///     *calls += 1;
///     Err("busy")
/// }
///
/// let overrides: Overrides = toml::from_str("[retry.'db.query']\ntimes = 5").unwrap();
/// overrides.apply()?;
/// let mut calls = 0;
/// query(&mut calls).unwrap_err();
/// assert_eq!(calls, 5);
///
/// Overrides::default().apply()?; // reverts everything
/// calls = 0;
/// query(&mut calls).unwrap_err();
/// assert_eq!(calls, 3);
/// # Ok::<(), resilience::settings::OverrideErrors>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Overrides {
    pub(super) tables: Vec<OverrideTable>,
    /// What is not in the form of options of a name.
    pub(super) malformed: Vec<OverrideProblem>,
}

/// The options of one name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OverrideTable {
    pub(super) kind: String,
    pub(super) name: String,
    /// Whether the name is written as in an environment variable, because nothing had it when it was read.
    pub(super) is_folded: bool,
    pub(super) path: String,
    pub(super) options: Vec<OverrideOption>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct OverrideOption {
    pub(super) key: String,
    pub(super) path: String,
    pub(super) value: Tree,
}

impl Overrides {
    /// Adds other overrides. Where both have an option, the other value counts.
    ///
    /// A variable whose name nothing had when it was read stands for every name that is written like it, also for those
    /// in the other overrides.
    ///
    /// ```
    /// use resilience::settings::Overrides;
    ///
    /// let file: Overrides = toml::from_str("[circuit.payments]\nfailure_threshold = 10").unwrap();
    /// let overrides = file.merge(Overrides::from_env("MY_SERVICE")?);
    /// # Ok::<(), resilience::settings::OverrideErrors>(())
    /// ```
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.malformed.extend(other.malformed);
        // An exact name has all options of the folded names that stand for it, and is the only one that counts for it.
        let (folded, exact): (Vec<_>, Vec<_>) = other.tables.into_iter().partition(|table| table.is_folded);
        for table in folded {
            for known in self.tables.iter_mut().filter(|known| table.stands_for(known)) {
                known.replace(&table.options);
            }
            self.add(table);
        }
        for mut table in exact {
            if !self.tables.iter().any(|known| known.is_same(&table)) {
                let folded = self.tables.iter().filter(|known| known.stands_for(&table));
                let inherited: Vec<_> = folded.flat_map(|folded| folded.options.clone()).collect();
                let own = std::mem::replace(&mut table.options, inherited);
                table.replace(&own);
            }
            self.add(table);
        }
        self
    }

    fn add(&mut self, table: OverrideTable) {
        match self.tables.iter_mut().find(|known| known.is_same(&table)) {
            Some(known) => known.replace(&table.options),
            None => self.tables.push(table),
        }
    }
}

impl OverrideTable {
    /// Whether it is about this name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.name == name || self.is_folded && self.name == folded(name)
    }

    /// Whether this folded name stands for the exact name of another table.
    pub(super) fn stands_for(&self, exact: &Self) -> bool {
        self.is_folded && !exact.is_folded && self.kind == exact.kind && self.names(&exact.name)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.kind, &self.name, self.is_folded) == (&other.kind, &other.name, other.is_folded)
    }

    fn replace(&mut self, options: &[OverrideOption]) {
        self.options.retain(|option| !options.iter().any(|other| other.key == option.key));
        self.options.extend_from_slice(options);
    }
}

impl<'de> Deserialize<'de> for Overrides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(read(Tree::deserialize(deserializer)?))
    }
}

fn read(root: Tree) -> Overrides {
    let mut overrides = Overrides::default();
    let kinds = match root {
        Tree::Map(kinds) => kinds,
        // An empty text of some formats.
        Tree::Null => Vec::new(),
        other => {
            let message = format!("expected a table with `retry`, `poll` or `circuit`, found {other}");
            overrides.malformed.push(OverrideProblem::new("settings", message));
            Vec::new()
        }
    };
    for (kind, names) in kinds {
        let path = key(&kind);
        let Tree::Map(names) = names else {
            let message = format!("expected a table of names, found {names}");
            overrides.malformed.push(OverrideProblem::new(path, message));
            continue;
        };
        for (name, options) in names {
            let path = format!("{path}.{}", key(&name));
            let Tree::Map(options) = options else {
                let message = format!("expected a table of options, found {options}");
                overrides.malformed.push(OverrideProblem::new(path, message));
                continue;
            };
            let options = options.into_iter().map(|(option, value)| OverrideOption {
                path: format!("{path}.{}", key(&option)),
                key: option,
                value,
            });
            let options = options.collect();
            overrides.tables.push(OverrideTable {
                kind: kind.clone(),
                name,
                is_folded: false,
                path,
                options,
            });
        }
    }
    overrides
}

/// A part of a dotted path, in quotes where TOML needs them.
pub(super) fn key(part: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !part.is_empty() && part.chars().all(is_bare) { part.to_owned() } else { format!("{part:?}") }
}

/// The dotted paths, with their values.
impl fmt::Debug for Overrides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for table in &self.tables {
            for OverrideOption { path, value, .. } in &table.options {
                map.entry(&format_args!("{path}"), &format_args!("{value}"));
            }
        }
        map.finish()
    }
}
