use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{BinOp, Expr, ExprBinary, ExprPath, Ident, Pat, Token};

use super::exits::{Exits, judge};
use super::inside::inside;
use super::pattern::{is_of_reference, proof};
use crate::diagnostics::{Faults, OptionFault, span_of};

/// A condition on a value: `on(PATTERN)`, or `on = predicate`.
pub(crate) enum Predicate {
    Pattern {
        pattern: TokenStream,
        /// With its `if`; empty if there is none.
        guard: TokenStream,
        /// Whether it starts with `&`.
        of_reference: bool,
        /// A pattern that does not compile if a name in it is a variable, and not a constant.
        proof: Option<TokenStream>,
    },
    Expr(Expr),
}

impl Predicate {
    /// The place of errors about it.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Pattern { pattern, .. } => span_of(pattern),
            Self::Expr(expr) => span_of(expr),
        }
    }

    /// The tokens as written.
    pub(crate) fn tokens(&self) -> TokenStream {
        match self {
            Self::Pattern { pattern, guard, .. } => {
                pattern.clone().into_iter().chain(guard.clone()).collect()
            }
            Self::Expr(expr) => expr.to_token_stream(),
        }
    }

    pub(super) fn read_value(key: &'static str, expr: Expr, faults: &mut Faults) -> Option<Self> {
        if !is_value(&expr) {
            return judge(key, &Exits::of(&expr), faults).then_some(Self::Expr(expr));
        }
        let mut pattern = spelled(&expr);
        if matches!(pattern.as_str(), "Some" | "Ok" | "Err") {
            pattern.push_str("(_)");
        }
        faults.at(&expr, &OptionFault::ValueForPredicate { key, pattern });
        None
    }

    pub(super) fn read_pattern(key: &'static str, group: &Group, faults: &mut Faults) -> Option<Self> {
        let tokens = group.stream();
        if is_closure(&tokens) {
            faults.at(&tokens, &OptionFault::ClosureForPattern { key });
            return None;
        }
        let parsed = inside(group, |input| {
            let pattern = Guarded::parse(input)?;
            let rest: TokenStream = input.parse()?;
            Ok((pattern, rest))
        });
        match parsed {
            Ok((Guarded { pattern, guard }, rest)) if rest.is_empty() => {
                if let (Some(name), None) = (binding(&pattern), &guard) {
                    faults.at(name, &OptionFault::BindingForPattern { key, name: name.to_string() });
                    return None;
                }
                let exits = guard.as_ref().map(Exits::of).unwrap_or_default();
                let (of_reference, proof) = (is_of_reference(&pattern), proof(&pattern));
                let is_if = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "if");
                let all: Vec<_> = tokens.into_iter().collect();
                let length = all.iter().position(is_if).unwrap_or(all.len());
                let (pattern, guard) =
                    (all[..length].iter().cloned().collect(), all[length..].iter().cloned().collect());
                let read = Self::Pattern { pattern, guard, of_reference, proof };
                return judge(key, &exits, faults).then_some(read);
            }
            Ok((_, rest)) => {
                let first = rest.into_iter().next();
                let fault = match &first {
                    Some(first) if first.to_string() == "," => OptionFault::CommaInPattern { key },
                    _ => OptionFault::NotAPattern { key, message: "unexpected token".into() },
                };
                faults.at(&first, &fault);
            }
            Err(error) => faults.syntax(&error, |message| OptionFault::NotAPattern { key, message }),
        }
        None
    }
}

/// `PATTERN`, or `PATTERN if GUARD`.
struct Guarded {
    pattern: Pat,
    guard: Option<Expr>,
}

impl Parse for Guarded {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        let guard = input.parse::<Option<Token![if]>>()?.map(|_| input.parse()).transpose()?;
        Ok(Self { pattern, guard })
    }
}

/// The name, if the pattern consists of a variable only, which matches everything.
fn binding(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        // Constants are written in capitals, and so are imported variants.
        Pat::Ident(binding)
            if binding.subpat.is_none() && binding.ident.to_string().starts_with(char::is_lowercase) =>
        {
            Some(&binding.ident)
        }
        _ => None,
    }
}

