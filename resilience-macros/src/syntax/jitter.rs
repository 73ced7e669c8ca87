use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, UnOp};

use super::constant::Ratio;
use super::ratio::{Percent, number};
use crate::diagnostics::{CountFault, Faults, WaitFault, span_of};

/// `full`, `equal`, `none`, `decorrelated`, a ratio, or a `const` expression of the type `Jitter`.
pub(crate) enum Jitter {
    Named(&'static str, Span),
    Ratio(Ratio),
    Const(Expr),
}

const JITTERS: [(&str, &str); 4] =
    [("full", "Full"), ("equal", "Equal"), ("none", "None"), ("decorrelated", "Decorrelated")];

impl Jitter {
    pub(super) fn read(expr: Expr, faults: &mut Faults) -> Option<Self> {
        let fault = match &expr {
            Expr::Lit(ExprLit { lit, .. }) => match number(lit) {
                Some(ratio) => return Self::ratio(ratio, &expr, faults),
                None => WaitFault::UnknownJitter,
            },
            Expr::Path(path) => {
                let Some(word) = path.path.get_ident() else { return Some(Self::Const(expr)) };
                if let Some((_, variant)) = JITTERS.iter().find(|(name, _)| word == name) {
                    return Some(Self::Named(variant, word.span()));
                }
                // A constant is written in capitals; anything else is a mistake.
                if !word.to_string().chars().any(char::is_lowercase) {
                    return Some(Self::Const(expr));
                }
                WaitFault::UnknownJitter
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => {
                faults.at(&expr, &CountFault::RatioOutOfRange);
                return None;
            }
            Expr::Closure(_) | Expr::Unary(_) | Expr::Tuple(_) => WaitFault::UnknownJitter,
            _ => return Some(Self::Const(expr)),
        };
        faults.at(&expr, &fault);
        None
    }

    pub(super) fn read_percent(percent: &Percent, faults: &mut Faults) -> Option<Self> {
        let Some(ratio) = percent.value() else {
            faults.at(percent, &CountFault::NotARatio);
            return None;
        };
        Self::ratio(ratio, percent, faults)
    }

    fn ratio(ratio: f64, place: &impl ToTokens, faults: &mut Faults) -> Option<Self> {
        if (0.0..=1.0).contains(&ratio) {
            return Some(Self::Ratio(Ratio::Literal(ratio, span_of(&place.to_token_stream()))));
        }
        faults.at(place, &CountFault::RatioOutOfRange);
        None
    }

    pub(super) fn constant(&self) -> Option<&Expr> {
        match self {
            Self::Named(..) | Self::Ratio(_) => None,
            Self::Const(expr) => Some(expr),
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Named(_, span) => *span,
            Self::Ratio(ratio) => ratio.span(),
            Self::Const(expr) => span_of(expr),
        }
    }
}
