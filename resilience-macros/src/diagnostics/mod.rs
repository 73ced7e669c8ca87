//! The catalogue of all messages. Each states the error and its reason, then what to write instead.

mod budget;
mod circuit;
mod conflict;
mod count;
mod function;
mod name;
mod option;
mod suggestions;
mod time;
mod wait;

pub(crate) use budget::BudgetFault;
pub(crate) use circuit::CircuitFault;
pub(crate) use conflict::ConflictFault;
pub(crate) use count::CountFault;
pub(crate) use function::FunctionFault;
pub(crate) use name::NameFault;
pub(crate) use option::{OptionFault, suggestion};
pub(crate) use suggestions::nearest;
pub(crate) use time::{TimeFault, is_almost_a_unit};
pub(crate) use wait::WaitFault;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;

/// A kind of error, with its message.
pub(crate) trait Fault {
    fn message(&self) -> Message;
}

/// The message of a fault.
pub(crate) struct Message {
    /// The error, and its reason.
    what: String,
    /// What to write instead.
    help: String,
}

impl Message {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }

    /// In the form of rustc's own help.
    fn render(&self) -> String {
        let Self { what, help } = self;
        // `#[async_trait]` renames `self` to `__self`.
        format!("{what}\n= help: {help}").replace("`__self`", "`self`").replace("= __self`", "= self`")
    }
}

/// Defines an enum of faults with their messages. The test at the end of this file renders all of them.
macro_rules! faults {
    ($(#[$doc:meta])* $page:ident {
        $($fault:ident $({ $($field:ident: $type:ty),+ })? => $what:expr, $help:expr;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $page {
            $($fault $({ $($field: $type),+ })?,)+
        }

        impl $crate::diagnostics::Fault for $page {
            fn message(&self) -> $crate::diagnostics::Message {
                match self {
                    $(Self::$fault $({ $($field),+ })? => $crate::diagnostics::Message::new($what, $help),)+
                }
            }
        }

        #[cfg(test)]
        impl $page {
            pub(super) fn samples() -> Vec<Self> {
                vec![$(Self::$fault $({ $($field: $crate::diagnostics::tests::Sample::sample()),+ })?,)+]
            }
        }
    };
}
use faults;

/// The faults found so far.
#[derive(Default)]
pub(crate) struct Faults(Vec<(Location, Message)>);

/// The first and the last token of a fault. Only nightly compilers can join the two spans.
struct Location {
    start: Span,
    end: Span,
}

impl Faults {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds a fault at `place`.
    pub(crate) fn at(&mut self, place: &impl ToTokens, fault: &impl Fault) {
        let mut tokens = place.to_token_stream().into_iter();
        let start = tokens.next().map_or_else(Span::call_site, |first| first.span());
        let end = tokens.last().map_or(start, |last| last.span());
        self.0.push((Location { start, end }, fault.message()));
    }

    /// Adds a fault at a span, for a place that has no tokens.
    pub(crate) fn at_span(&mut self, span: Span, fault: &impl Fault) {
        self.0.push((Location { start: span, end: span }, fault.message()));
    }

    /// Adds an error of the parser; `fault` makes a message of its text.
    pub(crate) fn syntax<F: Fault>(&mut self, error: &syn::Error, fault: impl Fn(String) -> F) {
        for error in error.clone() {
            self.at_span(error.span(), &fault(error.to_string()));
        }
    }
}

impl ToTokens for Faults {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for (Location { start, end }, message) in &self.0 {
            let message = message.render();
            // rustc underlines from the first token's span to the last one's. Both have the user's edition; the edition
            // 2015 has `::std`, but no `::core`.
            tokens.extend(quote_spanned!(*start=> ::std::compile_error!));
            tokens.extend(quote_spanned!(*end=> { #message }));
        }
    }
}

/// The span of tokens, for uses that need a single span.
pub(crate) fn span_of(place: &impl Spanned) -> Span {
    place.span()
}

/// A span for code generated for `span`: errors in the code point there, its names are hygienic, and lints treat it as
/// generated.
pub(crate) fn generated_at(span: Span) -> Span {
    span.resolved_at(Span::mixed_site())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Attribute;

    /// A sample value of a field's type, used to render the catalogue.
    pub(super) trait Sample {
        fn sample() -> Self;
    }

    impl Sample for &'static str {
        fn sample() -> Self {
            "interval"
        }
    }

    impl Sample for String {
        fn sample() -> Self {
            "some sample".into()
        }
    }

    impl Sample for usize {
        fn sample() -> Self {
            2
        }
    }

    impl Sample for Option<String> {
        fn sample() -> Self {
            Some(String::sample())
        }
    }

    impl Sample for Vec<String> {
        fn sample() -> Self {
            vec!["one".into(), "two".into()]
        }
    }

    impl Sample for Attribute {
        fn sample() -> Self {
            Self::Retry
        }
    }

    fn catalogue() -> Vec<(String, Message)> {
        fn page<F: Fault + std::fmt::Debug>(faults: &[F]) -> Vec<(String, Message)> {
            faults.iter().map(|fault| (format!("{fault:?}"), fault.message())).collect()
        }
        [
            page(&FunctionFault::samples()),
            page(&OptionFault::samples()),
            page(&TimeFault::samples()),
            page(&CountFault::samples()),
            page(&WaitFault::samples()),
            page(&ConflictFault::samples()),
            page(&BudgetFault::samples()),
            page(&CircuitFault::samples()),
            page(&NameFault::samples()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    #[test]
    fn every_fault_says_what_is_wrong_and_what_to_write_instead() {
        for (fault, Message { what, help }) in catalogue() {
            for part in [&what, &help] {
                assert!(part.len() > 8, "{fault} says too little: {part:?}");
                assert!(!part.ends_with(['.', ',', ':', ';', ' ']), "{fault} is no sentence: {part:?}");
                assert!(!part.contains("``") && !part.contains("  "), "{fault} has a hole: {part:?}");
                assert!(part.matches('`').count() % 2 == 0, "{fault} has an open quote: {part:?}");
                assert!(!part.contains('\n'), "{fault} is more than one line: {part:?}");
            }
            assert!(what.starts_with(|c: char| c.is_lowercase() || c == '`'), "{fault} shouts: {what:?}");
            assert_ne!(what, help, "{fault} says the same twice");
        }
    }

    #[test]
    fn no_two_faults_say_the_same() {
        let mut said: Vec<_> = catalogue().into_iter().map(|(_, message)| message.what).collect();
        let all = said.len();
        said.sort();
        said.dedup();
        assert_eq!(said.len(), all);
    }

    #[test]
    fn a_message_is_set_as_the_compiler_sets_its_own() {
        assert_eq!(
            Message::new("it is wrong", "write it right").render(),
            "it is wrong\n= help: write it right"
        );
    }
}
