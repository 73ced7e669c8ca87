//! Code generation: turns models into the function. It cannot fail.

mod attempt;
mod cancel;
mod circuit;
mod closure;
mod cut;
mod ends;
mod fault;
mod options;
mod poll;
mod predicate;
mod refusal;
mod report;
mod retry;
mod settings;
mod site;
mod span;
mod text;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use self::attempt::{Attempt, Called, Inside};
use self::cut::Cut;
use self::refusal::Refusal;
use crate::model::{Layer, Model};
use crate::syntax::{Function, Predicate};

/// Code that may use the arguments while the layer below runs, or after that. `None` for a loop, which runs the layer
/// again.
fn beside_body(layer: &Layer) -> Option<TokenStream> {
    match &layer.model {
        Model::Circuit(model) => {
            let predicates = model.on.iter().chain(&model.ignore).map(Predicate::tokens);
            let values =
                model.held().into_iter().chain(&model.common.on_error).map(ToTokens::to_token_stream);
            Some(predicates.chain(values).collect())
        }
        Model::Retry(_) | Model::Poll(_) => None,
    }
}

/// The variable for the current attempt in the body of a layer.
fn current(layer: &Layer, is_async: bool) -> Option<TokenStream> {
    let name = layer.common().attempt.as_ref()?;
    let site = match &layer.model {
        Model::Retry(model) => site::name(&model.policy),
        Model::Poll(model) => site::name(&model.policy),
        Model::Circuit(_) => return None,
    };
    Some(quote_spanned!(Span::mixed_site()=> let #name = __run.current(#site, #is_async);))
}

/// The function, with each layer wrapped around those below it.
pub(crate) fn function(mut function: Function, layers: &[Layer]) -> TokenStream {
    // Expressions that borrow while the body runs.
    let held = layers.iter().filter_map(Layer::held).map(ToTokens::to_token_stream).collect();
    let is_repeated = layers.iter().any(Layer::repeats);
    let mut body = if is_repeated { function.body_of_attempt(&held) } else { function.body_once(&held) };
    if let Some(inject) = fault::inject(&function, layers) {
        // The parentheses prevent rustc's `unused_braces` for a body of one line.
        body = quote!({ #inject (#body) });
    }
    // The body sees the clones of the innermost layer that repeats it.
    let last_loop = layers.iter().rposition(Layer::repeats);
    let beside: Option<TokenStream> = layers.iter().map(beside_body).collect();
    let called = match beside {
        None => Called::Repeatedly,
        Some(beside) if function.owns_arguments(&beside) => Called::OnceWithArguments,
        Some(_) => Called::Once,
    };
    for (depth, layer) in layers.iter().enumerate().rev() {
        let below = layers.get(depth + 1..).unwrap_or_default();
        let before = [fault::entry(layer, depth), current(layer, function.is_async())];
        if before.iter().any(Option::is_some) {
            let before = before.iter().flatten();
            // As above.
            body = quote!({ #(#before)* (#body) });
        }
        let attempt = Attempt {
            function: &function,
            body,
            inside: if below.is_empty() { Inside::Body } else { Inside::Layer },
            called,
            clones: &layer.common().clones,
            clones_are_seen: Some(depth) == last_loop,
            repeated: layers[..depth].iter().any(Layer::repeats),
            refusal: Refusal::new(depth, below),
            is_cancelled: layer.is_cancelled(),
            cut: if function.is_async() { Cut::new(depth, layers) } else { Cut::none() },
        };
        body = match &layer.model {
            Model::Retry(model) => retry::write(model, &attempt),
            Model::Poll(model) => poll::write(model, &attempt),
            Model::Circuit(model) => circuit::write(model, &attempt),
        };
    }
    let clones = last_loop.map_or_else(Default::default, |depth| layers[depth].common().clones.as_slice());
    // Their clones are `mut` instead.
    for argument in clones {
        function.remove_mut(argument);
    }
    let named = layers.iter().map(options::write);
    function.with(&quote!(#(#named)*), &body, clones)
}
