//! A simulation of the compiler: expands the first attribute of a function until there are none, then the macro.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::{Attribute as SynAttribute, Meta};

use crate::attribute::Attribute;
use crate::expand::{expand_tokens, marker_tokens};
use crate::syntax::split_attributes;

/// Expands the attribute and all attributes below it.
pub(super) fn expand_all(attribute: Attribute, options: TokenStream, item: &TokenStream) -> TokenStream {
    let mut expansion = expand_tokens(attribute, options, item);
    loop {
        let (faults, item) = split_faults(&expansion);
        let (mut attrs, rest) = split_attributes(&item);
        let Some(next) = attrs.iter().position(|attr| Macro::of(attr).is_some()) else {
            return expand_markers(&expansion);
        };
        let attr = attrs.remove(next);
        let item = quote!(#(#attrs)* #rest);
        let expanded = match Macro::of(&attr) {
            Some(Macro::Ours(attribute)) => expand_tokens(attribute, options_of(&attr), &item),
            Some(Macro::Theirs(expand)) => expand(&item),
            None => item,
        };
        expansion = quote!(#faults #expanded);
    }
}

/// The attribute that a path resolves to.
enum Macro {
    Ours(Attribute),
    Theirs(fn(&TokenStream) -> TokenStream),
}

impl Macro {
    fn of(attr: &SynAttribute) -> Option<Self> {
        if matches!(attr.meta, Meta::NameValue(_)) {
            return None;
        }
        let path = attr.path().to_token_stream().to_string().replace(' ', "");
        Some(match path.as_str() {
            "again" => Self::Ours(Attribute::Retry),
            "facade::guarded" => Self::Ours(Attribute::Circuit),
            // Leaves the function as it is.
            "same" | "theirs::retry" => Self::Theirs(Clone::clone),
            // Wraps the body in a block with other statements.
            "wrap" => Self::Theirs(|item| {
                with_body(item, |body| quote!({ let wrapped = 1; let _ = async move #body; }))
            }),
            // Moves the body to another item.
            "moves" => Self::Theirs(|item| with_body(item, |_| quote!({ moved() }))),
            // Changes the function, and leaves the body.
            "public" => Self::Theirs(|item| {
                let (attrs, rest) = split_attributes(item);
                quote!(#(#attrs)* pub #rest)
            }),
            // Changes the marker.
            "spoils" => Self::Theirs(|item| {
                let spoilt = item
                    .to_string()
                    .replace("__resilience_handed_down ! {", "__resilience_handed_down ! { 7");
                spoilt.parse().expect("it lexes")
            }),
            // Removes an attribute below it.
            "removes" => Self::Theirs(|item| {
                let (mut attrs, rest) = split_attributes(item);
                attrs.retain(|attr| !attr.path().is_ident("same"));
                quote!(#(#attrs)* #rest)
            }),
            _ => Self::Ours(Attribute::named(attr.path())?),
        })
    }
}

fn options_of(attr: &SynAttribute) -> TokenStream {
    match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

fn with_body(item: &TokenStream, change: impl FnOnce(TokenTree) -> TokenStream) -> TokenStream {
    let mut tokens: Vec<_> = item.clone().into_iter().collect();
    let body = tokens.pop().expect("an item has a body");
    tokens.into_iter().chain(change(body)).collect()
}

/// Splits `::core::compile_error! { .. }`, any number of times, from the tokens that follow.
fn split_faults(expansion: &TokenStream) -> (TokenStream, TokenStream) {
    const LENGTH: usize = 8;
    let tokens: Vec<_> = expansion.clone().into_iter().collect();
    let is_fault = |at: usize| tokens.get(at + 5).is_some_and(|word| word.to_string() == "compile_error");
    let mut at = 0;
    while is_fault(at) {
        at += LENGTH;
    }
    let (faults, item) = tokens.split_at(at.min(tokens.len()));
    (faults.iter().cloned().collect(), item.iter().cloned().collect())
}

fn expand_markers(tokens: &TokenStream) -> TokenStream {
    let mut all = TokenStream::new();
    let mut name = None;
    for token in tokens.clone() {
        match &token {
            TokenTree::Group(stack) if name.as_deref() == Some("__resilience_handed_down !") => {
                // The path of the macro remains before it, which has no effect.
                all.extend(marker_tokens(stack.stream()));
                name = None;
                continue;
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), expand_markers(&group.stream()));
                inside.set_span(group.span());
                all.append(inside);
                name = None;
                continue;
            }
            TokenTree::Punct(bang) if bang.as_char() == '!' && name.is_some() => {
                name = name.map(|name| format!("{name} !"));
            }
            other => name = Some(other.to_string()),
        }
        all.append(token);
    }
    all
}
