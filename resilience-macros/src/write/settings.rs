use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::diagnostics::{generated_at, span_of};
use crate::model::{Config, Setting, Settings};
use crate::paths::Runtime;
use crate::syntax::{Backoff, BackoffCall, Constant, Jitter, Nanos, Value};

/// A policy, built by the constructors of its type.
pub(super) fn policy(runtime: &Runtime, policy: &str, settings: &Settings) -> TokenStream {
    let writer = Writer { runtime, policy };
    let mut value = writer.base();
    if settings.endless {
        let none = Constant::Literal(Nanos(0), Span::call_site());
        value = writer.call(Span::mixed_site(), "forever", &value, None);
        value = writer.call(Span::call_site(), "interval", &value, Some(&none));
    }
    writer.all(value, settings)
}

/// The budget that belongs to the function, if it has one.
pub(super) fn own_budget(runtime: &Runtime, settings: &Settings) -> Option<TokenStream> {
    let ratio = settings.own_budget()?;
    let writer = Writer { runtime, policy: "RetryBudget" };
    let value = writer.call(ratio.span(), "ratio", &writer.base(), Some(ratio));
    let root = runtime.public();
    Some(quote_spanned!(Span::mixed_site()=> static __RESILIENCE_BUDGET: #root::RetryBudget = #value;))
}

/// The configuration of a circuit, built by the constructors of its type.
pub(super) fn config(runtime: &Runtime, config: &Config) -> TokenStream {
    let writer = Writer { runtime, policy: "CircuitConfig" };
    let base = config.base.as_ref().map_or_else(
        || writer.base(),
        |(base, replaced)| {
            let without = |value, method: &&str| writer.call(span_of(base), method, &value, None);
            replaced.iter().fold(quote!(#base), without)
        },
    );
    let value = writer.all(base, &config.settings);
    // In a separate item, the compiler does not suggest a `LazyLock` for a value that is not constant.
    let value = if config.settings.constants {
        let root = runtime.public();
        quote_spanned!(Span::mixed_site()=> { const __RESILIENCE_CONFIG: #root::CircuitConfig = #value; __RESILIENCE_CONFIG })
    } else {
        value
    };
    // Each is evaluated again, so that the compiler can report an error at its place.
    config.agree.iter().fold(value, |value, key| {
        let (name, span) = (key.to_string(), generated_at(key.span()));
        let private = runtime.private_at(span);
        quote_spanned!(span=> #private::SetAt(#name).agrees(#value))
    })
}

struct Writer<'a> {
    runtime: &'a Runtime,
    /// The type's name.
    policy: &'a str,
}

impl Writer<'_> {
    /// The defaults of the type.
    fn base(&self) -> TokenStream {
        let (root, policy) = (self.runtime.public(), Ident::new(self.policy, Span::mixed_site()));
        quote_spanned!(Span::mixed_site()=> #root::#policy::new())
    }

    fn all(&self, value: TokenStream, settings: &Settings) -> TokenStream {
        settings.given.iter().fold(value, |value, setting| self.set(&value, setting))
    }

    fn set(&self, value: &TokenStream, Setting { key, value: set }: &Setting) -> TokenStream {
        // Some attributes have another name for a setting than its method.
        let method = match (*key, set) {
            ("max_tries", _) => "times",
            ("pause", _) => "interval",
            ("window", Value::Count(_)) => "window_calls",
            ("window", Value::Time(_)) => "window_time",
            (key, _) => key,
        };
        match set {
            // A deadline that is never reached leaves room for an override.
            Value::Forever if method == "deadline" => {
                let never = quote_spanned!(Span::mixed_site()=> ::core::time::Duration::MAX);
                self.call(Span::mixed_site(), method, value, Some(&never))
            }
            Value::Forever => self.call(Span::mixed_site(), "forever", value, None),
            Value::Count(count) => self.call(count.span(), method, value, Some(count)),
            Value::Time(time) => self.call(time.span(), method, value, Some(time)),
            Value::Ratio(ratio) => self.call(ratio.span(), method, value, Some(ratio)),
            Value::Window(expr) => {
                let private = self.runtime.private_at(generated_at(span_of(expr)));
                quote_spanned!(generated_at(span_of(expr))=> #private::WindowOf(#expr).set(#value))
            }
            Value::Backoff(backoff) => self.call(backoff.span(), method, value, Some(&self.backoff(backoff))),
            Value::Jitter(jitter) => self.call(jitter.span(), method, value, Some(&self.jitter(jitter))),
            Value::OwnBudget(ratio) => {
                let own = quote_spanned!(Span::mixed_site()=> &__RESILIENCE_BUDGET);
                self.call(ratio.span(), method, value, Some(&own))
            }
            Value::Budget(expr) => self.call(span_of(expr), method, value, Some(expr)),
        }
    }

    fn backoff(&self, backoff: &Backoff) -> TokenStream {
        let call = match backoff {
            Backoff::Const(expr) => return expr.to_token_stream(),
            Backoff::Call(call) => call,
        };
        let BackoffCall { name, span, base, factor, max } = &**call;
        let writer = Self { policy: "Backoff", ..*self };
        let mut value = writer.call(*span, name, &base.to_token_stream(), None);
        if let Some(factor) = factor {
            value = writer.call(factor.span(), "__factor", &value, Some(factor));
        }
        if let Some(max) = max {
            value = writer.call(max.span(), "__max", &value, Some(max));
        }
        value
    }

    fn jitter(&self, jitter: &Jitter) -> TokenStream {
        let root = self.runtime.public();
        match jitter {
            Jitter::Named(variant, span) => {
                let variant = Ident::new(variant, *span);
                quote_spanned!(Span::mixed_site()=> #root::Jitter::#variant)
            }
            Jitter::Ratio(ratio) => quote_spanned!(Span::mixed_site()=> #root::Jitter::Ratio(#ratio)),
            Jitter::Const(expr) => expr.to_token_stream(),
        }
    }

    /// `Type::method(value, argument)`, and not `value.method(argument)`, whose span would include the whole chain:
    /// errors of constant evaluation about the argument are reported at the argument.
    fn call(
        &self,
        span: Span,
        method: &str,
        value: &TokenStream,
        argument: Option<&dyn ToTokens>,
    ) -> TokenStream {
        let span = generated_at(span);
        let root = self.runtime.public_at(span);
        let (policy, method) = (Ident::new(self.policy, span), Ident::new(method, span));
        let argument = argument.map(|argument| quote_spanned!(span=> , #argument));
        quote_spanned!(span=> #root::#policy::#method(#value #argument))
    }
}

/// The literal in Rust syntax, or the expression.
impl<T: Literal> ToTokens for Constant<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(value, span) => tokens.extend(value.written(generated_at(*span))),
            Self::Expr(expr) => expr.to_tokens(tokens),
        }
    }
}

pub(crate) trait Literal {
    fn written(&self, span: Span) -> TokenStream;
}

impl Literal for u32 {
    fn written(&self, span: Span) -> TokenStream {
        quote_spanned!(span=> #self)
    }
}

impl Literal for f64 {
    fn written(&self, span: Span) -> TokenStream {
        quote_spanned!(span=> #self)
    }
}

impl Literal for Nanos {
    fn written(&self, span: Span) -> TokenStream {
        const SECOND: u64 = 1_000_000_000;
        let seconds = self.0 / SECOND;
        let rest = u32::try_from(self.0 % SECOND).expect("a remainder of 10^9 fits");
        quote_spanned!(span=> ::core::time::Duration::new(#seconds, #rest))
    }
}
