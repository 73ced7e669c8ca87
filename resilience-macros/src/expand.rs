//! The pipeline, once for all attributes.

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::attribute::Attribute;
use crate::diagnostics::{Faults, FunctionFault};
use crate::model::{Layer, judge_arguments};
use crate::syntax::{Function, Options};
use crate::write;

/// read → judge → write, from the top attribute down to the last sibling below it.
pub(crate) fn expand(
    attribute: Attribute,
    options: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let function = TokenStream::from(function);
    expand_tokens(attribute, options.into(), &function).into()
}

/// As [`expand`], on tokens that also exist outside of a macro's expansion.
fn expand_tokens(attribute: Attribute, options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let mut function = match Function::read(attribute, item, &mut faults) {
        Ok(function) => function,
        Err(item) => return fail(&faults, &item),
    };
    // Rust expands the top attribute first. Its siblings are taken in here, so that the order of the lines is the order
    // of nesting; left to themselves, they would end up the other way round.
    let mut stack = vec![(attribute, Options::read(attribute, function.said_inside(options), &mut faults))];
    for (sibling, meta) in function.take_siblings() {
        let tokens = match meta {
            syn::Meta::Path(_) => TokenStream::new(),
            syn::Meta::List(list) => list.tokens,
            syn::Meta::NameValue(pair) => {
                faults.at(&pair, &FunctionFault::NotAList { attribute: sibling });
                continue;
            }
        };
        stack.push((sibling, Options::read(sibling, function.said_inside(tokens), &mut faults)));
    }
    // Whatever finds the library for one of them finds it for all.
    let said: Vec<Options> = stack.iter().map(|(_, options)| options.clone()).collect();
    for (_, options) in &mut stack {
        options.inherit("crate", &said);
    }
    // The clones that the body sees are those of the last layer that may call it again.
    let last_loop = stack.iter().rfind(|(attribute, _)| attribute.repeats());
    judge_arguments(&function, last_loop.map(|(_, options)| options), &mut faults);
    let layers: Vec<_> = stack
        .into_iter()
        .filter_map(|(attribute, options)| Layer::judge(attribute, options, &function, &mut faults))
        .collect();
    if faults.is_empty() { write::function(function, &layers) } else { fail(&faults, &function.original()) }
}

/// All faults at once, and the function as it was, so that nothing else turns red.
fn fail(faults: &Faults, function: &impl ToTokens) -> TokenStream {
    let mut tokens = faults.to_token_stream();
    function.to_tokens(&mut tokens);
    tokens
}
