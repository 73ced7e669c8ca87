use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::diagnostics::generated_at;
use crate::syntax::Function;

/// The body, as something that can be tried again: `?` and `return` in it end the attempt and nothing else.
pub(super) struct Attempt<'a> {
    pub(super) function: &'a Function,
    pub(super) body: TokenStream,
    /// The body is the user's, and not a loop that was written here.
    pub(super) body_is_users: bool,
    pub(super) clones: &'a [Ident],
}

impl Attempt<'_> {
    pub(super) fn is_async(&self) -> bool {
        self.function.is_async()
    }

    /// A call, or a future that is still to be awaited, which has the type of the outcome.
    fn bare(&self) -> TokenStream {
        let Self { function, body, .. } = self;
        let outcome = function.outcome();
        // What the compiler says of the attempt as a whole (that it consumes an argument) is said at the body.
        let span = generated_at(function.body.span_open());
        if !self.is_async() {
            return quote_spanned!(span=> (|| -> #outcome #body)());
        }
        // An async block captures no more than it needs: where the body only reads through `&mut self`, that would be a
        // shared reference, and the future would be `Send` only for a `Self` that is `Sync`.
        let exclusive = function.exclusive_self().map(|this| quote!(if false { let _ = &mut *#this; }));
        // An async block cannot be annotated. A `return` that never happens tells it the type before the body is read,
        // so that the body's `?`, its early returns and its coercions are checked as the function's own were.
        // The parentheses keep rustc's `unused_braces` away from a body of one line.
        quote_spanned! {span=>
            async {
                #exclusive
                if let ::core::option::Option::Some(__outcome) = ::core::option::Option::None::<#outcome> {
                    return __outcome;
                }
                (#body)
            }
        }
    }

    /// The attempt, made: what it returned.
    pub(super) fn made(&self) -> TokenStream {
        let bare = self.bare();
        let made = if self.is_async() { quote!(#bare.await) } else { bare };
        self.with_clones(&made)
    }

    /// The attempt, made under the limits that `limit` puts around its future.
    pub(super) fn limited(&self, limit: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
        let limited = limit(self.bare());
        self.with_clones(&quote!(#limited.await))
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
            let mutability = self.function.mut_of(name).filter(|_| self.body_is_users);
            quote_spanned!(name.span()=> let #mutability #name = ::core::clone::Clone::clone(&#name);)
        });
        quote_spanned!(Span::mixed_site()=> { #(#clones)* #made })
    }
}
