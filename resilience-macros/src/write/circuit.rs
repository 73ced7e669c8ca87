use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Expr, ExprClosure};

use super::attempt::{Attempt, known_outcome};
use super::closure::{enclosed, enclosed_value};
use super::ends::Ends;
use super::report::failed;
use super::{fault, settings, site};
use crate::attribute::Attribute;
use crate::diagnostics::{generated_at, span_of};
use crate::model::{Circuit, CircuitModel, Refused};
use crate::paths::Runtime;
use crate::syntax::Count;

/// A block whose type is the function's return type.
pub(super) fn write(model: &CircuitModel, attempt: &Attempt<'_>) -> TokenStream {
    let ends = Ends::new(&model.common.runtime, Attribute::Circuit, attempt.function);
    let (site, circuit) = circuit(model, attempt);
    let acquire = if attempt.is_async() { "acquire_async" } else { "acquire" };
    let acquire = Ident::new(acquire, Span::mixed_site());
    // `Permit::poll` observes a panic, and reports it once.
    let mutable = (attempt.is_async() && !attempt.cut.is_below()).then(|| quote!(mut));
    let names = fault::circuit(attempt.refusal.depth());
    let under = attempt.cut.bind_permit(!model.refuses());
    let declare = attempt.refusal.declare(&model.common.runtime);
    let limit = call_timeout(model, attempt);
    let made = made(model, attempt, &ends);
    let (value, error) = (ends.value(), ends.error());
    let failed = failed(model, attempt);
    let refused = refused(model, attempt, &ends);
    let label = attempt.refusal.label();
    quote_spanned! {Span::mixed_site()=> #label: {
        #site
        // The replacement for a rejected call follows this statement, so that nothing is borrowed any more.
        let __open = match #circuit.#acquire() {
            ::core::result::Result::Ok(#mutable __permit) => {
                #names
                #under
                #declare
                #limit
                #made
                break #label match __result {
                    ::core::result::Result::Ok(__value) => {
                        let __value = __permit.succeeded(__value);
                        #value
                    }
                    ::core::result::Result::Err(__error) => {
                        #failed
                        #error
                    }
                };
            }
            ::core::result::Result::Err(__open) => __open,
        };
        #refused
    }}
}

