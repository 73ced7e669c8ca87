use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::attempt::Attempt;
use super::predicate::{ask, call};
use crate::model::CircuitModel;

/// Reports `__error` to the circuit and returns it, and tells a loop above whether its next call would be rejected.
pub(super) fn failed(model: &CircuitModel, attempt: &Attempt<'_>) -> TokenStream {
    let report = report(model, attempt);
    let is_told = attempt.repeated && (model.refuses() || attempt.refusal.own().is_some());
    if !is_told {
        return quote_spanned!(Span::mixed_site()=> let __error = #report;);
    }
    let tell = attempt.refusal.tell_of_next_call(!model.refuses());
    quote_spanned! {Span::mixed_site()=>
        let __next_call = __permit.next_call();
        let __error = #report;
        #tell
    }
}

/// Counts `__error` as a failure, and returns it.
fn count(model: &CircuitModel) -> TokenStream {
    let runtime = &model.common.runtime;
    let private = runtime.private();
    let text = quote_spanned! {Span::mixed_site()=>
        |__error, __line| (&&&#private::Text(__error)).__resilience_text(__line)
    };
    let uses =
        quote_spanned!(Span::mixed_site()=> use #private::{ByDebug as _, ByDisplay as _, ByType as _};);
    let told = model.common.on_error.as_ref().map(|expr| {
        let told = call(runtime, "call_on_failure", &quote_spanned!(Span::mixed_site()=> &__error), expr);
        quote_spanned!(Span::mixed_site()=> if __is_counted { #told; })
    });
    let is_counted =
        if told.is_some() { quote_spanned!(Span::mixed_site()=> __is_counted) } else { quote!(_) };
    let counted = match (&model.call_timeout, &told) {
        (None, None) => {
            return quote_spanned!(Span::mixed_site()=> { #uses __permit.failed(__error, #text) });
        }
        (None, Some(_)) => quote_spanned!(Span::mixed_site()=> __permit.failed_counted(__error, #text)),
        (Some(_), _) => quote_spanned! {Span::mixed_site()=>
            if __timed_out {
                __permit.timed_out(__error, __call.limit_reached())
            } else {
                __permit.failed_counted(__error, #text)
            }
        },
    };
    quote_spanned! {Span::mixed_site()=> {
        #uses
        let (__error, #is_counted) = #counted;
        #told
        __error
    }}
}

/// Reports an error to the circuit according to the predicates: an expression that returns the error.
fn report(model: &CircuitModel, attempt: &Attempt<'_>) -> TokenStream {
    let runtime = &model.common.runtime;
    // A call that timed out is a failure, whatever `on` and `ignore` say.
    let (or_timed_out, and_in_time) = if model.call_timeout.is_some() {
        (
            Some(quote_spanned!(Span::mixed_site()=> __timed_out ||)),
            Some(quote_spanned!(Span::mixed_site()=> !__timed_out &&)),
        )
    } else {
        (None, None)
    };
    let mut report = count(model);
    if let Some(on) = &model.on {
        let on = ask(runtime, on, "__error");
        report = quote_spanned!(Span::mixed_site()=> if #or_timed_out #on #report else { __permit.succeeded(__error) });
    }
    if let Some(ignore) = &model.ignore {
        let ignore = ask(runtime, ignore, "__error");
        report = quote_spanned! {Span::mixed_site()=>
            if #and_in_time #ignore { __permit.ignore(); __error } else { #report }
        };
    }
    // A rejection by another circuit is not a result of the guarded code, but the error of an earlier attempt is.
    if let Some(refused) = attempt.refusal.own() {
        let time_left = quote_spanned!(Span::mixed_site()=> __time_left);
        let tell = attempt.refusal.tell(&time_left, &quote_spanned!(Span::mixed_site()=> __real));
        report = quote_spanned! {Span::mixed_site()=> {
            let __real = match #refused {
                ::core::option::Option::Some((__time_left, __real)) => {
                    #tell
                    __real
                }
                ::core::option::Option::None => true,
            };
            if __real {
                #report
            } else {
                __permit.ignore();
                __error
            }
        }};
    }
    // Like a future that is dropped: it says nothing about the guarded code.
    if let Some(cancelled) = attempt.refusal.cancelled() {
        let tell = attempt.refusal.tell_cancelled();
        report = quote_spanned! {Span::mixed_site()=>
            if #cancelled { #tell __permit.ignore(); __error } else { #report }
        };
    }
    report
}
