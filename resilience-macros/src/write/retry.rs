use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::attempt::Attempt;
use super::ends::Ends;
use super::predicate::{ask, call};
use super::site;
use crate::model::{On, RetryModel};

/// A block that has the type of the function's outcome.
pub(super) fn write(model: &RetryModel, attempt: &Attempt<'_>) -> TokenStream {
    let declaration = site::declare(&model.common, &model.policy, "RetryPolicy", attempt.function);
    let limited = model.timed && attempt.is_async();
    let measured = model.timed || model.common.on_error.is_some();
    let loops = if limited { under_limits(model, attempt) } else { plainly(model, attempt, measured) };
    let private = model.common.runtime.private();
    let start = if measured {
        quote_spanned!(Span::mixed_site()=> #private::TimedRetryRun::start())
    } else {
        quote_spanned!(Span::mixed_site()=> #private::RetryRun::new())
    };
    quote_spanned!(Span::mixed_site()=> { #declaration let mut __run = #start; #loops })
}

fn plainly(model: &RetryModel, attempt: &Attempt<'_>, measured: bool) -> TokenStream {
    let site = site::name(&model.policy);
    let (made, wait) = (attempt.made(), attempt.wait());
    let outcome = attempt.function.outcome();
    let ends = Ends::new(&model.common.runtime, model.attribute, attempt.function);
    let (into_result, value, error) = (ends.result(), ends.value(), ends.error());
    let again = again(model);
    let hint = hint(model);
    let next = if measured {
        let tell = tell(model);
        quote_spanned! {Span::mixed_site()=> {
            let __attempt = __run.failed(#site, #again, #hint);
            #tell
            __attempt.into_wait()
        }}
    } else {
        quote_spanned!(Span::mixed_site()=> __run.failed(#site, #again, #hint))
    };
    quote_spanned! {Span::mixed_site()=>
        loop {
            // The error ends with this block: one that is not `Send` must not live through the wait, and a future that
            // waits has no room for it.
            let __wait = {
                let __out: #outcome = #made;
                let __error = match #into_result {
                    ::core::result::Result::Ok(__value) => break #value,
                    ::core::result::Result::Err(__error) => __error,
                };
                let __next = #next;
                match __next {
                    ::core::option::Option::Some(__wait) => __wait,
                    ::core::option::Option::None => break #error,
                }
            };
            #wait
        }
    }
}

fn under_limits(model: &RetryModel, attempt: &Attempt<'_>) -> TokenStream {
    let site = site::name(&model.policy);
    let made = attempt.limited(|future| quote_spanned!(Span::mixed_site()=> __run.limit(#site, #future)));
    let wait = attempt.wait();
    let outcome = attempt.function.outcome();
    let ends = Ends::new(&model.common.runtime, model.attribute, attempt.function);
    let (into_result, value, error) = (ends.result(), ends.value(), ends.error());
    let timed_out = ends.hold_timed_out(&quote_spanned!(Span::mixed_site()=> __run.timed_out(#site)));
    let again = again(model);
    let hint = hint(model);
    let tell = tell(model);
    quote_spanned! {Span::mixed_site()=>
        // The last error that was the function's own.
        let mut __last = ::core::option::Option::None;
        loop {
            let __wait = {
                let (__error, __timed_out) = match #made {
                    ::core::option::Option::Some(__out) => {
                        let __out: #outcome = __out;
                        match #into_result {
                            ::core::result::Result::Ok(__value) => break #value,
                            ::core::result::Result::Err(__error) => (__error, false),
                        }
                    }
                    ::core::option::Option::None => (#timed_out, true),
                };
                let __next = {
                    let __again = __timed_out || #again;
                    let __hint = if __timed_out { ::core::option::Option::None } else { #hint };
                    let __attempt = __run.failed(#site, __again, __hint);
                    #tell
                    __attempt.into_wait()
                };
                match __next {
                    ::core::option::Option::Some(__wait) => {
                        if !__timed_out {
                            __last = ::core::option::Option::Some(__error);
                        }
                        __wait
                    }
                    ::core::option::Option::None if __timed_out => {
                        let __error = ::core::option::Option::unwrap_or(__last, __error);
                        break #error;
                    }
                    ::core::option::Option::None => break #error,
                }
            };
            #wait
        }
    }
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
        |expr| call(&model.common.runtime, "ask_wait", &error, expr),
    )
}

fn tell(model: &RetryModel) -> TokenStream {
    let failure = quote_spanned!(Span::mixed_site()=> &__error, &__attempt);
    model.common.on_error.as_ref().map_or_else(TokenStream::new, |expr| {
        let told = call(&model.common.runtime, "tell", &failure, expr);
        quote!(#told;)
    })
}
