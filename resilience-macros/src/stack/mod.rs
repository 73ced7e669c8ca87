//! The attributes of this crate on one function.
//!
//! The order of the lines is the order of nesting. The compiler expands the top attribute first, so an attribute must not
//! write its layer before it knows the layers below it, and only the compiler knows what a path resolves to. Therefore the
//! top attribute hands itself down: it replaces the body by a marker that holds its options and the function, and moves the
//! attributes that are named like ours to the front, so that they are expanded next. Each attribute of ours that finds a
//! marker adds itself to it, at the place of its line. If no attribute follows that the compiler expands, it writes the
//! function. Otherwise the marker stays in the body: one that follows may be a renamed import of ours and finds it, and an
//! attribute of another crate wraps it, as it would wrap the loop. The marker is a macro, so it is expanded after all
//! attributes, and writes the body then. An attribute that has the name of one of ours and did not join by then is an error
//! at its path. So is one of ours that does not find the marker, because another crate's attribute has moved the body away.

mod inert;
mod marker;

pub(crate) use marker::Marker;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute as SynAttribute, Meta};

use crate::attribute::Attribute;
use crate::diagnostics::{Faults, FunctionFault};
use crate::paths::Runtime;
use crate::syntax::Item;

/// What the attributes that have been expanded know.
pub(crate) struct Stack {
    /// The attributes of ours, from the top down.
    layers: Vec<Line>,
    /// The others that the compiler expands, in its order: those named like ours come first.
    below: Vec<Below>,
    /// The function as it is written, without any of these.
    function: TokenStream,
}

/// One attribute of ours.
#[derive(Clone)]
pub(crate) struct Line {
    /// Counted from the top of the function.
    place: usize,
    pub(crate) attribute: Attribute,
    /// Its location is that of the attribute.
    name: Ident,
    pub(crate) options: TokenStream,
}

/// An attribute that was not expanded yet when the stack was written down.
struct Below {
    place: usize,
    meta: Meta,
}

impl Line {
    /// The attribute that is being expanded on `item`.
    pub(crate) fn new(attribute: Attribute, options: TokenStream, item: &TokenStream) -> Self {
        // As if it were written there: the compiler need not say that a macro was expanded.
        let written = item.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
        let name = Ident::new(attribute.name(), Span::call_site().resolved_at(written));
        Self { place: 0, attribute, name, options }
    }

    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }

    /// `#[retry = 3]`: the compiler refuses it, and expands it as `#[retry(3)]`. Only the source tells them apart.
    pub(crate) fn is_name_value(&self) -> bool {
        let is_one_token = self.options.clone().into_iter().count() == 1;
        let source = if is_one_token { self.span().source_text() } else { None };
        source.is_some_and(|source| source.find('=').is_some_and(|at| !source[..at].contains(['(', '{'])))
    }
}

impl Below {
    fn attribute(&self) -> Option<Attribute> {
        Attribute::named(self.meta.path())
    }

    fn is_expanded(&self) -> bool {
        is_expanded(&self.meta)
    }
}

/// `#[retry = 3]` is not handed to the compiler, whose own message would hide the others.
fn is_expanded(meta: &Meta) -> bool {
    !matches!(meta, Meta::NameValue(_)) || Attribute::named(meta.path()).is_none()
}

