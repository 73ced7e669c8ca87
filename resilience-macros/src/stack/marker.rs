use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute as SynAttribute, LitInt, Meta, braced, parse_quote};

use super::{Below, Line, Stack};
use crate::attribute::Attribute;
use crate::syntax::find_ident;

const NAME: &str = "__resilience_handed_down";

/// A stack as tokens: a block in place of the function's body.
pub(crate) struct Marker<'a>(pub(crate) &'a Stack);

impl ToTokens for Marker<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Stack { layers, below, function } = self.0;
        let private = self.0.runtime().private();
        let name = Ident::new(NAME, Span::mixed_site());
        let layers = layers.iter().map(|Line { place, name, options, .. }| {
            let place = Literal::usize_unsuffixed(*place);
            quote!(#place #name { #options })
        });
        let below = below.iter().map(|Below { place, meta }| {
            let place = Literal::usize_unsuffixed(*place);
            quote!(#place { #meta })
        });
        let stack = quote!({ #(#layers)* } { #(#below)* } #function);
        tokens.append(block(quote!(#private::#name! { #stack })));
    }
}

impl Parse for Stack {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        braced!(content in input);
        let mut layers = Vec::new();
        while !content.is_empty() {
            layers.push(content.parse()?);
        }
        let content;
        braced!(content in input);
        let mut below = Vec::new();
        while !content.is_empty() {
            below.push(content.parse()?);
        }
        if layers.is_empty() {
            return Err(input.error("expected a layer"));
        }
        Ok(Self { layers, below, function: input.parse()? })
    }
}

impl Parse for Line {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let place = input.parse::<LitInt>()?.base10_parse()?;
        let name: Ident = input.parse()?;
        let attribute = Attribute::from_ident(&name).ok_or_else(|| input.error("expected an attribute"))?;
        let content;
        braced!(content in input);
        Ok(Self { place, attribute, name, options: content.parse()? })
    }
}

impl Parse for Below {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let place = input.parse::<LitInt>()?.base10_parse()?;
        let content;
        braced!(content in input);
        Ok(Self { place, meta: content.parse()? })
    }
}

impl Marker<'_> {
    pub(crate) fn is_in(tokens: &TokenStream) -> bool {
        find_ident(tokens.clone(), &|word| word == NAME).is_some()
    }

    /// An attribute that stays on a function with a marker, so that an attribute which does not find the marker knows
    /// that there is one. It is inert: it allows a lint that is off by default and never triggered by the expansion.
    pub(crate) fn note() -> SynAttribute {
        parse_quote!(#[allow(variant_size_differences, reason = #NAME)])
    }

    pub(crate) fn was_on(attrs: &[SynAttribute]) -> bool {
        let is_note = |attr: &SynAttribute| match &attr.meta {
            Meta::List(list) => list.path.is_ident("allow") && list.tokens.to_string().contains(NAME),
            Meta::Path(_) | Meta::NameValue(_) => false,
        };
        attrs.iter().any(is_note)
    }

    /// The stack, if the body of the function consists of its marker only.
    pub(crate) fn alone_in(function: &TokenStream) -> Option<Stack> {
        let TokenTree::Group(body) = function.clone().into_iter().last()? else { return None };
        let mut statements = body.stream().into_iter();
        match (statements.next(), statements.next()) {
            (Some(TokenTree::Group(block)), None) => stack_in(&block),
            _ => None,
        }
    }

    /// Replaces each marker in the tokens.
    pub(crate) fn replace(tokens: &TokenStream, with: &mut dyn FnMut(Stack) -> TokenStream) -> TokenStream {
        let mut all = TokenStream::new();
        for token in tokens.clone() {
            let TokenTree::Group(group) = token else {
                all.append(token);
                continue;
            };
            if let Some(stack) = stack_in(&group) {
                all.extend(with(stack));
                continue;
            }
            let mut changed = Group::new(group.delimiter(), Self::replace(&group.stream(), with));
            changed.set_span(group.span());
            all.append(changed);
        }
        all
    }
}

/// The stack, if the block is a marker.
fn stack_in(block: &Group) -> Option<Stack> {
    if block.delimiter() != Delimiter::Brace {
        return None;
    }
    let tokens: Vec<TokenTree> = block.stream().into_iter().collect();
    let [path @ .., TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(stack)] = &*tokens
    else {
        return None;
    };
    let is_path = path.iter().all(|token| matches!(token, TokenTree::Ident(_) | TokenTree::Punct(_)));
    if !is_path || name != NAME || bang.as_char() != '!' {
        return None;
    }
    syn::parse2(stack.stream()).ok()
}

fn block(tokens: TokenStream) -> Group {
    let mut block = Group::new(Delimiter::Brace, tokens);
    block.set_span(Span::mixed_site());
    block
}
