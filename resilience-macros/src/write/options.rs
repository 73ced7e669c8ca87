use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use crate::model::Layer;

/// Names a documented item for each option, where the option stands: that is what an editor shows over it.
pub(super) fn write(layer: &Layer) -> TokenStream {
    if layer.options.is_empty() {
        return TokenStream::new();
    }
    let private = layer.common().runtime.private();
    let attribute = layer.attribute.marker();
    let options = layer.options.iter().map(|option| {
        let name = option.unraw().to_string();
        // The one that is a keyword.
        let name = if name == "crate" { "crate_" } else { &name };
        let item = Ident::new(name, Span::mixed_site().located_at(option.span()));
        quote_spanned!(Span::mixed_site()=> #private::options::#attribute::#item)
    });
    let count = Literal::usize_unsuffixed(layer.options.len());
    quote_spanned!(Span::mixed_site()=> const _: [(); #count] = [#(#options),*];)
}
