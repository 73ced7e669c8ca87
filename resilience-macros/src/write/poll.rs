use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::attempt::Attempt;
use super::predicate::ask;
use super::site;
use crate::model::PollModel;

/// A block that has the type of the function's outcome.
pub(super) fn write(model: &PollModel, attempt: &Attempt<'_>) -> TokenStream {
    let declaration = site::declare(&model.common, &model.policy, "PollPolicy", attempt.function);
    let site = site::name(&model.policy);
    let private = model.common.runtime.private();
    let outcome = attempt.function.outcome();
    let timed_out = timed_out(model, attempt);
    let settle = settle(model, attempt, &timed_out);
    let wait = attempt.wait();
    let attempt = if attempt.is_async() {
        let made = attempt.limited(|future| quote_spanned!(Span::mixed_site()=> __run.limit(#site, #future)));
        quote_spanned! {Span::mixed_site()=>
            let __wait = match #made {
                ::core::option::Option::Some(__out) => {
                    let __out: #outcome = __out;
                    #settle
                }
                ::core::option::Option::None => match __run.cut(#site) {
                    ::core::result::Result::Ok(__wait) => __wait,
                    ::core::result::Result::Err(__timed_out) => break #timed_out,
                },
            };
        }
    } else {
        let made = attempt.made();
        quote_spanned! {Span::mixed_site()=>
            let __wait = {
                let __out: #outcome = #made;
                #settle
            };
        }
    };
    quote_spanned! {Span::mixed_site()=> {
        #declaration
        let mut __run = #private::PollRun::start();
        loop {
            #attempt
            #wait
        }
    }}
}

/// The wait that `__out` leads to, or the end of the loop.
fn settle(model: &PollModel, attempt: &Attempt<'_>, timed_out: &TokenStream) -> TokenStream {
    let site = site::name(&model.policy);
    let runtime = &model.common.runtime;
    let private = runtime.private();
    let span = attempt.function.outcome_span();
    let value = quote_spanned!(Span::mixed_site()=> __value);
    let error = quote_spanned!(Span::mixed_site()=> __error);
    let until = ask(runtime, &model.until, &value);
    let ignore = model.ignore.as_ref().map_or_else(
        || quote_spanned!(Span::mixed_site()=> false),
        |predicate| ask(runtime, predicate, &error),
    );
    let alarm = model.alarm.as_ref().map(|predicate| {
        let rings = ask(runtime, predicate, &value);
        let held = quote_spanned! {span=>
            #private::Outcome::<#private::by::poll>::from_error(#private::HoldAlarm::hold(__alarm))
        };
        quote_spanned! {Span::mixed_site()=>
            if #rings {
                break match #private::Outcome::<#private::by::poll>::into_result(__out) {
                    ::core::result::Result::Ok(__value) => {
                        let __alarm = __run.alarm(#site, __value);
                        #held
                    }
                    ::core::result::Result::Err(__error) => {
                        #private::Outcome::<#private::by::poll>::from_error(__error)
                    }
                };
            }
        }
    });
    let tell = model.common.on_error.as_ref().map(
        |expr| quote_spanned!(Span::mixed_site()=> #private::tell(__error, &__run.attempt(&__next), #expr);),
    );
    let look = quote_spanned!(span=> #private::Outcome::<#private::by::poll>::look(&__out));
    quote_spanned! {Span::mixed_site()=>
        let __next = match #look {
            ::core::result::Result::Ok(__value) => {
                #alarm
                __run.saw(#site, #until)
            }
            ::core::result::Result::Err(__error) => {
                let __next = __run.failed(#site, #ignore);
                #tell
                __next
            }
        };
        match __next {
            #private::PollNext::Return => break __out,
            #private::PollNext::Wait(__wait, _) => __wait,
            #private::PollNext::TimedOut(__timed_out) => break #timed_out,
        }
    }
}

fn timed_out(model: &PollModel, attempt: &Attempt<'_>) -> TokenStream {
    let private = model.common.runtime.private();
    let span = attempt.function.outcome_span();
    quote_spanned! {span=>
        #private::Outcome::<#private::by::poll>::from_error(#private::HoldTimedOut::hold(__timed_out))
    }
}