/// `|e| ..` may also be read as a pattern with a leading `|`: one that distinguishes values is treated as a pattern.
fn is_closure(tokens: &TokenStream) -> bool {
    let begins = |first: TokenTree| matches!(first.to_string().as_str(), "|" | "move" | "async");
    tokens.clone().into_iter().next().is_some_and(begins)
        && match syn::parse2::<Expr>(tokens.clone()) {
            Ok(Expr::Closure(closure)) => closure.inputs.iter().all(takes_everything),
            _ => false,
        }
}

fn takes_everything(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Type(_) => true,
        Pat::Ident(name) => name.subpat.is_none() && name.ident.to_string().starts_with(char::is_lowercase),
        Pat::Reference(reference) => takes_everything(&reference.pat),
        Pat::Paren(inside) => takes_everything(&inside.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().all(takes_everything),
        _ => false,
    }
}

/// Whether the expression can only be a value: a variant, a struct, a literal. Functions are not written like that.
pub(crate) fn is_value(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Struct(_) | Expr::Range(_) | Expr::Tuple(_) | Expr::Array(_) => true,
        Expr::Path(path) => is_camel_case(path),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path) if is_camel_case(path)),
        Expr::Binary(ExprBinary { op: BinOp::BitOr(_), left, right, .. }) => {
            is_value(left) && is_value(right)
        }
        Expr::Unary(negative) => is_value(&negative.expr),
        Expr::Reference(reference) => is_value(&reference.expr),
        Expr::Group(group) => is_value(&group.expr),
        Expr::Paren(inside) => is_value(&inside.expr),
        _ => false,
    }
}

/// A constant, in capitals, may be a function.
fn is_camel_case(path: &ExprPath) -> bool {
    path.path.segments.last().is_some_and(|last| {
        let word = last.ident.to_string();
        word.starts_with(char::is_uppercase) && (word.len() == 1 || word.contains(char::is_lowercase))
    })
}

/// The tokens as text, spaced as usual.
fn spelled(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (apart, together) in [
        (" :: ", "::"),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        ("& ", "&"),
        ("- ", "-"),
        (" ..= ", "..="),
    ] {
        text = text.replace(apart, together);
    }
    text
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn values_are_told_from_functions() {
        let values: [Expr; 12] = [
            parse_quote!(Error::Down),
            parse_quote!(Down),
            parse_quote!(E),
            parse_quote!(Error::Status(500)),
            parse_quote!(Error::Status { .. }),
            parse_quote!(Error::Down | Error::Busy(_)),
            parse_quote!(200),
            parse_quote!(-1),
            parse_quote!("done"),
            parse_quote!(500..=599),
            parse_quote!((1, 2)),
            parse_quote!(&None),
        ];
        for value in values {
            assert!(is_value(&value), "{}", value.to_token_stream());
        }
        let functions: [Expr; 8] = [
            parse_quote!(is_down),
            parse_quote!(Error::is_down),
            parse_quote!(IS_DOWN),
            parse_quote!(|error| true),
            parse_quote!(one_of(Error::Down)),
            parse_quote!(self.is_down),
            parse_quote!({ is_down }),
            parse_quote!(<T as Into<Error>>::is_down),
        ];
        for function in functions {
            assert!(!is_value(&function), "{}", function.to_token_stream());
        }
    }

    #[test]
    fn closures_are_told_from_alternatives() {
        for closure in
            ["|e| true", "|_| true", "|e: &E| e.is()", "|&e| e == 1", "move |e| e.is()", "|(a, b)| a > b"]
        {
            assert!(is_closure(&closure.parse().unwrap()), "{closure}");
        }
        for pattern in ["|1 | 2", "| A | B", "A | B", "| Some(1) | None", "e"] {
            assert!(!is_closure(&pattern.parse().unwrap()), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_is_spelled_as_it_was_written() {
        for text in ["Error::Down", "Error::Status(500, _)", "E::A | E::B { .. }", "-1", "&None", "500..=599"]
        {
            let tokens: TokenStream = text.parse().unwrap();
            assert_eq!(spelled(&tokens), text);
        }
    }
}
