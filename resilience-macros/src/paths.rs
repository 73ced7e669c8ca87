//! The only place that knows where the runtime is.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

/// Where an expansion finds the runtime: `::resilience`, or what `crate = ..` says.
#[derive(Clone)]
pub(crate) struct Runtime(TokenStream);

impl Runtime {
    pub(crate) fn new(path: Option<&Path>) -> Self {
        Self(path.map_or_else(|| quote_spanned!(Span::mixed_site()=> ::resilience), |path| quote!(#path)))
    }

    /// A public item: `RetryPolicy`.
    pub(crate) fn public(&self) -> &TokenStream {
        &self.0
    }

    /// The door to everything else.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.0;
        quote_spanned!(Span::mixed_site()=> #root::__private)
    }
}