impl Stack {
    /// The stack of the top attribute, and the attributes of the function in the order in which they are to be expanded.
    pub(crate) fn begin(
        line: Line,
        mut attrs: Vec<SynAttribute>,
        rest: &TokenStream,
    ) -> (Self, Vec<SynAttribute>) {
        let expanded = attrs.iter().enumerate().filter(|(_, attr)| !inert::is_inert(attr.path()));
        let mut below: Vec<_> =
            expanded.map(|(index, attr)| Below { place: index + 1, meta: attr.meta.clone() }).collect();
        // What is not a function is explained when it is read.
        let item = if below.is_empty() { None } else { syn::parse2(rest.clone()).ok() };
        let Some(Item { attrs: inner, vis, signature, body }) = item else {
            let function = quote!(#(#attrs)* #rest);
            return (Self { layers: vec![line], below: Vec::new(), function }, attrs);
        };
        attrs.extend(inner);
        let inert = attrs.iter().filter(|attr| inert::is_inert(attr.path()));
        let function = quote!(#(#inert)* #vis #signature #body);
        below.sort_by_key(|below| (below.is_expanded(), below.attribute().is_none()));
        attrs.retain(|attr| is_expanded(&attr.meta));
        attrs.sort_by_key(|attr| Attribute::named(attr.path()).is_none());
        (Self { layers: vec![line], below, function }, attrs)
    }

    /// Adds an attribute of ours, which has just been expanded and left `attrs` on the function.
    pub(crate) fn join(&mut self, mut line: Line, attrs: &[SynAttribute]) -> Joined {
        let Some(index) = self.last_expanded(attrs) else { return Joined::Nowhere };
        let Below { place, meta } = self.below.remove(index);
        let given = match meta {
            Meta::List(list) => list.tokens,
            Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
        };
        if dense(&given) != dense(&line.options) {
            return Joined::Nowhere;
        }
        line.place = place;
        let at = self.layers.partition_point(|above| above.place < place);
        self.layers.insert(at, line);
        if self.below[..index].iter().any(Below::is_expanded) { Joined::AfterOthers } else { Joined::Next }
    }

    /// The last one below that does not stand on the function any more.
    fn last_expanded(&self, attrs: &[SynAttribute]) -> Option<usize> {
        let mut left = attrs.iter().rev().map(|attr| dense(&attr.meta));
        let is_left = |below: &&Below| {
            let text = dense(&below.meta);
            left.any(|attr| attr == text)
        };
        let left = self.below.iter().rev().take_while(is_left).count();
        (self.below.len() - left).checked_sub(1)
    }

    /// Nothing follows that the compiler expands.
    pub(crate) fn is_complete(&self) -> bool {
        !self.below.iter().any(Below::is_expanded)
    }

    /// What the compiler expands next has the name of one of ours.
    pub(crate) fn next_is_named(&self) -> bool {
        let next = self.below.iter().find(|below| below.is_expanded());
        next.is_some_and(|below| below.attribute().is_some())
    }

    pub(crate) fn top(&self) -> &Line {
        self.layers.first().expect("a stack begins with a layer, and a marker without one is not read")
    }

    /// From the top down.
    pub(crate) fn layers(&self) -> &[Line] {
        &self.layers
    }

    pub(crate) fn function(&self) -> &TokenStream {
        &self.function
    }

    /// Where the marker is found. Whatever is wrong with the path is found by those that read the options.
    pub(crate) fn runtime(&self) -> Runtime {
        Runtime::new(self.layers.iter().find_map(|line| Runtime::crate_option_in(&line.options)))
    }

    /// Once all attributes are expanded: those named like ours that did not join are another crate's.
    pub(crate) fn judge(&self, faults: &mut Faults) {
        for below in &self.below {
            let Some(attribute) = below.attribute() else { continue };
            match &below.meta {
                Meta::NameValue(pair) => faults.at(pair, &FunctionFault::NotAList { attribute }),
                meta => {
                    let above = self.layers.iter().rfind(|line| line.place < below.place);
                    let above = above.map_or(attribute, |line| line.attribute);
                    faults.at(meta.path(), &FunctionFault::AnotherCrates { attribute, above });
                }
            }
        }
    }
}

/// How an attribute found its stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// As it was left by the one before.
    Next,
    /// After attributes of other crates, which may have changed the function.
    AfterOthers,
    /// Its line is not known.
    Nowhere,
}

/// The same tokens may be spaced differently.
fn dense(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().split_whitespace().collect()
}
