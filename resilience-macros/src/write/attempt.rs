use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::refusal::Refusal;
use crate::diagnostics::generated_at;
use crate::paths::Runtime;
use crate::syntax::Function;

/// What is inside a layer: the user's body, or the next layer.
pub(super) struct Attempt<'a> {
    pub(super) function: &'a Function,
    pub(super) body: TokenStream,
    /// The body is the user's: `?` and `return` in it must end the attempt and nothing else.
    pub(super) is_users: bool,
    /// Nothing else borrows from `self` while the body runs.
    pub(super) exclusive_self: bool,
    pub(super) clones: &'a [Ident],
    /// The body sees these clones, and not those of a layer below.
    pub(super) clones_are_seen: bool,
    /// A layer above may come here again.
    pub(super) repeated: bool,
    pub(super) refusal: Refusal,
}

impl Attempt<'_> {
    pub(super) fn is_async(&self) -> bool {
        self.function.is_async()
    }

    /// The attempt, made: what it returned.
    pub(super) fn made(&self) -> TokenStream {
        let made = match (self.is_users, self.is_async()) {
            (false, _) => self.body.clone(),
            (true, true) => {
                let future = self.future();
                quote!(#future.await)
            }
            (true, false) => {
                let Self { function, body, .. } = self;
                let outcome = function.outcome();
                quote_spanned!(self.span()=> (|| -> #outcome #body)())
            }
        };
        self.with_clones(&made)
    }

    /// The same, where nothing above comes here again: the body may lend out what it has borrowed exclusively, as only a
    /// closure that is called once can.
    pub(super) fn made_once(&self, runtime: &Runtime) -> TokenStream {
        if !self.is_users || self.is_async() || self.repeated {
            return self.made();
        }
        let (outcome, body) = (self.function.outcome(), &self.body);
        let private = runtime.private_at(self.span());
        quote_spanned!(self.span()=> #private::once(|| -> #outcome #body))
    }

    /// The attempt, made inside something that `wrap` puts around its future.
    pub(super) fn wrapped(&self, wrap: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
        let wrapped = wrap(self.future());
        self.with_clones(&wrapped)
    }

    /// What the compiler says of the attempt as a whole (that it consumes an argument) is said at the body.
    fn span(&self) -> Span {
        generated_at(self.function.body.span_open())
    }

    fn future(&self) -> TokenStream {
        let Self { function, body, .. } = self;
        let outcome = function.outcome();
        // An async block captures no more than it needs: where the body only reads through `&mut self`, that would be a
        // shared reference, and the future would be `Send` only for a `Self` that is `Sync`.
        let exclusive = function.exclusive_self().filter(|_| self.is_users && self.exclusive_self);
        let exclusive = exclusive.map(|this| quote!(if false { let _ = &mut *#this; }));
        // An async block cannot be annotated. A `return` that never happens tells it the type before the body is read,
        // so that the body's `?`, its early returns and its coercions are checked as the function's own were.
        quote_spanned! {self.span()=>
            async {
                #exclusive
                if let ::core::option::Option::Some(__outcome) = ::core::option::Option::None::<#outcome> {
                    return __outcome;
                }
                #body
            }
        }
    }

    /// The wait before the next one.
    pub(super) fn wait(&self) -> TokenStream {
        if self.is_async() {
            quote_spanned!(Span::mixed_site()=> __wait.await;)
        } else {
            quote_spanned!(Span::mixed_site()=> __wait.block();)
        }
    }

    fn with_clones(&self, made: &TokenStream) -> TokenStream {
        if self.clones.is_empty() {
            return made.clone();
        }
        let clones = self.clones.iter().map(|name| {
            let mutability = self.function.mut_of(name).filter(|_| self.clones_are_seen);
            quote_spanned!(name.span()=> let #mutability #name = ::core::clone::Clone::clone(&#name);)
        });
        quote_spanned!(Span::mixed_site()=> { #(#clones)* #made })
    }
}
