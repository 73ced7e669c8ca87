use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::attempt::Attempt;
use super::cancel;
use super::ends::Ends;
use super::predicate::{ask, ask_value, call};
use super::text::{display, texts, written};
use super::{site, span};
use crate::attribute::Attribute;
use crate::model::PollModel;

/// A block whose type is the function's return type.
pub(super) fn write(model: &PollModel, attempt: &Attempt<'_>) -> TokenStream {
    let site = site::name(&model.policy);
    let declaration = site::declare(Attribute::Poll, &model.common, &model.policy, attempt.function);
    let private = model.common.runtime.private();
    let outcome = attempt.function.outcome();
    let ends = Ends::new(&model.common.runtime, Attribute::Poll, attempt.function);
    let settle = settle(model, attempt, &ends);
    let wait = attempt.wait();
    let declare = attempt.refusal.declare(&model.common.runtime);
    let cut = attempt.cut.declare(&model.common.runtime);
    let delay = model.policy.may_have("initial_delay").then(|| {
        quote_spanned! {Span::mixed_site()=>
            if let ::core::option::Option::Some(__wait) = __run.initial_delay(#site) {
                #wait
            }
        }
    });
    let last = keeps_last(model, attempt)
        .then(|| quote_spanned!(Span::mixed_site()=> let mut __last = ::core::option::Option::None;));
    let step = if attempt.is_async() {
        let (run, of) = (quote_spanned!(Span::mixed_site()=> __run), site.to_token_stream());
        let made = attempt.wrapped(|future| {
            let limited = attempt.cut.limit(&run, Some(&of), &future);
            cancel::awaited(attempt, &site, &ends, &limited)
        });
        let was_cut = was_cut(&site, model, attempt, &ends);
        quote_spanned! {Span::mixed_site()=>
            match #made {
                ::core::option::Option::Some(__out) => {
                    let __out: #outcome = __out;
                    #settle
                }
                ::core::option::Option::None => #was_cut,
            }
        }
    } else {
        let made = attempt.made();
        quote_spanned! {Span::mixed_site()=> {
            let __out: #outcome = #made;
            #settle
        }}
    };
    let texts = texts(&private);
    let signal = cancel::declare(&model.common);
    let begin = attempt.begin(&site);
    let calls = quote_spanned! {Span::mixed_site()=>
        #delay
        #cut
        #last
        loop {
            #declare
            let __wait = #step;
            #wait
        }
    };
    let calls = span::around(&model.common, attempt, calls);
    quote_spanned! {Span::mixed_site()=> {
        #texts
        #declaration
        #signal
        let mut __run = #private::PollRun::new();
        #begin
        #calls
    }}
}

