use proc_macro2::Span;
use syn::Expr;

use crate::diagnostics::span_of;

/// A literal, or a `const` expression that only the compiler can evaluate.
pub(crate) enum Constant<T> {
    Literal(T, Span),
    Expr(Expr),
}

/// `3`: a `u32`.
pub(crate) type Count = Constant<u32>;
/// `15s`: a `Duration`.
pub(crate) type Time = Constant<Nanos>;
/// `50%`, `0.5`, or the factor of a backoff: an `f64`.
pub(crate) type Ratio = Constant<f64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nanos(pub(crate) u64);

impl<T: Copy> Constant<T> {
    pub(crate) fn literal(&self) -> Option<T> {
        match self {
            Self::Literal(value, _) => Some(*value),
            Self::Expr(_) => None,
        }
    }

    pub(crate) fn expr(&self) -> Option<&Expr> {
        match self {
            Self::Literal(..) => None,
            Self::Expr(expr) => Some(expr),
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal(_, span) => *span,
            Self::Expr(expr) => span_of(expr),
        }
    }
}

pub(super) fn is_forever(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("forever"))
}
