use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::attempt::Attempt;
use super::predicate::ask;
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
    let outcome = attempt.function.outcome();
    let (made, wait) = (attempt.made(), attempt.wait());
    let look = look(model, attempt);
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
            // An error that is not `Send` must not live through the wait: the block ends it. To drop what has been
            // borrowed does not convince the compiler.
            let __wait = {
                let __out: #outcome = #made;
                match #look {
                    ::core::result::Result::Ok(_) => break __out,
                    ::core::result::Result::Err(__error) => match #next {
                        ::core::option::Option::Some(__wait) => __wait,
                        ::core::option::Option::None => break __out,
                    },
                }
            };
            #wait
        }
    }
}

fn under_limits(model: &RetryModel, attempt: &Attempt<'_>) -> TokenStream {
    let site = site::name(&model.policy);
    let private = model.common.runtime.private();
    let span = attempt.function.outcome_span();
    let by = model.attribute.marker();
    let outcome = attempt.function.outcome();
    let made = attempt.limited(|future| quote_spanned!(Span::mixed_site()=> __run.limit(#site, #future)));
    let wait = attempt.wait();
    let look = look(model, attempt);
    let again = again(model);
    let hint = hint(model);
    let tell = tell(model);
    let timed_out = quote_spanned! {span=>
        #private::Outcome::<#private::by::#by>::from_error(
            #private::HoldTimedOut::hold(__run.timed_out(#site))
        )
    };
    quote_spanned! {Span::mixed_site()=>
        // The last outcome that was the function's own.
        let mut __last = ::core::option::Option::None;
        loop {
            let (__out, __timed_out): (#outcome, bool) = match #made {
                ::core::option::Option::Some(__out) => (__out, false),
                ::core::option::Option::None => (#timed_out, true),
            };
            let __wait = match #look {
                ::core::result::Result::Ok(_) => break __out,
                ::core::result::Result::Err(__error) => {
                    let __again = __timed_out || #again;
                    let __hint = if __timed_out { ::core::option::Option::None } else { #hint };
                    let __attempt = __run.failed(#site, __again, __hint);
                    #tell
                    match __attempt.into_wait() {
                        ::core::option::Option::Some(__wait) => __wait,
                        ::core::option::Option::None if __timed_out => {
                            break ::core::option::Option::unwrap_or(__last, __out);
                        }
                        ::core::option::Option::None => break __out,
                    }
                }
            };
            if !__timed_out {
                __last = ::core::option::Option::Some(__out);
            }
            #wait
        }
    }
}

/// What is wrong with the return type is said here, at the return type.
fn look(model: &RetryModel, attempt: &Attempt<'_>) -> TokenStream {
    let private = model.common.runtime.private();
    let by = model.attribute.marker();
    let span = attempt.function.outcome_span();
    quote_spanned!(span=> #private::Outcome::<#private::by::#by>::look(&__out))
}

fn again(model: &RetryModel) -> TokenStream {
    let runtime = &model.common.runtime;
    let error = quote_spanned!(Span::mixed_site()=> __error);
    let on = match &model.on {
        On::Every => None,
        On::Timeouts => return quote!(false),
        On::Only(predicate) => Some(ask(runtime, predicate, &error)),
    };
    let giveup = model.giveup.as_ref().map(|predicate| ask(runtime, predicate, &error));
    match (on, giveup) {
        (None, None) => quote!(true),
        (Some(on), None) => on,
        (None, Some(giveup)) => quote!(!#giveup),
        (Some(on), Some(giveup)) => quote!(#on && !#giveup),
    }
}

fn hint(model: &RetryModel) -> TokenStream {
    let private = model.common.runtime.private();
    match &model.retry_after {
        Some(expr) => quote_spanned!(Span::mixed_site()=> #private::ask_wait(__error, #expr)),
        None => quote!(::core::option::Option::None),
    }
}

fn tell(model: &RetryModel) -> TokenStream {
    let private = model.common.runtime.private();
    match &model.common.on_error {
        Some(expr) => quote_spanned!(Span::mixed_site()=> #private::tell(__error, &__attempt, #expr);),
        None => TokenStream::new(),
    }
}
