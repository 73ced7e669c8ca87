use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use crate::diagnostics::{Fault, Faults};
use crate::paths::Runtime;
use crate::syntax::{BackoffSyntax, Count, Factor, Function, JitterSyntax, Options, Shape, Time};

/// How often, how far apart and for how long.
pub(crate) enum Policy {
    /// A chain of builder calls on a new policy.
    Const {
        setters: TokenStream,
        /// It speaks of generics, and so cannot stand in a `const` item.
        generic: bool,
    },
    /// `policy = EXPR`.
    Runtime(Expr),
}

/// The builder calls of a policy, while they are collected.
pub(crate) struct Setters<'a> {
    runtime: &'a Runtime,
    function: &'a Function,
    calls: TokenStream,
    generic: bool,
}

impl<'a> Setters<'a> {
    pub(crate) fn new(runtime: &'a Runtime, function: &'a Function) -> Self {
        Self { runtime, function, calls: TokenStream::new(), generic: false }
    }

    pub(crate) fn finish(self) -> Policy {
        Policy::Const { setters: self.calls, generic: self.generic }
    }

    pub(crate) fn call(&mut self, call: TokenStream) {
        self.calls.extend(call);
    }

    pub(crate) fn time(&mut self, method: &str, time: Option<&Time>) {
        let Some(time) = time else { return };
        self.note(time.constant());
        self.calls.extend(set(method, time.span(), &quote!(#time)));
    }

    pub(crate) fn count(&mut self, method: &str, count: Option<&Count>) {
        let Some(count) = count else { return };
        self.note(count.constant());
        self.calls.extend(match count {
            Count::Forever => quote!(.forever()),
            Count::Literal(..) | Count::Const(_) => set(method, count.span(), &quote!(#count)),
        });
    }

    pub(crate) fn waiting(&mut self, waiting: &Waiting) {
        let backoff = match &waiting.backoff {
            None => None,
            Some(Wait::Interval(time)) => {
                self.time("interval", Some(time));
                None
            }
            Some(Wait::Backoff(BackoffSyntax::Const(expr))) => {
                self.note(Some(expr));
                Some((crate::diagnostics::span_of(expr), quote!(#expr)))
            }
            Some(Wait::Backoff(BackoffSyntax::Shape(shape))) => Some((shape.span, self.shape(shape))),
        };
        if let Some((span, backoff)) = backoff {
            self.calls.extend(set("backoff", span, &backoff));
        }
        if let Some(jitter) = &waiting.jitter {
            let (span, jitter) = self.jitter(jitter);
            self.calls.extend(set("jitter", span, &jitter));
        }
    }

    fn shape(&mut self, shape: &Shape) -> TokenStream {
        let root = self.runtime.public();
        let Shape { name, span, base, factor, max } = shape;
        self.note(base.constant());
        self.note(max.as_ref().and_then(Time::constant));
        let constructor = Ident::new(name, *span);
        let mut backoff = quote_spanned!(*span=> #root::Backoff::#constructor(#base));
        match factor {
            Some(Factor::Literal(factor, span)) => backoff.extend(set("factor", *span, &quote!(#factor))),
            Some(Factor::Const(expr)) => {
                self.note(Some(expr));
                backoff.extend(set("factor", crate::diagnostics::span_of(expr), &quote!(#expr)));
            }
            None => {}
        }
        if let Some(max) = max {
            backoff.extend(set("max", max.span(), &quote!(#max)));
        }
        backoff
    }

    fn jitter(&mut self, jitter: &JitterSyntax) -> (Span, TokenStream) {
        let root = self.runtime.public();
        match jitter {
            JitterSyntax::Named(variant, span) => {
                let variant = Ident::new(variant, *span);
                (*span, quote_spanned!(*span=> #root::Jitter::#variant))
            }
            JitterSyntax::Ratio(ratio, span) => (*span, quote_spanned!(*span=> #root::Jitter::Ratio(#ratio))),
            JitterSyntax::Const(expr) => {
                self.note(Some(expr));
                (crate::diagnostics::span_of(expr), quote!(#expr))
            }
        }
    }

    fn note(&mut self, constant: Option<&Expr>) {
        self.generic |= constant.is_some_and(|expr| self.function.is_generic(expr));
    }
}

/// `.method(value)`, so that what `const` evaluation says of the value points at the value.
fn set(method: &str, span: Span, value: &TokenStream) -> TokenStream {
    let method = Ident::new(method, span);
    quote_spanned!(span=> .#method(#value))
}

/// What the user said about waiting.
pub(crate) struct Waiting {
    backoff: Option<Wait>,
    jitter: Option<JitterSyntax>,
}

enum Wait {
    Interval(Time),
    Backoff(BackoffSyntax),
}

impl Waiting {
    /// `interval` is what the attribute calls it.
    pub(crate) fn judge(interval: &str, options: &mut Options, faults: &mut Faults) -> Self {
        let both = options.key(interval).zip(options.key("backoff"));
        if let Some((_, backoff)) = &both {
            faults.at(backoff, Fault::Both { one: interval, other: "backoff" });
        }
        let jitter_key = options.key("jitter");
        let time = options.time(interval, faults).map(Wait::Interval);
        let backoff = options.backoff(faults).map(Wait::Backoff);
        let jitter = options.jitter(faults);
        if let (Some(place), Some(jitter)) = (jitter_key, &jitter) {
            judge_jitter(&place, jitter, backoff.as_ref(), faults);
        }
        Self { backoff: time.or(backoff), jitter }
    }
}

fn judge_jitter(place: &Ident, jitter: &JitterSyntax, backoff: Option<&Wait>, faults: &mut Faults) {
    let shape = match backoff {
        None | Some(Wait::Interval(_)) => "constant",
        Some(Wait::Backoff(BackoffSyntax::Shape(shape))) => shape.name,
        // Only the compiler knows what a constant holds.
        Some(Wait::Backoff(BackoffSyntax::Const(_))) => return,
    };
    let doubles = match backoff {
        Some(Wait::Backoff(BackoffSyntax::Shape(shape))) => match &shape.factor {
            Some(Factor::Literal(factor, _)) => factor.to_bits() == 2_f64.to_bits(),
            Some(Factor::Const(_)) | None => true,
        },
        _ => true,
    };
    match (jitter, shape) {
        (JitterSyntax::Named("None", _) | JitterSyntax::Const(_), _) => {}
        (_, "decorrelated") => faults.at(place, Fault::JitterOfDecorrelated),
        (JitterSyntax::Named("Decorrelated", _), "exponential") if !doubles => {
            faults.at(place, Fault::DecorrelatedJitterOf { shape: "of another factor" });
        }
        (JitterSyntax::Named("Decorrelated", _), "exponential") => {}
        (JitterSyntax::Named("Decorrelated", _), shape) => {
            faults.at(place, Fault::DecorrelatedJitterOf { shape })
        }
        _ => {}
    }
}

/// `policy = EXPR` says everything; `settings` are the options that would say it again.
pub(crate) fn judge_runtime_policy(
    options: &mut Options,
    settings: &[&str],
    faults: &mut Faults,
) -> Option<Expr> {
    let policy = options.expr("policy", faults)?;
    for key in settings {
        if let Some(place) = options.key(key) {
            faults.at(&place, Fault::PolicyAnd { key });
        }
    }
    Some(policy)
}

/// `key` would never be reached, because `limit` ends it first.
pub(crate) fn judge_within(
    key: &str,
    time: Option<&Time>,
    limit: &str,
    bound: Option<&Time>,
    faults: &mut Faults,
) {
    if let (Some(time), Some(bound)) = (time, bound) {
        if time.nanos().zip(bound.nanos()).is_some_and(|(time, bound)| time > bound) {
            faults.at_span(time.span(), Fault::LongerThan { key, limit });
        }
    }
}

/// A limit of zero leaves no time for an attempt.
pub(crate) fn judge_not_zero(key: &str, time: Option<&Time>, faults: &mut Faults) {
    if let Some(time) = time.filter(|time| time.nanos() == Some(0)) {
        faults.at_span(time.span(), Fault::ZeroDuration { key });
    }
}
