use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute as SynAttribute, Signature, Visibility};

use crate::attribute::Attribute;
use crate::diagnostics::{Faults, FunctionFault};

/// The item under the attribute, if it is a function. The body is kept as tokens: the compiler reports incomplete code
/// in it.
pub(crate) struct Item {
    pub(crate) attrs: Vec<SynAttribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Item {
    /// An item that is not a function with a body is returned without the attributes that would report it again.
    pub(super) fn read(
        attribute: Attribute,
        item: &TokenStream,
        faults: &mut Faults,
    ) -> Result<Self, TokenStream> {
        Self::parse.parse2(item.clone()).map_err(|error| {
            let (mut others, rest) = split_attributes(item);
            others.retain(|attr| Attribute::named(attr.path()).is_none());
            match ItemKind::of(&rest) {
                ItemKind::Function => faults.syntax(&error, |message| FunctionFault::Signature { message }),
                ItemKind::WithoutBody => faults.at(&head(&rest), &FunctionFault::NoBody { attribute }),
                ItemKind::Other => faults.at(&head(&rest), &FunctionFault::NotAFunction { attribute }),
            }
            quote!(#(#others)* #rest)
        })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = SynAttribute::parse_outer(input)?;
        let vis = input.parse()?;
        let signature = input.parse()?;
        match unwrapped(input.parse()?) {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let body = without_inner_attributes(group, &mut attrs);
                Ok(Self { attrs, vis, signature, body })
            }
            other => Err(syn::Error::new(other.span(), "expected a body in braces")),
        }
    }
}

/// `macro_rules!` passes a captured fragment (`$body:block`) in a group without delimiters.
fn unwrapped(token: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = &token else { return token };
    let mut inside = group.stream().into_iter();
    match (group.delimiter(), inside.next(), inside.next()) {
        (Delimiter::None, Some(only), None) => unwrapped(only),
        _ => token,
    }
}

/// `#![..]` at the head of a body belongs to the function; inside a closure it would be an error.
fn without_inner_attributes(body: Group, attrs: &mut Vec<SynAttribute>) -> Group {
    let split = |input: ParseStream<'_>| {
        let inner = input.call(SynAttribute::parse_inner)?;
        Ok((inner, input.parse::<TokenStream>()?))
    };
    let Ok((inner, rest)) = split.parse2(body.stream()) else { return body };
    if inner.is_empty() {
        return body;
    }
    for mut attribute in inner {
        attribute.style = syn::AttrStyle::Outer;
        attrs.push(attribute);
    }
    let mut group = Group::new(Delimiter::Brace, rest);
    group.set_span(body.span());
    group
}

/// The attributes of an item, and the rest.
pub(crate) fn split_attributes(item: &TokenStream) -> (Vec<SynAttribute>, TokenStream) {
    let mut tokens = item.clone().into_iter();
    // Most items have none, and are not parsed twice.
    if !matches!(tokens.next(), Some(TokenTree::Punct(first)) if first.as_char() == '#') {
        return (Vec::new(), item.clone());
    }
    let split = |input: ParseStream<'_>| {
        let attrs = input.call(SynAttribute::parse_outer)?;
        Ok((attrs, input.parse::<TokenStream>()?))
    };
    split.parse2(item.clone()).unwrap_or_else(|_| (Vec::new(), item.clone()))
}

/// The kind of an item that does not parse as a function.
enum ItemKind {
    Function,
    /// A function in a trait, or in an `extern` block.
    WithoutBody,
    Other,
}

impl ItemKind {
    fn of(item: &TokenStream) -> Self {
        let is_fn = |token| matches!(token, TokenTree::Ident(ident) if ident == "fn");
        let is_function = head(item).into_iter().any(is_fn);
        match item.clone().into_iter().last() {
            _ if !is_function => Self::Other,
            Some(TokenTree::Punct(punct)) if punct.as_char() == ';' => Self::WithoutBody,
            _ => Self::Function,
        }
    }
}

/// The item up to its body: the place of errors about it.
fn head(item: &TokenStream) -> TokenStream {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => matches!(punct.as_char(), ';' | '='),
        _ => false,
    };
    let head: TokenStream = item.clone().into_iter().take_while(|token| !ends(token)).collect();
    if head.is_empty() { item.to_token_stream() } else { head }
}
