//! The only file that contains the path of the runtime.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::Path;

use crate::syntax::is_punct;

/// The path of the runtime in expansions: `::resilience`, or the value of `crate = ..`.
#[derive(Clone)]
pub(crate) struct Runtime(Option<Path>);

impl Runtime {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// The `crate = ..` among the options of an attribute, if it is a path.
    pub(crate) fn crate_option_in(options: &TokenStream) -> Option<Path> {
        let mut tokens = options.clone().into_iter();
        while let Some(token) = tokens.next() {
            if matches!(&token, TokenTree::Ident(word) if word == "crate") {
                let value = tokens.by_ref().take_while(|token| !is_punct(token, ','));
                let value: TokenStream = value.skip_while(|token| is_punct(token, '=')).collect();
                return syn::parse2(value).ok();
            }
        }
        None
    }

    /// A public item: `RetryPolicy`.
    pub(crate) fn public(&self) -> TokenStream {
        // An unresolved path is reported where it was written.
        self.0.as_ref().map_or_else(|| self.public_at(Span::mixed_site()), ToTokens::to_token_stream)
    }

    /// The same for code generated for `span`: an expression is underlined from its first token to its last one.
    pub(crate) fn public_at(&self, span: Span) -> TokenStream {
        let Some(path) = &self.0 else { return quote_spanned!(span=> ::resilience) };
        let mut tokens: Vec<_> = path.to_token_stream().into_iter().collect();
        for token in &mut tokens {
            // The path is resolved where the user wrote it.
            token.set_span(token.span().located_at(span));
        }
        tokens.into_iter().collect()
    }

    /// The hidden module with everything else.
    pub(crate) fn private(&self) -> TokenStream {
        let root = self.public();
        quote_spanned!(Span::mixed_site()=> #root::__private)
    }

    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let root = self.public_at(span);
        quote_spanned!(span=> #root::__private)
    }
}
