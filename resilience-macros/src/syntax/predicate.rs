use proc_macro2::{Group, Span, TokenStream};
use syn::parse::ParseStream;
use syn::{Expr, Pat, Token};

use super::inside::inside;
use crate::diagnostics::{Faults, OptionFault, span_of};

/// A question about a value: `on(PATTERN)`, or `on = predicate`.
pub(crate) enum Predicate {
    Pattern(TokenStream),
    Expr(Expr),
}

impl Predicate {
    /// Where it stands, for errors about it.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Pattern(tokens) => span_of(tokens),
            Self::Expr(expr) => span_of(expr),
        }
    }

    pub(super) fn read_pattern(key: &'static str, group: &Group, faults: &mut Faults) -> Option<Self> {
        let tokens = group.stream();
        let parsed = inside(group, |input| {
            let pattern = pattern(input)?;
            let rest: TokenStream = input.parse()?;
            Ok((pattern, rest))
        });
        match parsed {
            Ok((Some(name), rest)) if rest.is_empty() => {
                faults.at(&name, &OptionFault::BindingForPattern { key, name: name.to_string() });
            }
            Ok((_, rest)) if rest.is_empty() => return Some(Self::Pattern(tokens)),
            _ if is_closure(&tokens) => faults.at(&tokens, &OptionFault::ClosureForPattern { key }),
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

/// `PATTERN`, or `PATTERN if GUARD`, with the name if it is nothing else: that matches everything.
fn pattern(input: ParseStream<'_>) -> syn::Result<Option<syn::Ident>> {
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    if input.peek(Token![if]) {
        input.parse::<Token![if]>()?;
        input.parse::<Expr>()?;
        return Ok(None);
    }
    Ok(match pattern {
        // Constants are written in capitals, and so are imported variants.
        Pat::Ident(binding)
            if binding.subpat.is_none() && binding.ident.to_string().starts_with(char::is_lowercase) =>
        {
            Some(binding.ident)
        }
        _ => None,
    })
}

/// `|e| ..` is read as a pattern with a leading `|`, which ends somewhere in the body.
fn is_closure(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().next().is_some_and(|first| matches!(first.to_string().as_str(), "|" | "move"))
        && matches!(syn::parse2::<Expr>(tokens.clone()), Ok(Expr::Closure(_)))
}
