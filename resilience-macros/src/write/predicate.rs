use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;

use super::closure::{called, enclosed};
use crate::diagnostics::{generated_at, span_of};
use crate::paths::Runtime;
use crate::syntax::Predicate;

/// The result of the predicate for `value`, a name.
pub(super) fn ask(runtime: &Runtime, predicate: &Predicate, value: &str) -> TokenStream {
    let span = generated_at(predicate.span());
    let value = Ident::new(value, span);
    let boolean = quote!(::core::primitive::bool);
    match predicate {
        Predicate::Pattern { pattern, guard, of_reference, proof } => {
            let matched = matched(&value, (pattern, guard), *of_reference, proof.as_ref());
            // A guard may contain a macro that returns.
            if guard.is_empty() { matched } else { called(predicate.span(), &boolean, &matched) }
        }
        Predicate::Expr(expr) => {
            let private = runtime.private_at(span);
            // A closure must be passed to a function that determines its type. Another expression has a type already,
            // and may be a condition.
            let ask = Ident::new(if is_made(expr) { "evaluate" } else { "test" }, span);
            enclosed(expr, &boolean, quote_spanned!(span=> #private::#ask(&#value, #expr)))
        }
    }
}

/// Whether `value` matches. The match is on a slice of it, because then constants and strings match the value itself,
/// and variables do not move it.
fn matched(
    value: &Ident,
    (pattern, guard): (&TokenStream, &TokenStream),
    of_reference: bool,
    proof: Option<&TokenStream>,
) -> TokenStream {
    let (it, around): (_, fn(&TokenStream) -> TokenStream) = if of_reference {
        (quote_spanned!(Span::mixed_site()=> &#value), ToTokens::to_token_stream)
    } else {
        (
            quote_spanned!(Span::mixed_site()=> ::core::slice::from_ref(&#value)),
            |pattern| quote_spanned!(Span::mixed_site()=> [(#pattern)]),
        )
    };
    let pattern = around(pattern);
    let matched = quote_spanned!(Span::mixed_site()=> ::core::matches!(#it, #pattern #guard));
    let Some(proof) = proof.map(around) else { return matched };
    quote_spanned! {Span::mixed_site()=> {
        if false {
            #[allow(unreachable_patterns, unused_parens, unused_variables)]
            #[allow(clippy::unnested_or_patterns, clippy::wildcard_in_or_patterns)]
            match #it {
                #proof => {}
                _ => {}
            }
        }
        // The check reports the same for a name that is not a constant.
        #[allow(unused_variables, non_snake_case, bindings_with_variant_name)]
        let __matched = #matched;
        __matched
    }}
}

/// Like [`ask`], for the value of a poll: an invalid condition evaluates `otherwise`, which does not return.
pub(super) fn ask_value(
    runtime: &Runtime,
    predicate: &Predicate,
    value: &str,
    otherwise: &TokenStream,
) -> TokenStream {
    match predicate {
        Predicate::Expr(expr) if is_made(expr) => {
            let span = generated_at(predicate.span());
            let (private, value) = (runtime.private_at(span), Ident::new(value, span));
            let judged = quote_spanned!(span=> #private::evaluate_for_poll(&#value, #expr));
            let returns = quote!(::core::option::Option<::core::primitive::bool>);
            let judged = enclosed(expr, &returns, judged);
            quote_spanned! {Span::mixed_site()=>
                match #judged {
                    ::core::option::Option::Some(__holds) => __holds,
                    ::core::option::Option::None => #otherwise,
                }
            }
        }
        _ => ask(runtime, predicate, value),
    }
}

/// A call of `function` with the user's expression as its last argument; the compiler reports errors at that
/// expression.
pub(super) fn call(runtime: &Runtime, function: &str, arguments: &TokenStream, expr: &Expr) -> TokenStream {
    let span = generated_at(span_of(expr));
    let (private, function) = (runtime.private_at(span), Ident::new(function, span));
    enclosed(expr, &quote!(_), quote_spanned!(span=> #private::#function(#arguments, #expr)))
}

/// `status(200) & json(..)`: not a closure, and not a path.
fn is_made(expr: &Expr) -> bool {
    match expr {
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Binary(_) | Expr::Unary(_) => true,
        Expr::Paren(inside) => is_made(&inside.expr),
        Expr::Group(group) => is_made(&group.expr),
        _ => false,
    }
}
