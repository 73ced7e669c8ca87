//! The attributes of this crate on one function.
//!
//! The order of the lines is the order of nesting. The compiler expands the top attribute first. An attribute must not
//! write its layer before it knows the layers below it, and only the compiler knows what a path resolves to. Therefore
//! the top attribute replaces the body by a marker with its options and the function, and moves the attributes that
//! have a name of this crate's to the front, so that they are expanded next. Each attribute of this crate that finds a
//! marker adds itself to it, in the order of the lines.
//!
//! If no attribute follows that the compiler expands, the attribute writes the function. Otherwise the marker stays in
//! the body: a following attribute may be a renamed import of this crate's, and then finds the marker. An attribute of
//! another crate wraps the marker, as it would wrap the loop. The marker is a macro, so it is expanded after all
//! attributes, and then writes the body.
//!
//! An attribute that has a name of this crate's and has not joined by then is an error at its path. An attribute of
//! this crate that does not find the marker, because another crate's attribute has moved the body away, is an error
//! too.

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

/// The state that attributes of one function pass on during expansion.
pub(crate) struct Stack {
    /// The attributes of this crate, from the top down.
    layers: Vec<Line>,
    /// The others that the compiler expands, in its order: those with a name of this crate's come first.
    below: Vec<Below>,
    /// The function as written, without these attributes.
    function: TokenStream,
}

/// One attribute of this crate.
#[derive(Clone)]
pub(crate) struct Line {
    /// The index from the top of the function.
    place: usize,
    pub(crate) attribute: Attribute,
    /// Has the location of the attribute.
    name: Ident,
    pub(crate) options: TokenStream,
}

/// An attribute that had not been expanded when the stack was created.
struct Below {
    place: usize,
    meta: Meta,
}

impl Line {
    /// The attribute that is being expanded on `item`.
    pub(crate) fn new(attribute: Attribute, options: TokenStream, item: &TokenStream) -> Self {
        // With the context of the written code, so that the compiler does not mention a macro expansion.
        let written = item.clone().into_iter().last().map_or_else(Span::call_site, |last| last.span());
        let name = Ident::new(attribute.name(), Span::call_site().resolved_at(written));
        Self { place: 0, attribute, name, options }
    }

    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }

    /// `#[retry = 3]`: the compiler rejects it, and expands it as `#[retry(3)]`. Only the source text differs.
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

/// `#[retry = 3]` is not passed on to the compiler, because its message would hide the others.
fn is_expanded(meta: &Meta) -> bool {
    !matches!(meta, Meta::NameValue(_)) || Attribute::named(meta.path()).is_none()
}

impl Stack {
    /// The stack of the top attribute, and the attributes of the function in the order in which they are to be
    /// expanded.
    pub(crate) fn begin(
        line: Line,
        mut attrs: Vec<SynAttribute>,
        rest: &TokenStream,
    ) -> (Self, Vec<SynAttribute>) {
        let expanded = attrs.iter().enumerate().filter(|(_, attr)| !inert::is_inert(attr.path()));
        let mut below: Vec<_> =
            expanded.map(|(index, attr)| Below { place: index + 1, meta: attr.meta.clone() }).collect();
        // An item that is not a function is reported when it is read.
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

    /// Adds an attribute that has just been expanded and left `attrs` on the function.
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

    /// The last attribute below that is no longer on the function.
    fn last_expanded(&self, attrs: &[SynAttribute]) -> Option<usize> {
        let mut left = attrs.iter().rev().map(|attr| dense(&attr.meta));
        let is_left = |below: &&Below| {
            let text = dense(&below.meta);
            left.any(|attr| attr == text)
        };
        let left = self.below.iter().rev().take_while(is_left).count();
        (self.below.len() - left).checked_sub(1)
    }

    /// Whether no attribute follows that the compiler expands.
    pub(crate) fn is_complete(&self) -> bool {
        !self.below.iter().any(Below::is_expanded)
    }

    /// Whether the next attribute that the compiler expands has a name of this crate's.
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

    /// The runtime that contains the marker. Errors in the path are reported when the options are read.
    pub(crate) fn runtime(&self) -> Runtime {
        Runtime::new(self.layers.iter().find_map(|line| Runtime::crate_option_in(&line.options)))
    }

    /// Reports, after all attributes are expanded, those of other crates that have a name of this crate's.
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

/// The state in which an attribute found its stack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// Unchanged since the previous attribute.
    Next,
    /// After attributes of other crates, which may have changed the function.
    AfterOthers,
    /// Its line is unknown.
    Nowhere,
}

/// The text without spaces: equal tokens may be spaced differently.
fn dense(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().split_whitespace().collect()
}
