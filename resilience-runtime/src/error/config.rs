/// A configuration that makes no sense, found while checking values known only at run time.
///
/// The same checks fail `const` evaluation where the values are constants.
///
/// ```
/// use resilience::RetryPolicy;
///
/// let error = RetryPolicy::new().try_times(0).unwrap_err();
/// assert_eq!(error.option(), "times");
/// assert_eq!(error.to_string(), "`times` must be at least 1: the first call counts as an attempt");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    option: &'static str,
    message: &'static str,
}

impl ConfigError {
    pub(crate) const fn new(option: &'static str, message: &'static str) -> Self {
        Self { option, message }
    }

    /// The option that is wrong, as it is written in an attribute.
    #[must_use]
    pub const fn option(&self) -> &'static str {
        self.option
    }

    /// The message by itself, for a panic in a `const`, which formats nothing else.
    pub(crate) const fn message(&self) -> &'static str {
        self.message
    }
}

/// The value, or a panic with the error's message: a compile error wherever the configuration is a constant.
macro_rules! or_panic {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(error) => panic!("{}", error.message()),
        }
    };
}
pub(crate) use or_panic;
