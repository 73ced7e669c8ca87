use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use crate::diagnostics::{generated_at, span_of};
use crate::syntax::invokes_macro;

/// Calls a closure around `evaluated`, which contains `expr` and has the type `returns`, so that a macro in `expr`
/// cannot leave the layer. The result must not borrow from temporaries of `expr`.
pub(super) fn enclosed(expr: &Expr, returns: &TokenStream, evaluated: TokenStream) -> TokenStream {
    if is_plain(expr) { evaluated } else { called(span_of(expr), returns, &evaluated) }
}

/// The same for an expression whose value may borrow from its temporaries: only if it contains a macro invocation.
pub(super) fn enclosed_value(expr: &Expr, value: TokenStream) -> TokenStream {
    if invokes_macro(expr) { called(span_of(expr), &quote!(_), &value) } else { value }
}

pub(super) fn called(span: Span, returns: &TokenStream, evaluated: &TokenStream) -> TokenStream {
    quote_spanned!(generated_at(span)=> (|| -> #returns { #evaluated })())
}

/// Paths, literals and closures, which contain no control flow outside a closure.
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
