//! The pipeline, once for all attributes.

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::attribute::Attribute;
use crate::diagnostics::{Fault, Faults};
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
    expand_tokens(attribute, options.into(), function).into()
}

fn expand_tokens(attribute: Attribute, options: TokenStream, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let Some(mut function) = Function::read(attribute, item.clone(), &mut faults) else {
        return fail(&faults, &item);
    };
    // Rust expands the top attribute first. Its siblings are taken in here, so that the order of the lines is the order
    // of nesting; left to themselves, they would end up the other way round.
    let mut stack = vec![(attribute, Options::read(attribute, options, &mut faults))];
    for (sibling, tokens, path) in function.take_siblings() {
        if let syn::Meta::NameValue(_) = tokens {
            faults.at(&path, Fault::NotAList { attribute: sibling });
            continue;
        }
        let tokens = match tokens {
            syn::Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        stack.push((sibling, Options::read(sibling, tokens, &mut faults)));
    }
    let layers: Vec<_> = stack
        .into_iter()
        .filter_map(|(attribute, options)| Layer::judge(attribute, options?, &function, &mut faults))
        .collect();
    if let Some(innermost) = layers.last() {
        judge_arguments(&function, innermost, &mut faults);
    }
    if faults.is_empty() { write::function(function, &layers) } else { fail(&faults, &function.original()) }
}

/// All faults at once, and the function as it was, so that nothing else turns red.
fn fail(faults: &Faults, function: &impl ToTokens) -> TokenStream {
    let mut tokens = faults.to_token_stream();
    function.to_tokens(&mut tokens);
    tokens
}
