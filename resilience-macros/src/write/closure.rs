use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use crate::diagnostics::{generated_at, span_of};
use crate::syntax::invokes_macro;

/// `evaluated`, of the type `returns`, which contains `expr`: in a closure that a macro in `expr` cannot leave. What
/// borrows from a temporary of `expr` has to end in there.
pub(super) fn enclosed(expr: &Expr, returns: &TokenStream, evaluated: TokenStream) -> TokenStream {
    if is_plain(expr) { evaluated } else { called(span_of(expr), returns, &evaluated) }
}

/// The value of `expr`, which may borrow from its temporaries: in a closure only if a macro in it could leave the layer.
pub(super) fn enclosed_value(expr: &Expr, value: TokenStream) -> TokenStream {
    if invokes_macro(expr) { called(span_of(expr), &quote!(_), &value) } else { value }
}

pub(super) fn called(span: Span, returns: &TokenStream, evaluated: &TokenStream) -> TokenStream {
    quote_spanned!(generated_at(span)=> (|| -> #returns { #evaluated })())
}

/// Nothing is evaluated here that could leave the layer.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) | Expr::Closure(_) => true,
        Expr::Field(field) => is_plain(&field.base),
        Expr::Group(group) => is_plain(&group.expr),
        Expr::Paren(inside) => is_plain(&inside.expr),
        Expr::Reference(reference) => is_plain(&reference.expr),
        _ => false,
    }
}
