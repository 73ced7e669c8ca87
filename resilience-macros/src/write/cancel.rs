//! The signal of `cancel`, which ends a loop.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::attempt::Attempt;
use super::closure::enclosed_value;
use super::ends::Ends;
use super::text::{display, written};
use crate::diagnostics::{generated_at, span_of};
use crate::model::Common;

/// The declaration of `__cancel`. A temporary of the expression is dropped here: it could be the guard of a lock.
pub(super) fn declare(common: &Common) -> Option<TokenStream> {
    let signal = common.cancel.as_ref()?;
    let span = generated_at(span_of(signal));
    let private = common.runtime.private_at(span);
    let signal = enclosed_value(signal, quote_spanned!(span=> #private::cancel_signal(#signal)));
    Some(quote_spanned! {Span::mixed_site()=>
        let __cancel = #signal;
        let mut __cancel = ::core::pin::pin!(__cancel);
    })
}

/// Awaits an attempt, or ends the loop when the signal ends the attempt.
pub(super) fn awaited(
    attempt: &Attempt<'_>,
    site: &Ident,
    ends: &Ends<'_>,
    future: &TokenStream,
) -> TokenStream {
    if !attempt.is_cancelled {
        return quote_spanned!(Span::mixed_site()=> #future.await);
    }
    let cancelled =
        quote_spanned!(Span::mixed_site()=> __run.cancelled(#site, __cancel.as_mut().cancellation()));
    let held = ends.hold_cancelled(&cancelled);
    let (tell, error) = (attempt.refusal.tell_cancelled(), ends.error());
    quote_spanned! {Span::mixed_site()=>
        match __cancel.as_mut().attempt(#future).await {
            ::core::option::Option::Some(__made) => __made,
            ::core::option::Option::None => {
                let __error = #held;
                #tell
                break #error;
            }
        }
    }
}

/// Keeps the text of `__error`.
pub(super) fn keep_error(attempt: &Attempt<'_>, private: &TokenStream) -> Option<TokenStream> {
    let write = written(private, &quote_spanned!(Span::mixed_site()=> &__error));
    attempt.is_cancelled.then(|| quote_spanned!(Span::mixed_site()=> __cancel.as_mut().keep_error(#write);))
}

/// The end of a loop with `__error`, which is that of a layer below that a signal has ended.
pub(super) fn end_below(
    attempt: &Attempt<'_>,
    site: &Ident,
    ends: &Ends<'_>,
    private: &TokenStream,
) -> TokenStream {
    let text = display(private, &quote_spanned!(Span::mixed_site()=> &__error));
    let (tell, error) = (attempt.refusal.tell_cancelled(), ends.error());
    quote_spanned! {Span::mixed_site()=> {
        __run.cancelled_below(#site, #text);
        #tell
        break #error;
    }}
}
