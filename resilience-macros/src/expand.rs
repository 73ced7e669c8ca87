//! The pipeline that all attributes share.

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Attribute as SynAttribute;

use crate::attribute::Attribute;
use crate::diagnostics::{Faults, FunctionFault};
use crate::model::{Layer, judge_arguments, judge_attempts};
use crate::stack::{Joined, Line, Marker, Stack};
use crate::syntax::{Function, Options, Part, split_attributes};
use crate::write;

pub(crate) fn expand(
    attribute: Attribute,
    options: proc_macro::TokenStream,
    function: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    let function = TokenStream::from(function);
    expand_tokens(attribute, options.into(), &function).into()
}

/// Expands the marker that is left when all attributes of a function are expanded.
pub(crate) fn expand_marker(stack: proc_macro::TokenStream) -> proc_macro::TokenStream {
    marker_tokens(stack.into()).into()
}

/// [`expand`] on tokens that can also be used outside of a macro's expansion.
fn expand_tokens(attribute: Attribute, options: TokenStream, item: &TokenStream) -> TokenStream {
    let line = Line::new(attribute, options, item);
    if line.is_name_value() {
        let mut faults = Faults::default();
        faults.at_span(line.span(), &FunctionFault::NotAList { attribute });
        return fail(&faults, item);
    }
    let (attrs, rest) = split_attributes(item);
    if Marker::is_in(&rest) {
        return join(&line, &attrs, &rest);
    }
    if Marker::was_on(&attrs) {
        return out_of_reach(&line, item);
    }
    let (stack, attrs) = Stack::begin(line, attrs, &rest);
    proceed(&stack, attrs)
}

/// [`expand_marker`] on tokens that can also be used outside of a macro's expansion.
fn marker_tokens(stack: TokenStream) -> TokenStream {
    match syn::parse2(stack) {
        Ok(stack) => write(&stack, Part::Body),
        // Another crate's attribute has changed its content.
        Err(error) => error.into_compile_error(),
    }
}

/// Adds the attribute to the stack in the marker.
fn join(line: &Line, attrs: &[SynAttribute], rest: &TokenStream) -> TokenStream {
    if let Some(mut stack) = Marker::alone_in(rest) {
        if stack.join(line.clone(), attrs) == Joined::Next {
            return proceed(&stack, attrs.to_vec());
        }
    }
    // Attributes of other crates have changed the function: only the marker in it is still reliable.
    let mut joined = Vec::new();
    let rest = Marker::replace(rest, &mut |mut stack| {
        joined.push(stack.join(line.clone(), attrs));
        Marker(&stack).to_token_stream()
    });
    let item = quote!(#(#attrs)* #rest);
    let is_lost = joined.is_empty() || joined.contains(&Joined::Nowhere);
    if is_lost { out_of_reach(line, &item) } else { without_mut(line, item) }
}

/// Arguments that an attribute clones are `mut` only in the clones.
fn without_mut(line: &Line, item: TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    let options = Options::read(line.attribute, line.span(), line.options.clone(), &mut faults);
    let clones = options.listed("clone").unwrap_or_default();
    match Function::read(line.attribute, line.span(), &item, &mut faults) {
        Ok(mut function) if !clones.is_empty() => function.cloning(&clones),
        _ => item,
    }
}

/// Writes the function, or leaves the stack in a marker for the next attribute.
fn proceed(stack: &Stack, attrs: Vec<SynAttribute>) -> TokenStream {
    if stack.is_complete() {
        return write(stack, Part::Function);
    }
    let mut faults = Faults::default();
    let (marker, top) = (Marker(stack).to_token_stream(), stack.top());
    let Ok(mut function) = Function::read(top.attribute, top.span(), stack.function(), &mut faults) else {
        return write(stack, Part::Function);
    };
    function.attrs = attrs;
    if stack.next_is_named() {
        return function.holding(&marker, &[]);
    }
    // Other crates' attributes follow. Some of them remove the function from this build (`#[test]`), and with it the
    // faults.
    if !faults.is_empty() {
        return compose(stack, function, faults);
    }
    // The marker may remain in the body; after that, the signature cannot change any more.
    function.attrs.push(Marker::note());
    let options = read_options(stack, &function, &mut faults);
    let clones: Vec<_> = options.iter().filter_map(|options| options.listed("clone")).flatten().collect();
    function.holding(&marker, &clones)
}

fn write(stack: &Stack, part: Part) -> TokenStream {
    let mut faults = Faults::default();
    let top = stack.top();
    match Function::read(top.attribute, top.span(), stack.function(), &mut faults) {
        Ok(function) => compose(stack, function.only(part), faults),
        Err(item) => fail(&faults, &item),
    }
}

/// read → validate → write, from the top attribute down.
fn compose(stack: &Stack, function: Function, mut faults: Faults) -> TokenStream {
    stack.judge(&mut faults);
    let options = read_options(stack, &function, &mut faults);
    judge_arguments(&function, &options, &mut faults);
    judge_attempts(&options, &mut faults);
    let layers: Vec<_> =
        options.iter().filter_map(|options| Layer::judge(options, &function, &mut faults)).collect();
    if faults.is_empty() { write::function(function, &layers) } else { function.original(&faults) }
}

fn read_options(stack: &Stack, function: &Function, faults: &mut Faults) -> Vec<Options> {
    let read = |line: &Line| {
        let tokens = function.said_inside(line.options.clone());
        Options::read(line.attribute, line.span(), tokens, faults)
    };
    let mut all: Vec<_> = stack.layers().iter().map(read).collect();
    // A `crate = ..` on one attribute applies to all of them.
    let given = all.clone();
    let is_repeated = given.iter().any(|options| options.attribute().table().repeats);
    for options in &mut all {
        options.inherit("crate", &given);
        options.borrow_functions(function, is_repeated);
    }
    all
}

/// All faults, and the unchanged function, so that its callers have no errors.
fn fail(faults: &Faults, item: &impl ToTokens) -> TokenStream {
    quote!(#faults #item)
}

fn out_of_reach(line: &Line, item: &TokenStream) -> TokenStream {
    let mut faults = Faults::default();
    faults.at_span(line.span(), &FunctionFault::OutOfReach { attribute: line.attribute });
    fail(&faults, item)
}
