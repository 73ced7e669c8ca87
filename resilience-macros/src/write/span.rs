//! The `tracing` span in which a call runs.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::attempt::Attempt;
use crate::model::Common;

/// Runs a loop, and its declarations, in the span of the call if it has one.
pub(super) fn around(common: &Common, attempt: &Attempt<'_>, body: TokenStream) -> TokenStream {
    if !common.span {
        return body;
    }
    if !attempt.is_async() {
        return quote_spanned! {Span::mixed_site()=>
            let __span = __run.span();
            let __entered = __span.enter();
            #body
        };
    }
    let outcome = attempt.function.outcome();
    quote_spanned! {Span::mixed_site()=>
        let __span = __run.span();
        __span
            .around(async {
                let __out: #outcome = { #body };
                __out
            })
            .await
    }
}
