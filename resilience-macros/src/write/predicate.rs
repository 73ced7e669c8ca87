use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::paths::Runtime;
use crate::syntax::Predicate;

/// The predicate's answer about `value`, which is a reference.
pub(super) fn ask(runtime: &Runtime, predicate: &Predicate, value: &TokenStream) -> TokenStream {
    match predicate {
        Predicate::Pattern(pattern) => {
            quote_spanned!(Span::mixed_site()=> ::core::matches!(#value, #pattern))
        }
        Predicate::Expr(expr) => {
            let private = runtime.private();
            quote_spanned!(predicate.span()=> #private::ask(#value, #expr))
        }
    }
}
