use std::fmt;

use proc_macro2::Span;
use syn::{Ident, Path};

use crate::tables::{ASYNCBACKOFF, ASYNCRETRY, CIRCUIT, POLL, RETRY, Row, Table};

/// The attributes of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    Retry,
    Poll,
    AsyncBackoff,
    AsyncRetry,
    Circuit,
}

impl Attribute {
    pub(crate) const ALL: [Self; 5] =
        [Self::Retry, Self::Poll, Self::AsyncBackoff, Self::AsyncRetry, Self::Circuit];

    pub(crate) fn table(self) -> &'static Table {
        match self {
            Self::Retry => &RETRY,
            Self::Poll => &POLL,
            Self::AsyncBackoff => &ASYNCBACKOFF,
            Self::AsyncRetry => &ASYNCRETRY,
            Self::Circuit => &CIRCUIT,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.table().name
    }

    /// The attribute with the name at the end of a path: `#[retry]`, `#[resilience::retry]`, but also
    /// `#[tokio_retry::retry]`.
    pub(crate) fn named(path: &Path) -> Option<Self> {
        Self::from_ident(&path.segments.last()?.ident)
    }

    pub(crate) fn from_ident(word: &Ident) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| word == attribute.name())
    }

    pub(crate) fn option(self, key: &str) -> Option<&'static Row> {
        self.table().options.iter().find(|option| option.key == key)
    }

    /// The keys of its options, in the order of its page.
    pub(crate) fn keys(self) -> Vec<&'static str> {
        self.table().options.iter().map(|option| option.key).collect()
    }

    /// The options that can be given by position, in their order.
    pub(crate) fn positional(self) -> &'static [Row] {
        let Table { options, by_position, .. } = self.table();
        options.get(..*by_position).unwrap_or_default()
    }

    pub(crate) fn knows(self, key: &str) -> bool {
        self.option(key).is_some()
    }

    /// Whether `word(..)` is an option, known or not, rather than a call that makes a positional value.
    pub(crate) fn looks_like_a_key(self, word: &Ident) -> bool {
        let word = word.to_string();
        self.positional().is_empty() || self.knows(&word) || self.translate(&word).is_some()
    }

    /// Another attribute that has an option of this name.
    pub(crate) fn owner_of(self, key: &str) -> Option<Self> {
        // For `#[asyncretry]`, the related `#[asyncbackoff]` comes first.
        let first = (self == Self::AsyncRetry).then_some(Self::AsyncBackoff);
        first.into_iter().chain(Self::ALL).find(|other| other.knows(key))
    }

    /// The trait that names this attribute in the compiler's messages.
    pub(crate) fn marker(self) -> Ident {
        Ident::new(self.name(), Span::mixed_site())
    }

    /// The option of this attribute that has another name in another library or attribute.
    pub(crate) fn translate(self, key: &str) -> Option<&'static str> {
        self.table().options.iter().find(|option| option.is_called(key)).map(|option| option.key)
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`#[{}]`", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_lead_to_options() {
        for (attribute, word, option) in [
            (Attribute::Circuit, "half_open_max_calls", Some("half_open_calls")),
            (Attribute::Circuit, "half_open", Some("half_open_calls")),
            (Attribute::Circuit, "half_open_timeout", Some("probe_timeout")),
            (Attribute::Circuit, "giveup", Some("ignore")),
            (Attribute::Circuit, "timeout", None),
            (Attribute::Circuit, "times", None),
            (Attribute::Poll, "giveup", None),
            (Attribute::Poll, "retry_on", Some("ignore")),
            (Attribute::Retry, "ignore_exceptions", Some("giveup")),
            (Attribute::AsyncRetry, "max_attempts", Some("max_tries")),
            (Attribute::AsyncRetry, "timeout", None),
            (Attribute::Poll, "deadline", Some("timeout")),
        ] {
            assert_eq!(attribute.translate(word), option, "{attribute} {word}");
        }
    }
}