/// The declarations, and the expression that evaluates to the circuit.
fn circuit(model: &CircuitModel, attempt: &Attempt<'_>) -> (TokenStream, TokenStream) {
    let runtime = &model.common.runtime;
    let (root, private) = (runtime.public(), runtime.private());
    let name = site::function_name(&model.common, attempt.function);
    let place = quote_spanned! {Span::mixed_site()=>
        #private::Place::new(::core::module_path!(), ::core::file!(), ::core::line!(), ::core::column!())
    };
    let listed = |site: TokenStream, kind: TokenStream| {
        quote_spanned! {Span::mixed_site()=>
            #site
            #private::list!(#root, CIRCUITS: #private::CircuitEntry, #private::CircuitEntry::#kind(&__RESILIENCE_CIRCUIT));
        }
    };
    let of_site = |new: TokenStream| {
        let site = quote_spanned! {Span::mixed_site()=>
            static __RESILIENCE_CIRCUIT: #private::CircuitSite = #private::CircuitSite::#new;
        };
        listed(site, quote!(Site))
    };
    match &model.circuit {
        Circuit::Own { config } => {
            let config = settings::config(runtime, config);
            (of_site(quote!(own(#name, #config, #place))), quote!(__RESILIENCE_CIRCUIT.of_its_own()))
        }
        Circuit::Named { name, config } => {
            let none = || quote!(::core::option::Option::None);
            let config = config.as_ref().map(|config| settings::config(runtime, config));
            let config = config.map_or_else(none, |config| quote!(::core::option::Option::Some(#config)));
            (of_site(quote!(named(#name, #config, #place))), quote!(__RESILIENCE_CIRCUIT.of_its_name()))
        }
        Circuit::Keyed { key, config, configured, max_keys } => {
            let config = settings::config(runtime, config);
            let span = generated_at(max_keys.as_ref().map_or_else(Span::mixed_site, Count::span));
            let private_there = runtime.private_at(span);
            let option = |value: Option<TokenStream>| {
                value.map_or_else(
                    || quote!(::core::option::Option::None),
                    |value| quote!(::core::option::Option::Some(#value)),
                )
            };
            let most = option(max_keys.as_ref().map(ToTokens::to_token_stream));
            let (new, find) = if model.common.name.is_some() {
                let config = option(configured.then(|| config.clone()));
                (quote_spanned!(span=> named_by_key(#name, #config, #most, #place)), quote!(of_its_name()))
            } else {
                (quote_spanned!(span=> own_by_key(#name, #config, #most, #place)), quote!(of_its_own()))
            };
            let new = quote_spanned!(span=> #private_there::KeyedSite::#new);
            let site = quote_spanned! {Span::mixed_site()=>
                static __RESILIENCE_CIRCUIT: #private::KeyedSite = #new;
            };
            let site = listed(site, quote!(Keyed));
            // The key is borrowed, and not moved.
            let span = generated_at(span_of(key));
            let key_of = call_with_borrowed(runtime, "key", key.to_token_stream());
            let circuit = quote_spanned!(span=> circuit(#key_of));
            let circuit = quote_spanned!(Span::mixed_site()=> __RESILIENCE_CIRCUIT.#find.#circuit);
            let circuit = enclosed(key, &quote!(_), circuit);
            let site = quote_spanned! {Span::mixed_site()=>
                #site
                let __circuit = #circuit;
            };
            (site, quote_spanned!(Span::mixed_site()=> __circuit))
        }
        // An attribute uses this name to detect that it was expanded on a body which another one has already written.
        Circuit::Given(breaker) => {
            let name = site::site_name(&private, None);
            let site = quote_spanned! {Span::mixed_site()=>
                static __RESILIENCE_CIRCUIT: #private::SiteEntry = #private::SiteEntry::new(
                    #private::SiteKind::Circuit, #name, ::core::file!(), ::core::line!(),
                );
                #private::list!(#root, SITES: &#private::SiteEntry, &__RESILIENCE_CIRCUIT);
                __RESILIENCE_CIRCUIT.is_called();
            };
            (site, call_with_borrowed(runtime, "breaker", enclosed_value(breaker, breaker.to_token_stream())))
        }
    }
}

/// `FUNCTION(&(EXPR))`. The function's path and its argument both have the span from the expression's first token to
/// its last one, because compiler versions differ in which of them they report.
fn call_with_borrowed(runtime: &Runtime, function: &str, tokens: TokenStream) -> TokenStream {
    let first = generated_at(span_of(&tokens));
    let last = tokens.clone().into_iter().last().map_or(first, |last| generated_at(last.span()));
    let (private, function) = (runtime.private_at(first), Ident::new(function, last));
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(last);
    quote_spanned!(first=> #private::#function(&#group))
}

/// The body's future, polled within the permit, and under the call's own limit if it has one.
fn in_permit(model: &CircuitModel, attempt: &Attempt<'_>, future: &TokenStream) -> TokenStream {
    let run = quote_spanned!(Span::mixed_site()=> __call);
    let limited = model.call_timeout.as_ref().map(|_| attempt.cut.limit(&run, None, future));
    let future = limited.as_ref().unwrap_or(future);
    quote_spanned! {Span::mixed_site()=> {
        // Not inside `pin!`: there, Rust 1.85 does not report an unused `mut`.
        let __body = #future;
        let mut __body = ::core::pin::pin!(__body);
        ::core::future::poll_fn(|__context| __permit.poll(__body.as_mut(), __context)).await
    }}
}

/// The limit of the call that has just been admitted.
fn call_timeout(model: &CircuitModel, attempt: &Attempt<'_>) -> TokenStream {
    let Some(time) = &model.call_timeout else { return TokenStream::new() };
    let runtime = &model.common.runtime;
    let private = runtime.private();
    let private_there = runtime.private_at(generated_at(time.span()));
    let timeout = quote_spanned!(generated_at(time.span())=> #private_there::CallTimeout::new(#time));
    let cut = attempt.cut.declare(runtime);
    let is_generic = time.expr().is_some_and(|time| attempt.function.is_generic(time));
    // Overrides name the circuit. A `static` cannot depend on generics.
    if let (Some(name), false) = (&model.common.name, is_generic) {
        let root = runtime.public();
        return quote_spanned! {Span::mixed_site()=>
            static __RESILIENCE_CALL: #private::NamedCallTimeout = #private::NamedCallTimeout::new(#name, #timeout);
            #private::list!(#root, CALL_TIMEOUTS: &#private::NamedCallTimeout, &__RESILIENCE_CALL);
            let __call = #private::TimedCall::start_named(&__RESILIENCE_CALL);
            #cut
        };
    }
    let name = site::site_name(&private, model.common.name.as_ref().map(ToTokens::to_token_stream));
    let site = quote_spanned!(Span::mixed_site()=> &#private::PolicySite::new(#name, #private::SiteKind::Circuit, #timeout));
    // As for the site of a loop: a `const` item is evaluated even if the function is never called.
    if is_generic {
        return quote_spanned! {Span::mixed_site()=>
            let __call = #private::TimedCall::start(const { #site });
            #cut
        };
    }
    quote_spanned! {Span::mixed_site()=>
        const __RESILIENCE_CALL: &#private::PolicySite<#private::CallTimeout> = #site;
        let __call = #private::TimedCall::start(__RESILIENCE_CALL);
        #cut
    }
}

/// Makes the call and binds `__result`; with a limit, also `__timed_out`.
fn made(model: &CircuitModel, attempt: &Attempt<'_>, ends: &Ends<'_>) -> TokenStream {
    let (outcome, result) = (attempt.function.outcome(), ends.result());
    let (made, ended) = if attempt.is_async() {
        let made = attempt.wrapped(|future| in_permit(model, attempt, &future));
        (made, Some(quote_spanned!(Span::mixed_site()=> let __permit = __permit.ended();)))
    } else {
        (attempt.made_once(&model.common.runtime), None)
    };
    if model.call_timeout.is_none() {
        return quote_spanned! {Span::mixed_site()=>
            let __out: #outcome = #made;
            #ended
            let __result = #result;
        };
    }
    let cut = attempt.cut.took_place(&attempt.refusal);
    let timed_out = ends.hold_timed_out(&quote_spanned!(Span::mixed_site()=> __call.timed_out()));
    quote_spanned! {Span::mixed_site()=>
        let __out: ::core::option::Option<#outcome> = #made;
        #ended
        let (__result, __timed_out) = match __out {
            ::core::option::Option::Some(__out) => (#result, false),
            ::core::option::Option::None => {
                #cut
                (::core::result::Result::Err(#timed_out), true)
            }
        };
    }
}

/// The replacement for a rejected call.
fn refused(model: &CircuitModel, attempt: &Attempt<'_>, ends: &Ends<'_>) -> TokenStream {
    let open = quote_spanned!(Span::mixed_site()=> __open);
    let held = match &model.refused {
        Refused::Fallback { function, arguments } => return fallback(function, arguments, attempt),
        Refused::Error => ends.hold_open(&open),
        Refused::Made(on_open) => opened(&model.common.runtime, &open, on_open, attempt),
    };
    let tell =
        attempt.refusal.tell(&quote_spanned!(Span::mixed_site()=> #open.retry_after()), &quote!(false));
    let error = ends.error();
    quote_spanned!(Span::mixed_site()=> { #tell let __error = #held; #error })
}

/// The function's error, made by `on_open`. If that returns another type, the error is reported at `on_open`.
fn opened(runtime: &Runtime, open: &TokenStream, on_open: &Expr, attempt: &Attempt<'_>) -> TokenStream {
    let span = generated_at(span_of(on_open));
    let (private, outcome) = (runtime.private_at(span), attempt.function.outcome());
    let error = quote_spanned!(span=> <#outcome as #private::by::circuit>::Error);
    enclosed(on_open, &error, quote_spanned!(span=> #private::call_on_open::<#error>(#open, #on_open)))
}

/// The call of the fallback with the function's arguments, which no other code has used.
fn fallback(function: &Expr, arguments: &[Ident], attempt: &Attempt<'_>) -> TokenStream {
    let outcome = attempt.function.outcome();
    let calls = builds(arguments, attempt).into_iter().map(|(condition, arguments)| {
        let called = call_fallback(function, &arguments, attempt);
        quote_spanned!(Span::mixed_site()=> #condition let __out: #outcome = #called;)
    });
    quote_spanned! {Span::mixed_site()=> {
        ::core::mem::drop(__open);
        #(#calls)*
        __out
    }}
}

/// The existing arguments, for each combination of the `#[cfg]` conditions on them. An argument of a call cannot be
/// removed by a `#[cfg]`, but a statement can.
fn builds<'a>(arguments: &'a [Ident], attempt: &Attempt<'_>) -> Vec<(TokenStream, Vec<&'a Ident>)> {
    let conditions: Vec<_> = arguments.iter().map(|name| attempt.function.condition_of(name)).collect();
    let mut distinct: Vec<&TokenStream> = Vec::new();
    let is_it = |one: &TokenStream, other: &TokenStream| one.to_string() == other.to_string();
    for condition in conditions.iter().filter(|condition| !condition.is_empty()) {
        if !distinct.iter().any(|known| is_it(known, condition)) {
            distinct.push(condition);
        }
    }
    let build = |holds: usize| {
        let holds = |index: usize| holds & (1 << index) != 0;
        let given = distinct.iter().enumerate().map(|(index, condition)| {
            if holds(index) { quote!(#[cfg(#condition)]) } else { quote!(#[cfg(not(#condition))]) }
        });
        let is_there = |condition: &TokenStream| {
            distinct.iter().position(|known| is_it(known, condition)).is_none_or(holds)
        };
        let there = arguments.iter().zip(&conditions).filter(|(_, condition)| is_there(condition));
        (given.collect(), there.map(|(name, _)| name).collect())
    };
    (0..1 << distinct.len()).map(build).collect()
}

fn call_fallback(function: &Expr, arguments: &[&Ident], attempt: &Attempt<'_>) -> TokenStream {
    let outcome = attempt.function.outcome();
    let arguments: Vec<_> = arguments
        .iter()
        .map(|name| {
            // A moved argument is gone, but a loop above may need it again.
            if !attempt.repeated {
                quote!(#name)
            } else if attempt.function.is_exclusive(name) {
                quote!(&mut *#name)
            } else if attempt.function.pinned_self().as_ref() == Some(*name) {
                quote_spanned!(Span::mixed_site()=> ::core::pin::Pin::as_mut(&mut #name))
            } else {
                quote!(#name)
            }
        })
        .collect();
    let span = generated_at(span_of(function));
    let value = enclosed_value(function, function.to_token_stream());
    let (call, is_async) = match function {
        // The argument types of a closure are unknown unless it is passed to a function that determines them.
        Expr::Closure(closure) => {
            let types: Vec<_> = (0..arguments.len()).map(|index| format_ident!("A{index}")).collect();
            let names: Vec<_> = (0..arguments.len()).map(|index| format_ident!("a{index}")).collect();
            // Its result is coerced like that of the body. The type of a future cannot be named.
            let is_future = closure.asyncness.is_some();
            let (closure, result) = if is_future {
                (with_outcome(closure, &outcome).to_token_stream(), quote!(_))
            } else {
                (closure.to_token_stream(), outcome)
            };
            let blanks = types.iter().map(|_| quote!(_));
            let call =
                quote_spanned!(span=> __resilience_call::<#(#blanks,)* #result>(#closure, (#(#arguments,)*)));
            let call = quote_spanned! {Span::mixed_site()=> {
                fn __resilience_call<#(#types,)* R>(
                    f: impl ::core::ops::FnOnce(#(#types),*) -> R,
                    (#(#names,)*): (#(#types,)*),
                ) -> R {
                    f(#(#names),*)
                }
                #call
            }};
            (call, is_future)
        }
        _ => (quote_spanned!(span=> (#value)(#(#arguments),*)), true),
    };
    if is_async && attempt.is_async() { quote_spanned!(span=> #call.await) } else { call }
}

/// The async closure, with the type of its result determined before its body is checked.
fn with_outcome(closure: &ExprClosure, outcome: &TokenStream) -> ExprClosure {
    let mut closure = closure.clone();
    let body = &closure.body;
    *closure.body = Expr::Verbatim(known_outcome(generated_at(span_of(body)), outcome, body));
    closure
}
