//! The only place that knows where the runtime is.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// Where an expansion finds the runtime: `::resilience`, or what `crate = ..` says.
#[derive(Clone)]
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// A public item: `RetryPolicy`.
    pub(crate) fn public(&self) -> TokenStream {
        self.public_at(Span::mixed_site())
    }

    /// The same for code that stands for `span`: an expression is marked from its first token to its last one.
    pub(crate) fn public_at(&self, span: Span) -> TokenStream {
        let Some(path) = &self.0 else { return quote_spanned!(span=> ::resilience) };
        let mut tokens: Vec<_> = path.to_token_stream().into_iter().collect();
        for token in &mut tokens {
            // It is found where the user wrote it.
            token.set_span(token.span().located_at(span));
        }
        tokens.into_iter().collect()
    }

    /// The door to everything else.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(Span::mixed_site())
    }

    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let root = self.public_at(span);
        quote_spanned!(span=> #root::__private)
    }
}
