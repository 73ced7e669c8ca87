use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::cut::Cut;
use super::refusal::Refusal;
use crate::diagnostics::generated_at;
use crate::paths::Runtime;
use crate::syntax::Function;

/// The content of a layer: the user's body, or the next layer.
pub(super) struct Attempt<'a> {
    pub(super) function: &'a Function,
    pub(super) body: TokenStream,
    pub(super) inside: Inside,
    pub(super) called: Called,
    pub(super) clones: &'a [Ident],
    /// Whether the body sees these clones, rather than those of a layer below.
    pub(super) clones_are_seen: bool,
    /// Whether a layer above may run this one again.
    pub(super) repeated: bool,
    pub(super) refusal: Refusal,
    pub(super) cut: Cut,
    /// Whether a signal may end the layer.
    pub(super) is_cancelled: bool,
}

/// The kind of code in a layer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    /// The user's body: `?` and `return` in it must end the attempt and nothing else.
    Body,
    /// The next layer, which contains neither.
    Layer,
}

/// The number of calls of the user's body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// A layer may call it again.
    Repeatedly,
    Once,
    /// Once, and no other code needs the arguments.
    OnceWithArguments,
}

impl Attempt<'_> {
    pub(super) fn is_async(&self) -> bool {
        self.function.is_async()
    }

    /// Starts the call. A blocking call stays on its thread.
    pub(super) fn begin(&self, site: &Ident) -> TokenStream {
        let begin = Ident::new(if self.is_async() { "begin" } else { "begin_blocking" }, Span::mixed_site());
        quote_spanned!(Span::mixed_site()=> __run.#begin(&__RESILIENCE_ENTRY, #site);)
    }

    /// The code of an attempt, which evaluates to its result.
    pub(super) fn made(&self) -> TokenStream {
        let made = match (self.inside, self.is_async()) {
            (Inside::Layer, _) => self.body.clone(),
            (Inside::Body, true) => {
                let future = self.future();
                quote!(#future.await)
            }
            (Inside::Body, false) => {
                let Self { function, body, .. } = self;
                let outcome = function.outcome();
                if self.called == Called::Repeatedly && function.may_lend() {
                    // Only a closure that is called once may return its exclusive borrows. With two such closures, the
                    // compiler reports an error only once.
                    quote_spanned! {self.span()=>
                        ::core::option::Option::unwrap_or_else(::core::option::Option::None, || -> #outcome #body)
                    }
                } else {
                    quote_spanned!(self.span()=> (|| -> #outcome #body)())
                }
            }
        };
        self.with_clones(&made)
    }

    /// The same, but a body that no layer above repeats may return its exclusive borrows, which requires a closure that
    /// is called once.
    pub(super) fn made_once(&self, runtime: &Runtime) -> TokenStream {
        if self.inside == Inside::Layer || self.is_async() || self.repeated {
            return self.made();
        }
        let (outcome, body) = (self.function.outcome(), &self.body);
        let private = runtime.private_at(self.span());
        quote_spanned!(self.span()=> #private::once(|| -> #outcome #body))
    }

    /// The attempt, with its future wrapped by `wrap`.
    pub(super) fn wrapped(&self, wrap: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
        let wrapped = wrap(self.future());
        self.with_clones(&wrapped)
    }

    /// The place of errors about the attempt as a whole: for an argument that it consumes, the body; for a returned
    /// borrow that the next attempt needs, the return type.
    fn span(&self) -> Span {
        if self.called == Called::Repeatedly && self.function.may_lend() {
            return self.function.outcome_span();
        }
        generated_at(self.function.body.span_open())
    }

    fn future(&self) -> TokenStream {
        let Self { function, body, .. } = self;
        let outcome = function.outcome();
        // A borrow of an argument is `Send` only if the argument is `Sync`.
        let owns = self.inside == Inside::Body && self.called == Called::OnceWithArguments;
        let moves = owns.then(|| quote!(move));
        let body = known_outcome(self.span(), &outcome, body);
        quote_spanned!(self.span()=> async #moves #body)
    }

    /// The delay before the next attempt.
    pub(super) fn wait(&self) -> TokenStream {
        if self.is_cancelled {
            // The next attempt finds out whether the wait is over.
            quote_spanned!(Span::mixed_site()=> __cancel.as_mut().wait(__wait).await; __run.goes_on();)
        } else if self.is_async() {
            quote_spanned!(Span::mixed_site()=> __wait.await; __run.goes_on();)
        } else {
            quote_spanned!(Span::mixed_site()=> __wait.block(); __run.goes_on_blocking();)
        }
    }

    fn with_clones(&self, made: &TokenStream) -> TokenStream {
        if self.clones.is_empty() {
            return made.clone();
        }
        let clones = self.clones.iter().map(|name| {
            // Lints on the variable, that it is unused or need not be `mut`, are reported at the argument.
            let (mutability, variable) = self.function.variable(name);
            let mutability = mutability.filter(|_| self.clones_are_seen);
            // In the user's edition, the path may resolve differently.
            let clone = quote_spanned!(generated_at(name.span())=> ::core::clone::Clone::clone);
            quote_spanned! {name.span()=>
                #[allow(clippy::shadow_reuse, clippy::clone_on_copy)]
                let #mutability #variable = #clone(&#name);
            }
        });
        quote_spanned!(Span::mixed_site()=> { #(#clones)* #made })
    }
}

/// The content of an async block, whose type cannot be annotated. An unreachable `return` determines the type before
/// the body is checked, so that the body's `?`, its early returns and its coercions behave as in a function.
pub(super) fn known_outcome(span: Span, outcome: &TokenStream, body: &impl ToTokens) -> TokenStream {
    // The parentheses prevent rustc's `unused_braces` for a body of one line.
    quote_spanned! {span=>
        {
            if let ::core::option::Option::Some(__outcome) = ::core::option::Option::None::<#outcome> {
                return __outcome;
            }
            (#body)
        }
    }
}
