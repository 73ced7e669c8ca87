//! Writing: models in, the function out. Nothing here can fail.

mod attempt;
mod ends;
mod poll;
mod predicate;
mod retry;
mod site;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::model::Layer;
use crate::syntax::Function;

/// The function, with each layer around those below it.
pub(crate) fn function(mut function: Function, layers: &[Layer]) -> TokenStream {
    let mut body = function.body_tokens();
    for (depth, layer) in layers.iter().rev().enumerate() {
        let body_is_users = depth == 0;
        let attempt =
            attempt::Attempt { function: &function, body, body_is_users, clones: &layer.common().clones };
        body = match layer {
            Layer::Retry(model) => retry::write(model, &attempt),
            Layer::Poll(model) => poll::write(model, &attempt),
        };
    }
    // Their clones carry it instead.
    if let Some(innermost) = layers.last() {
        for argument in &innermost.common().clones {
            function.remove_mut(argument);
        }
    }
    let Function { attrs, vis, signature, absorbed, .. } = &function;
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)* #vis #signature {
            #(#[allow(unused_imports)] use #absorbed as _;)*
            #body
        }
    }
}
