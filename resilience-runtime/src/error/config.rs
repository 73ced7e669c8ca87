use std::fmt;

use crate::time::Nanos;

/// An invalid configuration with values that are only known at run time.
///
/// For constants, the same checks fail `const` evaluation.
///
/// ```
/// use resilience::RetryPolicy;
///
/// let error = RetryPolicy::new().try_times(0).unwrap_err();
/// assert_eq!(error.option(), "times");
/// assert_eq!(
///     error.to_string(),
///     "`times` must be at least 1: the first call counts as an attempt (found `times = 0`)",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    option: &'static str,
    message: &'static str,
    found: Setting,
    other: Option<Setting>,
}

/// An option with its value.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Setting(&'static str, Value);

/// The value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Count(u32),
    Time(Nanos),
    /// The bits of a number, so that errors can be compared.
    Number(u64),
    Word(&'static str),
}

impl Value {
    pub(crate) const fn number(number: f64) -> Self {
        Self::Number(number.to_bits())
    }
}

impl ConfigError {
    /// `found` is the value of `option`.
    pub(crate) const fn new(option: &'static str, message: &'static str, found: Value) -> Self {
        Self { option, message, found: Setting(option, found), other: None }
    }

    /// Adds the setting that the value contradicts.
    pub(crate) const fn beside(mut self, option: &'static str, value: Value) -> Self {
        self.other = Some(Setting(option, value));
        self
    }

    /// The invalid option, as it is written in an attribute.
    #[must_use]
    pub const fn option(&self) -> &'static str {
        self.option
    }

    /// The option, and the one that it contradicts.
    #[cfg(feature = "serde")]
    pub(crate) fn options(&self) -> impl Iterator<Item = &'static str> {
        [Some(self.found), self.other].into_iter().flatten().map(|Setting(option, _)| option)
    }

    /// The text, with the origin of each value.
    #[cfg(feature = "serde")]
    pub(crate) fn with_origins(&self, origin: impl Fn(&str) -> &'static str) -> String {
        let values = [Some(self.found), self.other].into_iter().flatten();
        let values = values.map(|setting| format!("`{setting}` {}", origin(setting.0)));
        format!("{} (found {})", self.message, values.collect::<Vec<_>>().join(", "))
    }

    /// The message alone, for a panic in a `const`, which cannot format anything else.
    pub(crate) const fn message(&self) -> &'static str {
        self.message
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, found, other, .. } = self;
        write!(f, "{message} (found `{found}`")?;
        if let Some(other) = other {
            write!(f, ", `{other}`")?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for ConfigError {}

/// As written in an attribute.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(option, value) = self;
        match value {
            Value::Count(count) => write!(f, "{option} = {count}"),
            Value::Time(time) => write!(f, "{option} = {time:?}"),
            Value::Number(bits) => write!(f, "{option} = {}", f64::from_bits(*bits)),
            Value::Word(word) => write!(f, "{option} = {word}"),
        }
    }
}

/// Returns the value, or panics with the error's message: a compile error if the configuration is a constant.
macro_rules! or_panic {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => panic!("{}", error.message()),
        }
    };
}
pub(crate) use or_panic;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_output_quotes_values_as_one_would_write_them() {
        let error =
            ConfigError::new("failure_rate", "wrong", Value::number(2.5)).beside("window", Value::Count(7));
        let debug = format!("{error:?}");
        assert!(debug.contains("failure_rate = 2.5") && debug.contains("window = 7"), "{debug}");
    }
}
