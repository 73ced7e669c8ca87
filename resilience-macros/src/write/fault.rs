//! Injected faults, before the body and below all layers. Only with the feature `testing`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::ends::Ends;
use crate::model::{Layer, Model};
use crate::syntax::Function;

/// Gives the entry of a layer's site a name that the layers below do not shadow.
pub(super) fn entry(layer: &Layer, depth: usize) -> Option<TokenStream> {
    if !cfg!(feature = "testing") {
        return None;
    }
    let (private, name) = (layer.common().runtime.private(), name(depth));
    let entry = match &layer.model {
        Model::Retry(_) | Model::Poll(_) => quote_spanned!(Span::mixed_site()=> &__RESILIENCE_ENTRY),
        Model::Circuit(model) if model.is_given() => {
            quote_spanned!(Span::mixed_site()=> &__RESILIENCE_CIRCUIT)
        }
        Model::Circuit(_) => quote_spanned!(Span::mixed_site()=> __RESILIENCE_CIRCUIT.entry()),
    };
    Some(quote_spanned!(Span::mixed_site()=> static #name: &#private::SiteEntry = #entry;))
}

/// The code before the body: a delay, a panic, or an error in place of the body.
pub(super) fn inject(function: &Function, layers: &[Layer]) -> Option<TokenStream> {
    let innermost = layers.last().filter(|_| cfg!(feature = "testing"))?;
    let runtime = &innermost.common().runtime;
    let private = runtime.private();
    let entries = (0..layers.len()).map(name);
    let entries = quote!(&[#(#entries),*]);
    let wait = if function.is_async() { quote!(.await) } else { quote!(.block()) };
    let error = if function.error_is_concrete() {
        let error = Ends::new(runtime, innermost.attribute, function).error();
        quote_spanned! {Span::mixed_site()=>
            if let ::core::option::Option::Some(__error) = #private::injected_error(#entries) {
                return #error;
            }
        }
    } else {
        quote_spanned!(Span::mixed_site()=> #private::no_injected_error(#entries);)
    };
    Some(quote_spanned! {Span::mixed_site()=>
        // Not in the condition, where the entries would live during the delay.
        let __latency = #private::injected_latency(#entries);
        if let ::core::option::Option::Some(__latency) = __latency {
            __latency #wait;
        }
        #error
    })
}

fn name(depth: usize) -> Ident {
    format_ident!("__RESILIENCE_LAYER_{depth}", span = Span::mixed_site())
}
