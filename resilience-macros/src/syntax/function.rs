use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute as SynAttribute, FnArg, Ident, Meta, Pat, PatIdent, Path, ReceiverKind, ReturnType, Signature,
    Token, Type, Visibility,
};

use crate::attribute::Attribute;
use crate::diagnostics::{Fault, Faults, span_of};

/// The function under the attribute. Its body stays tokens: it is not ours to understand.
pub(crate) struct Function {
    pub(crate) attrs: Vec<SynAttribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
    /// The paths of the siblings that were taken in: their imports are in use.
    pub(crate) absorbed: Vec<Path>,
}

struct Raw {
    attrs: Vec<SynAttribute>,
    vis: Visibility,
    signature: Signature,
    body: Option<Group>,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = SynAttribute::parse_outer(input)?;
        let vis = input.parse()?;
        let signature = input.parse()?;
        if input.peek(syn::Token![;]) {
            input.parse::<syn::Token![;]>()?;
            return Ok(Self { attrs, vis, signature, body: None });
        }
        match input.parse::<TokenTree>()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let body = without_inner_attributes(group, &mut attrs);
                Ok(Self { attrs, vis, signature, body: Some(body) })
            }
            other => Err(syn::Error::new(other.span(), "expected a body in braces")),
        }
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

impl Function {
    pub(crate) fn read(attribute: Attribute, item: TokenStream, faults: &mut Faults) -> Option<Self> {
        let is_function = mentions_fn(&item);
        let Raw { attrs, vis, signature, body } = match syn::parse2(item.clone()) {
            Ok(raw) => raw,
            Err(error) if is_function => {
                faults.syntax(&error);
                return None;
            }
            Err(_) => {
                faults.at_span(Span::call_site(), Fault::NotAFunction { attribute });
                return None;
            }
        };
        let Some(body) = body else {
            faults.at(&signature, Fault::NoBody { attribute });
            return None;
        };
        if let Some(constness) = &signature.constness {
            faults.at(constness, Fault::ConstFn { attribute });
        }
        if signature.asyncness.is_some() && !cfg!(feature = "tokio") {
            faults.at(&signature.asyncness, Fault::NeedsTokio { attribute });
        }
        if is_rewritten(&body) {
            faults.at_span(Span::call_site(), Fault::AlreadyRewritten { attribute });
        }
        Some(Self { attrs, vis, signature, body, absorbed: Vec::new() })
    }

    pub(crate) fn is_async(&self) -> bool {
        self.signature.asyncness.is_some()
    }

    /// The attributes of ours below the one being expanded, with what they were given.
    pub(crate) fn take_siblings(&mut self) -> Vec<(Attribute, Meta, Path)> {
        let mut siblings = Vec::new();
        self.attrs.retain(|attr| match Attribute::of_sibling(attr.path()) {
            Some(sibling) => {
                siblings.push((sibling, attr.meta.clone(), attr.path().clone()));
                false
            }
            None => true,
        });
        self.absorbed.extend(siblings.iter().map(|(.., path)| path.clone()));
        siblings
    }

    pub(crate) fn body_tokens(&self) -> TokenStream {
        self.body.to_token_stream()
    }

    /// The arguments that are a plain name.
    pub(crate) fn named_arguments(&self) -> Vec<&PatIdent> {
        self.signature
            .inputs
            .iter()
            .filter_map(|argument| match argument {
                FnArg::Typed(typed) => match &*typed.pat {
                    Pat::Ident(name) => Some(name),
                    _ => None,
                },
                FnArg::Receiver(_) => None,
            })
            .collect()
    }

    /// The names that the body could assign to, also inside patterns.
    pub(crate) fn mutable_arguments(&self) -> Vec<Ident> {
        let mut names = Vec::new();
        for input in &self.signature.inputs {
            if let FnArg::Typed(typed) = input {
                collect_mut(typed.pat.to_token_stream(), &mut names);
            }
        }
        names
    }

    /// The `mut` of `mut self`.
    pub(crate) fn mutable_self(&self) -> Option<&Token![mut]> {
        self.signature.receiver()?.mutability.as_ref()
    }

    /// The `self` of `&mut self`.
    pub(crate) fn exclusive_self(&self) -> Option<&Token![self]> {
        let receiver = self.signature.receiver()?;
        matches!(receiver.kind, ReceiverKind::Reference(.., Some(_))).then_some(&receiver.self_token)
    }

