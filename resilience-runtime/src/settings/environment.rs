use std::ffi::OsString;

use super::known::{Section, known};
use super::overrides::{OverrideOption, OverrideTable, Overrides};
use super::problem::{OverrideErrors, OverrideProblem};
use super::suggestions::folded;
use super::tree::Tree;

impl Overrides {
    /// Reads the environment variables that begin with `PREFIX__`.
    ///
    /// A variable is `PREFIX__KIND__NAME__OPTION`, such as `RESILIENCE__CIRCUIT__PAYMENTS__FAILURE_THRESHOLD=10`. Kinds,
    /// names and options are in upper case, and a `_` stands for everything in a name that is not a letter or a digit:
    /// `DB_QUERY` is `db.query`. Values are written as in an attribute: `RESILIENCE__RETRY__DB_QUERY__BACKOFF` may be
    /// `exponential(100ms, max = 10s)`.
    ///
    /// ```
    /// use resilience::settings::Overrides;
    ///
    /// let overrides = Overrides::from_env("RESILIENCE")?;
    /// overrides.apply()?;
    /// # Ok::<(), resilience::settings::OverrideErrors>(())
    /// ```
    ///
    /// # Errors
    /// All variables with the prefix that are not of this form, that are not UTF-8, or whose name stands for several
    /// names of the program. Values and unknown names are checked by [`check`](Self::check).
    pub fn from_env(prefix: &str) -> Result<Self, OverrideErrors> {
        Self::from_vars(prefix, std::env::vars_os())
    }

    /// Like [`from_env`](Self::from_env), from other variables.
    ///
    /// # Errors
    /// As for `from_env`.
    pub fn from_vars<K: Into<OsString>, V: Into<OsString>>(
        prefix: &str,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, OverrideErrors> {
        let start = format!("{prefix}__");
        let mut variables: Vec<(OsString, OsString)> =
            variables.into_iter().map(|(variable, value)| (variable.into(), value.into())).collect();
        // The order of the environment is arbitrary.
        variables.sort();
        let names = known();
        let (mut overrides, mut errors) = (Self::default(), Vec::new());
        for (variable, value) in variables {
            let variable = variable.to_string_lossy().into_owned();
            let Some(rest) = variable.strip_prefix(&start) else { continue };
            let resolve = |section: Section, name: &str| {
                let mut found: Vec<&str> = names
                    .iter()
                    .filter(|known| known.section == section && folded(known.name) == name)
                    .map(|known| known.name)
                    .collect();
                found.dedup();
                found
            };
            match read(rest, &variable, value, resolve) {
                Ok(table) => overrides = overrides.merge(Self { tables: vec![table], ..Self::default() }),
                Err(message) => errors.push(OverrideProblem::new(variable, message)),
            }
        }
        if errors.is_empty() { Ok(overrides) } else { Err(OverrideErrors(errors)) }
    }
}

/// Reads one variable, without its prefix.
fn read<'n>(
    rest: &str,
    variable: &str,
    value: OsString,
    resolve: impl Fn(Section, &str) -> Vec<&'n str>,
) -> Result<OverrideTable, String> {
    let value = value.into_string().map_err(|_| "the value is not UTF-8".to_owned())?;
    let expected = || format!("expected `KIND__NAME__OPTION` after the prefix, found `{rest}`");
    let (kind, rest_of_it) = rest.split_once("__").ok_or_else(expected)?;
    let (name, option) = rest_of_it.rsplit_once("__").ok_or_else(expected)?;
    if name.is_empty() || option.is_empty() {
        return Err(expected());
    }
    let kind = kind.to_ascii_lowercase();
    let found = Section::of(&kind).map(|section| resolve(section, name)).unwrap_or_default();
    let (name, is_folded) = match found.as_slice() {
        [] => (name, true),
        [name] => (*name, false),
        several => {
            let names: Vec<_> = several.iter().map(|name| format!("`{name}`")).collect();
            return Err(format!(
                "`{name}` stands for several names: {}; rename all but one",
                names.join(", ")
            ));
        }
    };
    let option = OverrideOption {
        key: option.to_ascii_lowercase(),
        path: variable.to_owned(),
        value: Tree::of_text(value.trim()),
    };
    let (name, path) = (name.to_owned(), variable.to_owned());
    Ok(OverrideTable { kind, name, is_folded, path, options: vec![option] })
}
