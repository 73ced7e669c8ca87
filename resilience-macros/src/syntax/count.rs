use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::diagnostics::{CountFault, Faults, generated_at, span_of};

/// How many: `3`, `forever`, or a `const` expression of the type `u32`.
pub(crate) enum Count {
    Literal(u32, Span),
    Forever,
    Const(Expr),
}

impl Count {
    pub(crate) fn read(key: &'static str, expr: &Expr, faults: &mut Faults) -> Option<Self> {
        match expr {
            Expr::Path(path) if path.path.is_ident("forever") => Some(Self::Forever),
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if matches!(int.suffix(), "" | "u32") => {
                match int.base10_parse::<u32>() {
                    Ok(0) => faults.at(expr, &CountFault::Zero { key }),
                    Ok(count) => return Some(Self::Literal(count, span_of(expr))),
                    Err(_) => faults.at(expr, &CountFault::Overflow { key }),
                }
                None
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => {
                faults.at(expr, &CountFault::Negative { key });
                None
            }
            Expr::Lit(_) | Expr::Closure(_) | Expr::Infer(_) => {
                faults.at(expr, &CountFault::NotACount { key });
                None
            }
            _ => Some(Self::Const(expr.clone())),
        }
    }

    /// The expression that only the compiler can judge.
    pub(crate) fn constant(&self) -> Option<&Expr> {
        match self {
            Self::Const(expr) => Some(expr),
            Self::Literal(..) | Self::Forever => None,
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal(_, span) => *span,
            Self::Const(expr) => span_of(expr),
            Self::Forever => Span::call_site(),
        }
    }
}

impl ToTokens for Count {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(count, span) => tokens.extend(quote_spanned!(generated_at(*span)=> #count)),
            Self::Const(expr) => expr.to_tokens(tokens),
            // A policy says it by another name.
            Self::Forever => {}
        }
    }
}
