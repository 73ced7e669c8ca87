use proc_macro2::{Literal, Span, TokenStream};
use quote::quote_spanned;

use crate::model::Layer;

/// Refers to a documented item at each option's name, so that editors show its documentation.
pub(super) fn write(layer: &Layer) -> TokenStream {
    if layer.options.is_empty() {
        return TokenStream::new();
    }
    let private = layer.common().runtime.private();
    let attribute = layer.attribute.marker();
    let options = layer.options.iter().map(|(option, place)| {
        let item = option.item(Span::mixed_site().located_at(*place));
        quote_spanned!(Span::mixed_site()=> #private::options::#attribute::#item)
    });
    let count = Literal::usize_unsuffixed(layer.options.len());
    quote_spanned!(Span::mixed_site()=> const _: [(); #count] = [#(#options),*];)
}
