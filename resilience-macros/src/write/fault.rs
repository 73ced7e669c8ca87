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

/// Binds the names of a layer's circuit, from its permit: a fault applies by the name of the circuit that is called, which
/// may differ from that of the site.
pub(super) fn circuit(depth: usize) -> Option<TokenStream> {
    let names = cfg!(feature = "testing").then(|| names(depth))?;
    Some(quote_spanned!(Span::mixed_site()=> let #names = &__permit.names();))
}

/// The code before the body: a delay, a panic, or an error in place of the body.
pub(super) fn inject(function: &Function, layers: &[Layer]) -> Option<TokenStream> {
    let innermost = layers.last().filter(|_| cfg!(feature = "testing"))?;
    let runtime = &innermost.common().runtime;
    let private = runtime.private();
    let entries = (0..layers.len()).map(name);
    let is_circuit = |depth: &usize| matches!(layers[*depth].model, Model::Circuit(_));
    let circuits = (0..layers.len()).filter(is_circuit).map(names);
    let wait = if function.is_async() { quote!(wait().await) } else { quote!(block()) };
    let error = if function.error_is_concrete() {
        let error = Ends::new(runtime, innermost.attribute, function).error();
        quote_spanned! {Span::mixed_site()=>
            if let ::core::option::Option::Some(__error) = __fault.error() {
                return #error;
            }
        }
    } else {
        let returned = without_spaces(&function.outcome());
        quote_spanned!(Span::mixed_site()=> __fault.no_error(#returned);)
    };
    Some(quote_spanned! {Span::mixed_site()=>
        // Not in the condition, where the names would live during the delay.
        let __fault = #private::injected_fault(&[#(#entries),*], &[#(#circuits),*]);
        if let ::core::option::Option::Some(__fault) = __fault {
            let __fault = __fault.#wait;
            #error
        }
    })
}

/// A type as it is usually written.
fn without_spaces(returned: &TokenStream) -> String {
    let spaced = [(" < ", "<"), (" >", ">"), (" ,", ","), (" :: ", "::")];
    spaced.iter().fold(returned.to_string(), |text, (spaced, usual)| text.replace(spaced, usual))
}

fn names(depth: usize) -> Ident {
    format_ident!("__circuit_names_{depth}", span = Span::mixed_site())
}

fn name(depth: usize) -> Ident {
    format_ident!("__RESILIENCE_LAYER_{depth}", span = Span::mixed_site())
}