/// The delay after an attempt that was dropped, or the end of the loop. If a circuit below is open, the loop ends with
/// the last error of an attempt, if there was one.
fn was_cut(site: &Ident, model: &PollModel, attempt: &Attempt<'_>, ends: &Ends<'_>) -> TokenStream {
    let told = attempt.cut.took_place(&attempt.refusal);
    let own = attempt.refusal.own().filter(|_| attempt.cut.is_told());
    let Some(own) = own else {
        let timed_out = timed_out(ends);
        return quote_spanned! {Span::mixed_site()=> {
            #told
            match __run.cut(#site) {
                ::core::result::Result::Ok(__wait) => __wait,
                ::core::result::Result::Err(__timed_out) => #timed_out,
            }
        }};
    };
    let private = model.common.runtime.private();
    let held = ends.hold_timed_out(&quote_spanned!(Span::mixed_site()=> __timed_out));
    let returned = if keeps_last(model, attempt) {
        let text = display(&private, &quote_spanned!(Span::mixed_site()=> &__error));
        quote_spanned! {Span::mixed_site()=>
            let mut __error = #held;
            if __is_rejected {
                __error = ::core::option::Option::unwrap_or(__last, __error);
                __run.returns(#site, #text);
            }
        }
    } else {
        quote_spanned! {Span::mixed_site()=>
            if __is_rejected {
                __run.returns(#site, ::core::option::Option::Some(&__timed_out));
            }
            let __error = #held;
        }
    };
    let tell = attempt.refusal.tell_if_open();
    let error = ends.error();
    quote_spanned! {Span::mixed_site()=> {
        #told
        let __open = ::core::option::Option::map(#own, |(__time_left, _)| __time_left);
        match __run.cut_below(#site, __open) {
            ::core::result::Result::Ok(__wait) => __wait,
            ::core::result::Result::Err((__timed_out, __is_rejected)) => {
                #tell
                #returned
                break #error;
            }
        }
    }}
}

/// The delay after `__out`, or the end of the loop.
fn settle(model: &PollModel, attempt: &Attempt<'_>, ends: &Ends<'_>) -> TokenStream {
    let site = site::name(&model.policy);
    let runtime = &model.common.runtime;
    let private = runtime.private();
    let timed_out = timed_out(ends);
    let invalid = quote_spanned!(Span::mixed_site()=> { let __timed_out = __run.invalid(#site); #timed_out });
    let until = ask_value(runtime, &model.until, "__value", &invalid);
    let write_value = written(&private, &quote_spanned!(Span::mixed_site()=> &__value));
    // The error is dropped before the delay, so its text is kept instead.
    let ignore = model.ignore.as_ref().map(|predicate| {
        let ignore = ask(runtime, predicate, "__error");
        let write_error = written(&private, &quote_spanned!(Span::mixed_site()=> &__error));
        quote_spanned! {Span::mixed_site()=>
            let __ignored = #ignore;
            if __ignored {
                __run.ignored(#write_error);
            }
        }
    });
    let ignored = ignore.as_ref().map_or_else(
        || quote_spanned!(Span::mixed_site()=> false),
        |_| quote_spanned!(Span::mixed_site()=> __ignored),
    );
    let text = display(&private, &quote_spanned!(Span::mixed_site()=> &__error));
    let (into_result, value, error) = (ends.result(), ends.value(), ends.error());
    let alarm = model.alarm.as_ref().map(|predicate| {
        let rings = ask_value(runtime, predicate, "__value", &invalid);
        let held = ends.hold_alarm(&site);
        quote_spanned! {Span::mixed_site()=>
            if #rings {
                let __error = #held;
                break #error;
            }
        }
    });
    let tell = model.common.on_error.as_ref().map(|expr| {
        let failure = quote_spanned!(Span::mixed_site()=> &__error, &__run.attempt(#site, &__next));
        let told = call(runtime, "call_on_error", &failure, expr);
        quote!(#told;)
    });
    let keeps = keeps_last(model, attempt);
    let refused =
        attempt.refusal.own().map(|refused| self::refused(&site, (refused, keeps), &private, attempt, ends));
    let cancelled = attempt.refusal.cancelled().map(|cancelled| {
        let end = cancel::end_below(attempt, &site, ends, &private);
        quote_spanned!(Span::mixed_site()=> ::core::result::Result::Err(__error) if #cancelled => #end)
    });
    let keep =
        keeps.then(|| quote_spanned!(Span::mixed_site()=> __last = ::core::option::Option::Some(__error);));
    let go_on = quote_spanned! {Span::mixed_site()=>
        #private::PollAction::Wait(__wait, _) => __wait,
        #private::PollAction::TimedOut(__timed_out) => #timed_out,
    };
    let (open, failed, told) = match attempt.refusal.own() {
        Some(refused) => (
            Some(quote_spanned! {Span::mixed_site()=>
                let __open = ::core::option::Option::map(#refused, |(__time_left, _)| __time_left);
            }),
            quote_spanned!(Span::mixed_site()=> __run.failed_below(#site, #ignored, __open, #text)),
            Some(attempt.refusal.tell_if_open()),
        ),
        None => (None, quote_spanned!(Span::mixed_site()=> __run.failed(#site, #ignored, #text)), None),
    };
    quote_spanned! {Span::mixed_site()=>
        match #into_result {
            ::core::result::Result::Ok(__value) => {
                #alarm
                match __run.saw_value(#site, #until, #write_value) {
                    #private::PollAction::Return => break #value,
                    #go_on
                }
            }
            #cancelled
            #refused
            ::core::result::Result::Err(__error) => {
                #open
                #ignore
                let __next = #failed;
                #tell
                match __next {
                    #private::PollAction::Return => {
                        #told
                        break #error
                    }
                    #private::PollAction::Wait(__wait, _) => {
                        #keep
                        __wait
                    }
                    #private::PollAction::TimedOut(__timed_out) => {
                        #told
                        #timed_out
                    }
                }
            }
        }
    }
}

/// Whether the last ignored error may be returned: if errors are ignored, and a circuit below may reject.
fn keeps_last(model: &PollModel, attempt: &Attempt<'_>) -> bool {
    model.ignore.is_some() && attempt.refusal.own().is_some()
}

/// A rejection is not an attempt: the loop waits until the circuit recovers, if there is time, or ends with the last
/// error of an attempt. The error of an inner loop that was rejected after a failed attempt is a failure.
fn refused(
    site: &Ident,
    (refused, keeps): (&Ident, bool),
    private: &TokenStream,
    attempt: &Attempt<'_>,
    ends: &Ends<'_>,
) -> TokenStream {
    let time_left = quote_spanned!(Span::mixed_site()=> __time_left);
    let error = ends.error();
    let (known, last) = if keeps {
        (
            quote_spanned!(Span::mixed_site()=> ::core::option::Option::is_some(&__last)),
            Some(quote_spanned! {Span::mixed_site()=>
                let __error = ::core::option::Option::unwrap_or(__last, __error);
            }),
        )
    } else {
        (quote!(false), None)
    };
    let tell = attempt.refusal.tell(&time_left, &known);
    let rejected = if keeps {
        quote_spanned!(Span::mixed_site()=> ::core::option::Option::unwrap_or(::core::option::Option::as_ref(&__last), &__error))
    } else {
        quote_spanned!(Span::mixed_site()=> &__error)
    };
    let rejected = display(private, &quote_spanned!(Span::mixed_site()=> #rejected));
    quote_spanned! {Span::mixed_site()=>
        ::core::result::Result::Err(__error)
            if ::core::matches!(#refused, ::core::option::Option::Some((_, false))) =>
        {
            let __time_left = ::core::option::Option::and_then(#refused, |(__time_left, _)| __time_left);
            match __run.refused(#site, __time_left, #rejected) {
                ::core::option::Option::Some(__wait) => __wait,
                ::core::option::Option::None => {
                    #tell
                    #last
                    break #error;
                }
            }
        }
    }
}

/// The end of the loop with `__timed_out`.
fn timed_out(ends: &Ends<'_>) -> TokenStream {
    let held = ends.hold_timed_out(&quote_spanned!(Span::mixed_site()=> __timed_out));
    let error = ends.error();
    quote_spanned!(Span::mixed_site()=> { let __error = #held; break #error; })
}
