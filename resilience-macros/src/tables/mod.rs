//! One table per attribute. It feeds the reader, the suggestions, what editors show and the attribute's page.
//!
//! A row's documentation is its row of the page: how the option is written, its default, what it means. After a change,
//! `PAGES=overwrite cargo test -p resilience-macros --lib` writes the pages again.
//!
//! A setting of a policy needs nothing else here: it is read and written by its kind, and the method of the policy has its
//! name. `model/` compares settings with each other. Any other option is read in `model/` and written in `write/`.

mod asyncbackoff;
mod asyncretry;
mod circuit;
#[cfg(test)]
mod defaults;
mod items;
#[cfg(test)]
mod pages;
mod poll;
mod retry;
mod shared;
mod synonyms;

pub(crate) use asyncbackoff::ASYNCBACKOFF;
pub(crate) use asyncretry::ASYNCRETRY;
pub(crate) use circuit::CIRCUIT;
pub(crate) use items::items;
pub(crate) use poll::POLL;
pub(crate) use retry::RETRY;

/// An attribute and its options.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The type that holds its settings.
    pub(crate) policy: &'static str,
    /// It may call the function more than once.
    pub(crate) repeats: bool,
    /// For async functions alone. Its defaults are no end and no waits.
    pub(crate) async_only: bool,
    /// The option for a number of attempts, or of failures.
    pub(crate) count: &'static str,
    /// The option without a default.
    pub(crate) required: Option<&'static str>,
    /// The option for the wait between attempts, or for the time that a circuit stays open.
    pub(crate) wait: &'static str,
    /// The option for the predicate on an attempt's outcome.
    pub(crate) condition: &'static str,
    /// How many of the options, from the first, may be given by position.
    pub(crate) by_position: usize,
    /// In the order of the page.
    pub(crate) options: &'static [Row],
}

/// An option.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) kind: OptionKind,
    /// The row of the page, without the bars at its ends.
    doc: &'static str,
    /// How messages write it, where its kind does not say.
    example: &'static [&'static str],
    /// Lists of words: what other libraries and the other attributes call it.
    synonyms: &'static [&'static str],
}

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionKind {
    /// A pattern or a predicate: of errors, or of values.
    ErrorPredicate,
    ValuePredicate,
    /// A function that is called.
    Function,
    /// An expression that is evaluated at every call.
    Expression,
    /// A `const` expression that holds settings.
    Config,
    /// A setting of the policy.
    Setting(Form),
    /// A value of the attribute itself.
    Own(Form),
    /// A string.
    Text,
    Path,
    /// Names of arguments.
    Arguments,
    /// A name for the body.
    Name,
    /// Its name alone.
    Flag,
}

/// How a setting is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `3`, or `forever`.
    Count,
    /// `3`.
    Bound,
    /// `15s`.
    Time,
    /// `15s`, or `forever`.
    Timeout,
    /// `50%`, or `0.5`.
    Ratio,
    /// `100`, or `30s`.
    Window,
    Backoff,
    /// `&BUDGET`, or `20%`.
    Budget,
    Jitter,
}

impl OptionKind {
    /// It is evaluated when the function is called.
    pub(crate) fn is_evaluated(self) -> bool {
        match self {
            Self::ErrorPredicate | Self::ValuePredicate | Self::Function | Self::Expression => true,
            Self::Config
            | Self::Setting(_)
            | Self::Own(_)
            | Self::Text
            | Self::Path
            | Self::Arguments
            | Self::Name
            | Self::Flag => false,
        }
    }

    pub(crate) fn is_predicate(self) -> bool {
        matches!(self, Self::ErrorPredicate | Self::ValuePredicate)
    }

    /// It holds names, and no value.
    pub(crate) fn is_names(self) -> bool {
        matches!(self, Self::Arguments | Self::Name)
    }

    /// It is part of the policy.
    pub(crate) fn is_setting(self) -> bool {
        matches!(self, Self::Config | Self::Setting(_))
    }
}

