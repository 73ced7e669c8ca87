use std::fmt;

/// A setting that cannot be applied, or that may be wrong, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideProblem {
    path: String,
    message: String,
}

impl OverrideProblem {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The dotted path, such as `circuit.payments.failure_threshold`, or the name of the environment variable.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is wrong, and what to write instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for OverrideProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

fn write_lines(problems: &[OverrideProblem], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, problem) in problems.iter().enumerate() {
        let line_break = if index == 0 { "" } else { "\n" };
        write!(f, "{line_break}{problem}")?;
    }
    Ok(())
}

/// All reasons why [`Overrides`](super::Overrides) cannot be applied. Its text has one line for each.
#[derive(Clone, PartialEq, Eq)]
pub struct OverrideErrors(pub(super) Vec<OverrideProblem>);

impl OverrideErrors {
    /// The errors, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, OverrideProblem> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a OverrideErrors {
    type Item = &'a OverrideProblem;
    type IntoIter = std::slice::Iter<'a, OverrideProblem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for OverrideErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.0, f)
    }
}

/// As displayed, for a `main` that returns it and for `unwrap`.
impl fmt::Debug for OverrideErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.0, f)
    }
}

impl std::error::Error for OverrideErrors {}

/// Names in [`Overrides`](super::Overrides) that nothing has yet: a function form or a layer with this name may be called
/// later. Its text has one line for each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OverrideWarnings(pub(super) Vec<OverrideProblem>);

impl OverrideWarnings {
    /// The warnings, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, OverrideProblem> {
        self.0.iter()
    }

    /// Whether there are no warnings.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a OverrideWarnings {
    type Item = &'a OverrideProblem;
    type IntoIter = std::slice::Iter<'a, OverrideProblem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for OverrideWarnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.0, f)
    }
}

/// As displayed, for a `main` that returns it and for `unwrap`.
impl fmt::Debug for OverrideWarnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(&self.0, f)
    }
}