    /// The `mut` of an argument.
    pub(crate) fn mut_of(&self, argument: &Ident) -> Option<Token![mut]> {
        self.named_arguments().into_iter().find(|name| name.ident == *argument)?.mutability
    }

    pub(crate) fn remove_mut(&mut self, argument: &Ident) {
        for input in &mut self.signature.inputs {
            if let FnArg::Typed(typed) = input {
                if let Pat::Ident(name) = &mut *typed.pat {
                    if name.ident == *argument {
                        name.mutability = None;
                    }
                }
            }
        }
    }

    /// The return type as an annotation inside the body: what `impl Trait` stands for is inferred there.
    pub(crate) fn outcome(&self) -> TokenStream {
        match &self.signature.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => erase_impl_trait(ty.to_token_stream()),
        }
    }

    /// Where an error about the return type points; names in code written there are generated ones.
    pub(crate) fn outcome_span(&self) -> Span {
        let place = match &self.signature.output {
            ReturnType::Default => self.signature.ident.span(),
            ReturnType::Type(_, ty) => span_of(&**ty),
        };
        place.resolved_at(Span::mixed_site())
    }

    /// Whether an expression speaks of this function's generics, so that it cannot stand in a `const` item. A single
    /// capital letter is taken for a parameter of the `impl` around the function, which cannot be seen from here.
    pub(crate) fn is_generic(&self, expression: &impl ToTokens) -> bool {
        let generics: Vec<_> = self
            .signature
            .generics
            .params
            .iter()
            .filter_map(|param| match param {
                syn::GenericParam::Type(param) => Some(&param.ident),
                syn::GenericParam::Const(param) => Some(&param.ident),
                syn::GenericParam::Lifetime(_) => None,
            })
            .collect();
        any_ident(expression.to_token_stream(), &|ident| {
            let letter = ident.to_string();
            ident == "Self" || generics.contains(&ident) || (letter.len() == 1 && letter != "_")
        })
    }

    /// The function as it was, without the siblings that have been read already.
    pub(crate) fn original(&self) -> TokenStream {
        let Self { attrs, vis, signature, body, .. } = self;
        quote!(#(#attrs)* #vis #signature #body)
    }
}

/// The names behind a `mut` that is not `&mut`.
fn collect_mut(pattern: TokenStream, names: &mut Vec<Ident>) {
    let mut tokens = pattern.into_iter().peekable();
    let mut after_reference = false;
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) if word == "mut" && !after_reference => {
                if let Some(TokenTree::Ident(name)) = tokens.peek() {
                    names.push(name.clone());
                }
            }
            TokenTree::Group(group) => collect_mut(group.stream(), names),
            _ => {}
        }
        after_reference = match &token {
            TokenTree::Punct(punct) => punct.as_char() == '&',
            TokenTree::Ident(word) => word == "ref",
            _ => false,
        };
    }
}

fn mentions_fn(item: &TokenStream) -> bool {
    item.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == "fn"))
}

/// Generated names begin with this, and nobody else's do.
fn is_rewritten(body: &Group) -> bool {
    any_ident(body.stream(), &|ident| ident.to_string().starts_with("__RESILIENCE_"))
}

fn any_ident(tokens: TokenStream, is_it: &dyn Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_it(&ident),
        TokenTree::Group(group) => any_ident(group.stream(), is_it),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// `Result<impl Iterator<Item = u8>, E>` becomes `Result<_, E>`.
fn erase_impl_trait(ty: TokenStream) -> TokenStream {
    match syn::parse2::<Type>(ty.clone()) {
        Ok(mut parsed) => {
            erase(&mut parsed);
            parsed.into_token_stream()
        }
        Err(_) => ty,
    }
}

fn erase(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = Type::Verbatim(quote!(_)),
        Type::Array(array) => erase(&mut array.elem),
        Type::Group(group) => erase(&mut group.elem),
        Type::Paren(paren) => erase(&mut paren.elem),
        Type::Ptr(pointer) => erase(&mut pointer.elem),
        Type::Reference(reference) => erase(&mut reference.elem),
        Type::Slice(slice) => erase(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(erase),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let syn::PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let syn::GenericArgument::Type(ty) = argument {
                            erase(ty);
                        }
                    }
                }
            }
        }
        // The others cannot hold `impl Trait`, or are not written in a signature.
        _ => {}
    }
}