impl Row {
    /// How messages write it.
    pub(crate) fn example(&self) -> String {
        let key = self.key;
        if let [example] = self.example {
            return (*example).into();
        }
        match self.kind {
            OptionKind::ErrorPredicate => {
                format!(
                    "{key}(Error::Busy | Error::Timeout {{ .. }})`, or `{key} = |error| error.is_transient()"
                )
            }
            OptionKind::Setting(form) | OptionKind::Own(form) => match form {
                Form::Count => format!("{key} = 3` or `{key} = forever"),
                Form::Bound => format!("{key} = 5"),
                Form::Time => format!("{key} = 15s"),
                Form::Timeout => format!("{key} = 15s` or `{key} = forever"),
                Form::Ratio => format!("{key} = 50%"),
                Form::Window => format!("{key} = 100` for calls, or `{key} = 30s"),
                Form::Backoff => format!("{key} = exponential(100ms, factor = 2, max = 10s)"),
                Form::Budget => format!("{key} = &BUDGET` for a shared one, or `{key} = 20%"),
                Form::Jitter => format!("{key} = full"),
            },
            OptionKind::ValuePredicate
            | OptionKind::Function
            | OptionKind::Expression
            | OptionKind::Config => format!("{key} = .."),
            OptionKind::Text => format!("{key} = \"db.fetch\""),
            OptionKind::Path => format!("{key} = ::resilience"),
            OptionKind::Arguments => format!("{key}(a, b)"),
            OptionKind::Name => format!("{key}(a)"),
            OptionKind::Flag => key.into(),
        }
    }

    /// Another library, or another attribute, calls it so.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.synonyms.iter().flat_map(|words| words.split_whitespace()).any(|synonym| synonym == word)
    }
}

/// A row: documentation, key, kind, lists of synonyms, and an example, if the kind has none; or one of the shared rows.
macro_rules! row {
    ($shared:ident) => {
        $crate::tables::shared::$shared
    };
    ($(#[doc = $doc:literal])+ $key:ident: $kind:expr, [$($synonyms:expr),*] $(, $example:literal)?) => {
        $crate::tables::Row {
            key: stringify!($key),
            kind: $kind,
            doc: concat!($($doc),+),
            example: &[$($example)?],
            synonyms: &[$($synonyms),*],
        }
    };
}
use row;

/// The rows of a table.
macro_rules! rows {
    ($($(#[doc = $doc:literal])* $key:ident $(: $kind:expr, [$($synonyms:expr),*] $(, $example:literal)?)?;)+) => {
        &[$($crate::tables::row!($(#[doc = $doc])* $key $(: $kind, [$($synonyms),*] $(, $example)?)?)),+]
    };
}
use rows;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::attribute::Attribute;

    #[test]
    fn the_words_that_a_table_names_are_options_of_it() {
        for table in Attribute::ALL.map(Attribute::table) {
            let keys: Vec<_> = table.options.iter().map(|option| option.key).collect();
            for key in [table.count, table.wait, table.condition] {
                assert!(keys.contains(&key), "{} has no option `{key}`", table.name);
            }
            let distinct: BTreeSet<_> = keys.iter().collect();
            assert_eq!(distinct.len(), keys.len(), "{} has an option twice", table.name);
        }
    }

    #[test]
    fn a_synonym_leads_to_one_option_and_is_not_another_one() {
        for table in Attribute::ALL.map(Attribute::table) {
            let mut seen = BTreeSet::new();
            for option in table.options {
                for word in option.synonyms.iter().flat_map(|words| words.split_whitespace()) {
                    assert!(seen.insert(word), "{}: `{word}` is a synonym of two options", table.name);
                    let other = table.options.iter().find(|other| other.key == word);
                    assert!(
                        other.is_none_or(|other| other.key == option.key),
                        "{}: `{word}` is an option of its own",
                        table.name
                    );
                }
            }
        }
    }
}
