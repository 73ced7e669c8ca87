//! Names with a dot that were written without quotes: TOML reads them as tables in a table.

use super::overrides::{OverrideOption, OverrideTable, key};
use super::problem::OverrideProblem;
use super::tree::Tree;

impl OverrideTable {
    /// Separates the known names that need quotes from the options of this name.
    pub(super) fn split_unquoted(
        &self,
        is_known: impl Fn(&str) -> bool,
    ) -> (Vec<OverrideProblem>, Vec<OverrideOption>) {
        let (mut unquoted, mut options) = (Vec::new(), Vec::new());
        for option in &self.options {
            let mut names = Vec::new();
            known_below(format!("{}.{}", self.name, option.key), &option.value, &is_known, &mut names);
            if names.is_empty() {
                options.push(option.clone());
            }
            unquoted.extend(names.iter().map(|name| {
                let message = format!("{}: a name with a dot needs quotes", in_quotes(&self.kind, name));
                OverrideProblem::new(&option.path, message)
            }));
        }
        (unquoted, options)
    }
}

/// What to write for a name with a dot.
pub(super) fn in_quotes(kind: &str, name: &str) -> String {
    format!("write `[{kind}.{}]`", key(name))
}

/// The known names whose parts are the keys of these tables.
fn known_below(name: String, value: &Tree, is_known: &impl Fn(&str) -> bool, names: &mut Vec<String>) {
    let Tree::Map(entries) = value else { return };
    for (key, value) in entries {
        known_below(format!("{name}.{key}"), value, is_known, names);
    }
    if is_known(&name) {
        names.push(name);
    }
}
