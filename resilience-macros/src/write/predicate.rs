use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::closure::{called, enclosed};
use crate::diagnostics::{generated_at, span_of};
use crate::paths::Runtime;
use crate::syntax::Predicate;

/// The predicate's answer about `value`, a name.
pub(super) fn ask(runtime: &Runtime, predicate: &Predicate, value: &str) -> TokenStream {
    let span = generated_at(predicate.span());
    let value = proc_macro2::Ident::new(value, span);
    let boolean = quote!(::core::primitive::bool);
    match predicate {
        Predicate::Pattern { tokens, guarded } => {
            // A string's literal is a reference already, and is compared with the value as it is: it takes nothing from it.
            let matched = if begins_with_string(tokens) {
                quote_spanned!(Span::mixed_site()=> ::core::matches!(#value, #tokens))
            } else {
                quote_spanned!(Span::mixed_site()=> ::core::matches!(&#value, #tokens))
            };
            // A guard may invoke a macro that returns.
            if *guarded { called(predicate.span(), &boolean, &matched) } else { matched }
        }
        Predicate::Expr(expr) => {
            let private = runtime.private_at(span);
            // A closure has to see what it is passed to; what is made has a type already, and may be a condition.
            let ask = proc_macro2::Ident::new(if is_made(expr) { "judge" } else { "ask" }, span);
            enclosed(expr, &boolean, quote_spanned!(span=> #private::#ask(&#value, #expr)))
        }
    }
}

/// As [`ask`], for the value of a poll: a condition that is invalid does `otherwise`, which does not return.
pub(super) fn ask_value(
    runtime: &Runtime,
    predicate: &Predicate,
    value: &str,
    otherwise: &TokenStream,
) -> TokenStream {
    match predicate {
        Predicate::Expr(expr) if is_made(expr) => {
            let span = generated_at(predicate.span());
            let (private, value) = (runtime.private_at(span), proc_macro2::Ident::new(value, span));
            let judged = quote_spanned!(span=> #private::judge_value(&#value, #expr));
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

/// A call of `function` with what the user wrote as its last argument: what the compiler says of it is said there.
pub(super) fn call(runtime: &Runtime, function: &str, arguments: &TokenStream, expr: &Expr) -> TokenStream {
    let span = generated_at(span_of(expr));
    let (private, function) = (runtime.private_at(span), proc_macro2::Ident::new(function, span));
    enclosed(expr, &quote!(_), quote_spanned!(span=> #private::#function(#arguments, #expr)))
}

/// `status(200) & json(..)`: no closure, and no path.
fn is_made(expr: &Expr) -> bool {
    match expr {
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Binary(_) | Expr::Unary(_) => true,
        Expr::Paren(inside) => is_made(&inside.expr),
        Expr::Group(group) => is_made(&group.expr),
        _ => false,
    }
}

fn begins_with_string(pattern: &TokenStream) -> bool {
    let first = pattern.clone().into_iter().find(|token| token.to_string() != "|");
    first.is_some_and(|token| token.to_string().starts_with('"'))
}
