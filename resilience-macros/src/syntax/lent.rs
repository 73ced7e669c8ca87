//! The borrows that a function may return to its caller, according to its return type.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{GenericParam, Lifetime, ReceiverKind, Token, WherePredicate};

use super::Function;
use super::reborrow::Exclusive;
use super::tokens::{find_ident, is_punct};

/// The lifetimes in a return type.
#[derive(Default)]
pub(super) struct Lent {
    elided: Elided,
    /// Named lifetimes, and those that outlive them.
    named: Vec<String>,
    /// `impl Trait` captures the lifetimes of all arguments.
    everything: bool,
    /// `Self` may contain all lifetimes of the surrounding `impl`.
    of_self: bool,
    declared: Vec<String>,
}

/// The source of the lifetime of `&T` and of `'_`.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Elided {
    /// No elided lifetime.
    #[default]
    Nobodys,
    OfSelf,
    OfAnArgument,
}

impl Function {
    /// An argument from which the return type borrows exclusively, and the place of that borrow.
    pub(crate) fn lends_exclusively(&self) -> Option<(Ident, TokenStream)> {
        let (returned, lent) = (self.output()?, Lent::by(self));
        let mut references = exclusive_references(returned.to_token_stream()).into_iter();
        let exclusive: Vec<_> = self.exclusive().into_iter().chain(self.pinned_receiver()).collect();
        references.find_map(|(reference, lifetime)| {
            let is_of = |exclusive: &&Exclusive| match (&lifetime, &exclusive.lifetime) {
                (Some(one), Some(other)) => one.ident == other.ident,
                (None, None) => lent.may_borrow(None, exclusive.is_self),
                _ => false,
            };
            Some((exclusive.iter().find(is_of)?.name.clone(), reference))
        })
    }

    /// Whether the result may borrow from an exclusive reference.
    pub(crate) fn may_lend(&self) -> bool {
        let lent = Lent::by(self);
        self.exclusive().iter().any(|it| lent.may_borrow(it.lifetime.as_ref(), it.is_self))
    }
}

impl Lent {
    pub(super) fn by(function: &Function) -> Self {
        let Some(output) = function.output() else { return Self::default() };
        let (output, signature) = (output.to_token_stream(), &function.signature);
        let has = |word: &str| find_ident(output.clone(), &|ident| ident == word).is_some();
        let is_reference = signature.receiver().is_some_and(|receiver| match &receiver.kind {
            ReceiverKind::Reference(..) => true,
            ReceiverKind::Typed(_, ty) => ty.to_token_stream().to_string().contains('&'),
            _ => false,
        });
        let mut named = Vec::new();
        let elided = match (look_into(output.clone(), &mut named), is_reference) {
            (false, _) => Elided::Nobodys,
            (true, true) => Elided::OfSelf,
            (true, false) => Elided::OfAnArgument,
        };
        let mut lent = Self {
            elided,
            named,
            // `#[async_trait]` may have left a named lifetime elided here.
            everything: (has("impl") && !has("use"))
                || (elided != Elided::Nobodys && function.makes_future()),
            of_self: has("Self"),
            declared: Vec::new(),
        };
        let outlives = |longer: &Lifetime, shorter: &Lifetime, lent: &mut Self| {
            if lent.named.contains(&shorter.ident.to_string()) {
                lent.named.push(longer.ident.to_string());
            }
        };
        for param in &signature.generics.params {
            if let GenericParam::Lifetime(param) = param {
                lent.declared.push(param.lifetime.ident.to_string());
                param.bounds.iter().for_each(|bound| outlives(&param.lifetime, bound, &mut lent));
            }
        }
        for predicate in signature.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            if let WherePredicate::Lifetime(bounded) = predicate {
                bounded.bounds.iter().for_each(|bound| outlives(&bounded.lifetime, bound, &mut lent));
            }
        }
        lent
    }

    /// Whether the result may borrow from a reference of this lifetime.
    pub(super) fn may_borrow(&self, lifetime: Option<&Lifetime>, is_self: bool) -> bool {
        let named = lifetime.map(|lifetime| lifetime.ident.to_string()).filter(|name| name != "_");
        self.everything
            || match named {
                Some(name) => self.named.contains(&name) || (self.of_self && !self.declared.contains(&name)),
                None => match self.elided {
                    Elided::Nobodys => false,
                    Elided::OfSelf => is_self,
                    Elided::OfAnArgument => true,
                },
            }
    }
}

/// Each `&mut T` in a type, with its lifetime unless it is `'_`.
fn exclusive_references(ty: TokenStream) -> Vec<(TokenStream, Option<Lifetime>)> {
    let (all, mut found): (Vec<TokenTree>, _) = (ty.into_iter().collect(), Vec::new());
    for (index, token) in all.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            found.extend(exclusive_references(group.stream()));
        }
        if !is_punct(token, '&') {
            continue;
        }
        let rest: TokenStream = all[index..].iter().cloned().collect();
        let reference = |input: ParseStream<'_>| {
            let (and, lifetime): (Token![&], Option<Lifetime>) = (input.parse()?, input.parse()?);
            let mutability: Token![mut] = input.parse()?;
            input.parse::<TokenStream>()?;
            Ok((quote!(#and #lifetime #mutability), lifetime.filter(|lifetime| lifetime.ident != "_")))
        };
        found.extend(reference.parse2(rest).ok());
    }
    found
}

/// Collects the named lifetimes of a type, and returns whether there are elided ones.
fn look_into(ty: TokenStream, named: &mut Vec<String>) -> bool {
    let is_lifetime = |token: &TokenTree| is_punct(token, '\'');
    let mut elided = false;
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => elided |= look_into(group.stream(), named),
            token if is_punct(&token, '&') => elided |= !tokens.peek().is_some_and(is_lifetime),
            token if is_lifetime(&token) => match tokens.next().map(|name| name.to_string()) {
                Some(name) if name == "_" => elided = true,
                name => named.extend(name),
            },
            _ => {}
        }
    }
    elided
}
