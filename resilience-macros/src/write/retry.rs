use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::attempt::Attempt;
use super::cancel;
use super::ends::Ends;
use super::predicate::{ask, call};
use super::text::{display as text, texts};
use super::{site, span};
use crate::model::{On, RetryModel};

/// A block whose type is the function's return type.
pub(super) fn write(model: &RetryModel, attempt: &Attempt<'_>) -> TokenStream {
    let site = site::name(&model.policy);
    let attribute = model.attribute;
    let declaration = site::declare(attribute, &model.common, &model.policy, attempt.function);
    let private = model.common.runtime.private();
    let ends = Ends::new(&model.common.runtime, attribute, attempt.function);
    let needs = LoopNeeds {
        limited: model.timed && attempt.is_async(),
        measured: model.timed
            || attempt.is_cancelled
            || model.common.on_error.is_some()
            || model.common.attempt.is_some(),
        refusable: attempt.refusal.own().is_some(),
    };
    let start = if needs.measured {
        quote_spanned!(Span::mixed_site()=> #private::TimedRetryRun::new())
    } else {
        quote_spanned!(Span::mixed_site()=> #private::RetryRun::new())
    };
    let last = needs
        .keeps_last()
        .then(|| quote_spanned!(Span::mixed_site()=> let mut __last = ::core::option::Option::None;));
    let declare = attempt.refusal.declare(&model.common.runtime);
    let cut = attempt.cut.declare(&model.common.runtime);
    let fails =
        if needs.limited { fails_or_is_cut(&site, attempt, &ends) } else { fails(&site, attempt, &ends) };
    let decide = decide(model, attempt, &needs, &ends);
    let decide = refused(&site, &private, attempt, &ends, &decide);
    let cancelled = attempt.refusal.cancelled().map(|cancelled| {
        let end = cancel::end_below(attempt, &site, &ends, &private);
        quote_spanned!(Span::mixed_site()=> if #cancelled #end)
    });
    let signal = cancel::declare(&model.common);
    let wait = attempt.wait();
    let texts = texts(&private);
    let begin = attempt.begin(&site);
    // Not left to the optimiser, which does not always detect that there is none.
    let may_have_budget = model.policy.may_have("budget");
    let counts = may_have_budget.then(|| quote_spanned!(Span::mixed_site()=> #site.counts_a_call();));
    let calls = quote_spanned! {Span::mixed_site()=>
        #cut
        #last
        loop {
            // The error is dropped with this block: an error that is not `Send` must not be held across the delay, and
            // the future should not store it.
            let __wait = {
                #declare
                #fails
                #cancelled
                #decide
            };
            #wait
        }
    };
    let calls = span::around(&model.common, attempt, calls);
    quote_spanned! {Span::mixed_site()=> {
        #texts
        #declaration
        #signal
        let mut __run = #start;
        #counts
        #begin
        #calls
    }}
}

/// The additional tasks of a loop.
struct LoopNeeds {
    /// Drops attempts that exceed a limit.
    limited: bool,
    /// Reads the clock.
    measured: bool,
    /// A circuit below may reject.
    refusable: bool,
}

impl LoopNeeds {
    /// It may end with an error that is not the function's own, although an attempt failed before.
    fn keeps_last(&self) -> bool {
        self.limited || self.refusable
    }
}

/// Makes an attempt, and continues only with its `__error`.
fn fails(site: &Ident, attempt: &Attempt<'_>, ends: &Ends<'_>) -> TokenStream {
    let outcome = attempt.function.outcome();
    let made = if attempt.is_async() {
        attempt.wrapped(|future| {
            let future = quote_spanned!(Span::mixed_site()=> __run.under_way(#future));
            cancel::awaited(attempt, site, ends, &future)
        })
    } else {
        attempt.made()
    };
    let (result, value) = (ends.result(), ends.value());
    quote_spanned! {Span::mixed_site()=>
        let __out: #outcome = #made;
        let __error = match #result {
            ::core::result::Result::Ok(__value) => {
                __run.succeeded();
                break #value;
            }
            ::core::result::Result::Err(__error) => __error,
        };
    }
}

/// The same with limits: with the `__error`, and whether the attempt was `__timed_out`.
fn fails_or_is_cut(site: &Ident, attempt: &Attempt<'_>, ends: &Ends<'_>) -> TokenStream {
    let outcome = attempt.function.outcome();
    let (run, of) = (quote_spanned!(Span::mixed_site()=> __run), site.to_token_stream());
    let made = attempt.wrapped(|future| {
        let limited = attempt.cut.limit(&run, Some(&of), &future);
        cancel::awaited(attempt, site, ends, &limited)
    });
    let told = attempt.cut.took_place(&attempt.refusal);
    let (result, value) = (ends.result(), ends.value());
    let timed_out = ends.hold_timed_out(&quote_spanned!(Span::mixed_site()=> __run.timed_out(#site)));
    quote_spanned! {Span::mixed_site()=>
        let (__error, __timed_out) = match #made {
            ::core::option::Option::Some(__out) => {
                let __out: #outcome = __out;
                match #result {
                    ::core::result::Result::Ok(__value) => {
                        __run.succeeded();
                        break #value;
                    }
                    ::core::result::Result::Err(__error) => (__error, false),
                }
            }
            ::core::option::Option::None => {
                #told
                (#timed_out, true)
            }
        };
    }
}

/// The delay after `__error`, or the end of the loop.
fn decide(model: &RetryModel, attempt: &Attempt<'_>, needs: &LoopNeeds, ends: &Ends<'_>) -> TokenStream {
    let site = site::name(&model.policy);
    let (mut again, mut hint) = (again(model), hint(model));
    if needs.limited {
        again = quote_spanned!(Span::mixed_site()=> __timed_out || #again);
        hint = quote_spanned!(Span::mixed_site()=> if __timed_out { ::core::option::Option::None } else { #hint });
    }
    let private = model.common.runtime.private();
    let error = text(&private, &quote_spanned!(Span::mixed_site()=> &__error));
    let cut = match (needs.measured, needs.limited) {
        (false, _) => TokenStream::new(),
        (true, false) => quote!(false,),
        (true, true) => quote_spanned!(Span::mixed_site()=> __timed_out,),
    };
    let failed = if needs.refusable {
        quote_spanned!(Span::mixed_site()=> __run.failed_below(#site, #again, #hint, __open, #cut #error))
    } else {
        quote_spanned!(Span::mixed_site()=> __run.failed(#site, #again, #hint, #cut #error))
    };
    let next = if needs.measured {
        let tell = tell(model);
        quote_spanned! {Span::mixed_site()=> {
            let __attempt = #failed;
            #tell
            __attempt.into_wait()
        }}
    } else {
        failed
    };
    let told = needs.refusable.then(|| attempt.refusal.tell_if_open());
    let error = ends.error();
    let keep_text = cancel::keep_error(attempt, &private);
    let (keep, end) = match (needs.limited, needs.refusable) {
        (true, _) => {
            let last = end_with_last(&site, ends, &private);
            (
                quote_spanned! {Span::mixed_site()=>
                    if !__timed_out {
                        #keep_text
                        __last = ::core::option::Option::Some(__error);
                    }
                },
                quote_spanned!(Span::mixed_site()=> if __timed_out { #last } else { break #error }),
            )
        }
        (false, true) => (
            quote_spanned!(Span::mixed_site()=> #keep_text __last = ::core::option::Option::Some(__error);),
            quote_spanned!(Span::mixed_site()=> break #error),
        ),
        (false, false) => (keep_text.unwrap_or_default(), quote_spanned!(Span::mixed_site()=> break #error)),
    };
    quote_spanned! {Span::mixed_site()=>
        let __next = #next;
        match __next {
            ::core::option::Option::Some(__wait) => {
                #keep
                __wait
            }
            ::core::option::Option::None => {
                #told
                #end
            }
        }
    }
}

/// A rejection is not an attempt: the loop waits until the circuit recovers, if there is time, or ends. The error of an
/// inner loop that was rejected after a failed attempt is a failure, and the circuit is known to be `__open`.
fn refused(
    site: &Ident,
    private: &TokenStream,
    attempt: &Attempt<'_>,
    ends: &Ends<'_>,
    decide: &TokenStream,
) -> TokenStream {
    let Some(refused) = attempt.refusal.own() else { return decide.clone() };
    let time_left = quote_spanned!(Span::mixed_site()=> __time_left);
    let known = quote_spanned!(Span::mixed_site()=> ::core::option::Option::is_some(&__last));
    let tell = attempt.refusal.tell(&time_left, &known);
    let end = end_with_last(site, ends, private);
    quote_spanned! {Span::mixed_site()=>
        if let ::core::option::Option::Some((__time_left, false)) = #refused {
            match __run.refused(#site, __time_left) {
                ::core::option::Option::Some(__wait) => __wait,
                ::core::option::Option::None => {
                    #tell
                    #end
                }
            }
        } else {
            let __open = ::core::option::Option::map(#refused, |(__time_left, _)| __time_left);
            #decide
        }
    }
}

/// The end with the last error of an attempt, or with this one if there was none.
fn end_with_last(site: &Ident, ends: &Ends<'_>, private: &TokenStream) -> TokenStream {
    let error = ends.error();
    let text = text(private, &quote_spanned!(Span::mixed_site()=> &__error));
    quote_spanned! {Span::mixed_site()=> {
        let __error = ::core::option::Option::unwrap_or(__last, __error);
        __run.returns(#site, #text);
        break #error
    }}
}

fn again(model: &RetryModel) -> TokenStream {
    let runtime = &model.common.runtime;
    let on = match &model.on {
        On::Every => None,
        On::Timeouts => return quote!(false),
        On::Only(predicate) => Some(ask(runtime, predicate, "__error")),
    };
    let giveup = model.giveup.as_ref().map(|predicate| ask(runtime, predicate, "__error"));
    match (on, giveup) {
        (None, None) => quote!(true),
        (Some(on), None) => on,
        (None, Some(giveup)) => quote!(!#giveup),
        (Some(on), Some(giveup)) => quote!(#on && !#giveup),
    }
}

fn hint(model: &RetryModel) -> TokenStream {
    let error = quote_spanned!(Span::mixed_site()=> &__error);
    model.retry_after.as_ref().map_or_else(
        || quote!(::core::option::Option::None),
        |expr| call(&model.common.runtime, "call_retry_after", &error, expr),
    )
}

fn tell(model: &RetryModel) -> TokenStream {
    let failure = quote_spanned!(Span::mixed_site()=> &__error, &__attempt);
    model.common.on_error.as_ref().map_or_else(TokenStream::new, |expr| {
        let told = call(&model.common.runtime, "call_on_error", &failure, expr);
        quote!(#told;)
    })
}
