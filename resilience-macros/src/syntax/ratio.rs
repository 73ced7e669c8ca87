use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, Lit, Token};

use super::constant::Ratio;
use crate::diagnostics::{CountFault, Faults, span_of};

/// `25%`, as written in the source.
#[derive(Clone)]
pub(crate) struct Percent {
    number: Lit,
    sign: Token![%],
}

impl Percent {
    /// A number, a percent sign, and no operand after it for a remainder.
    pub(super) fn read(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        let ahead = input.fork();
        let percent = ahead.parse::<Lit>().is_ok()
            && ahead.parse::<Token![%]>().is_ok()
            && (ahead.is_empty() || ahead.peek(Token![,]));
        Ok(if percent { Some(Self { number: input.parse()?, sign: input.parse()? }) } else { None })
    }

    /// The ratio: a hundredth of the number.
    pub(crate) fn value(&self) -> Option<f64> {
        Some(number(&self.number)? / 100.0)
    }
}

impl ToTokens for Percent {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { number, sign } = self;
        tokens.extend(quote!(#number #sign));
    }
}

/// A number without a unit.
pub(crate) fn number(literal: &Lit) -> Option<f64> {
    match literal {
        Lit::Int(int) if int.suffix().is_empty() => int.base10_parse().ok(),
        Lit::Float(float) if matches!(float.suffix(), "" | "f64") => float.base10_parse().ok(),
        _ => None,
    }
}

impl Ratio {
    pub(super) fn read(key: &'static str, expr: Expr, faults: &mut Faults) -> Option<Self> {
        match &expr {
            Expr::Lit(ExprLit { lit, .. }) => Self::checked(key, number(lit), &expr, faults),
            Expr::Unary(_) | Expr::Closure(_) | Expr::Infer(_) => Self::checked(key, None, &expr, faults),
            _ => Some(Self::Expr(expr)),
        }
    }

    pub(super) fn read_percent(key: &'static str, percent: &Percent, faults: &mut Faults) -> Option<Self> {
        Self::checked(key, percent.value(), percent, faults)
    }

    fn checked(
        key: &'static str,
        ratio: Option<f64>,
        place: &impl ToTokens,
        faults: &mut Faults,
    ) -> Option<Self> {
        match ratio {
            Some(ratio) if ratio > 0.0 && ratio <= 1.0 => {
                Some(Self::Literal(ratio, span_of(&place.to_token_stream())))
            }
            _ => {
                faults.at(place, &CountFault::NotAShare { key });
                None
            }
        }
    }
}
