//! Exclusive references among the arguments: every attempt reborrows them, so that the body may consume them.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    Attribute as SynAttribute, Expr, ExprField, ExprPath, FnArg, GenericArgument, Lifetime, Pat,
    PathArguments, Receiver, ReceiverKind, Type, TypeReference,
};

use super::Function;
use super::lent::Lent;
use super::receiver::{reborrowed_where_consumed, renamed_everywhere};
use super::tokens::{find_ident, mentions, used_whole};
use crate::diagnostics::{generated_at, span_of};

/// An argument, or a part of one, of the type `&mut T`.
pub(super) struct Exclusive {
    pub(super) name: Ident,
    pub(super) lifetime: Option<Lifetime>,
    pub(super) is_self: bool,
    cfgs: Vec<SynAttribute>,
}

impl Function {
    /// `name: &mut T`, or `&mut self`.
    pub(crate) fn is_exclusive(&self, name: &Ident) -> bool {
        self.exclusive().iter().any(|exclusive| exclusive.name == *name)
    }

    /// The expression with a borrow, if it is an argument or a field that would be moved but is needed again, or that
    /// cannot be moved.
    pub(super) fn borrowed(&self, expr: &Expr, is_repeated: bool) -> Option<Expr> {
        if let Expr::Field(ExprField { base, .. }) = expr {
            let borrow = || syn::parse2(quote_spanned!(generated_at(span_of(expr))=> &#expr)).ok();
            return if is_repeated || self.is_behind_reference(base) { borrow() } else { None };
        }
        let Expr::Path(ExprPath { qself: None, path, .. }) = expr else { return None };
        if !is_repeated {
            return None;
        }
        let name = path.get_ident()?;
        let is_it = |pattern: &Pat| matches!(pattern, Pat::Ident(it) if it.ident == *name);
        let (_, ty) = self.arguments().find(|(pattern, _)| is_it(pattern))?;
        let span = generated_at(name.span());
        match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_none() => None,
            Type::Reference(_) => syn::parse2(quote_spanned!(span=> &mut *#name)).ok(),
            _ => syn::parse2(quote_spanned!(span=> &#name)).ok(),
        }
    }

    /// `self.field` of a `&self`, or a field of an argument `&T`.
    fn is_behind_reference(&self, expr: &Expr) -> bool {
        let name = match expr {
            Expr::Field(field) => return self.is_behind_reference(&field.base),
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let Some(name) = name else { return false };
        let is_reference = |receiver: &Receiver| {
            matches!(receiver.kind, ReceiverKind::Reference(..)) && self.self_name().as_ref() == Some(name)
        };
        self.signature.receiver().is_some_and(is_reference)
            || self.arguments().any(|(pattern, ty)| {
                matches!(pattern, Pat::Ident(it) if it.ident == *name)
                    && matches!(bare(ty), Type::Reference(_))
            })
    }

    pub(super) fn exclusive(&self) -> Vec<Exclusive> {
        let receiver = self.signature.receiver().and_then(|receiver| {
            let lifetime = match &receiver.kind {
                ReceiverKind::Reference(_, lifetime, Some(_)) => lifetime.clone(),
                ReceiverKind::Typed(_, ty) => exclusive_reference(ty)?.lifetime.clone(),
                _ => return None,
            };
            Some(Exclusive { name: self.self_name()?, lifetime, is_self: true, cfgs: Vec::new() })
        });
        let mut found: Vec<_> = receiver.into_iter().collect();
        for input in &self.signature.inputs {
            let FnArg::Typed(typed) = input else { continue };
            let first = found.len();
            in_pattern(self.seen_inside(&typed.pat), &typed.ty, &mut found);
            let cfgs: Vec<_> =
                typed.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect();
            found[first..].iter_mut().for_each(|exclusive| exclusive.cfgs.clone_from(&cfgs));
        }
        found
    }

    /// The exclusive references that an attempt may reborrow: those that are not `held` by an expression that borrows
    /// from them during the attempt, and that are not returned to the caller, who needs a longer borrow.
    fn own_exclusive(&self, held: &TokenStream) -> Vec<Exclusive> {
        // Code before the block may have shadowed them.
        if self.has_setup() {
            return Vec::new();
        }
        let lent = Lent::by(self);
        let mut found = self.exclusive();
        found.retain(|exclusive| {
            !lent.may_borrow(exclusive.lifetime.as_ref(), exclusive.is_self)
                && mentions(self.body.stream(), &exclusive.name)
                && !mentions(held.clone(), &exclusive.name)
        });
        found
    }

    /// Whether a body that runs once may consume the arguments: no code `beside` it uses one that is not copied.
    pub(crate) fn owns_arguments(&self, beside: &TokenStream) -> bool {
        let is_used =
            |pattern: TokenStream| find_ident(pattern, &|word| mentions(beside.clone(), word)).is_some();
        self.signature.inputs.iter().all(|input| match input {
            FnArg::Typed(typed) => {
                is_shared_reference(&typed.ty) || !is_used(self.seen_inside(&typed.pat).to_token_stream())
            }
            FnArg::Receiver(receiver) => {
                let is_shared = match &receiver.kind {
                    ReceiverKind::Reference(_, _, mutability) => mutability.is_none(),
                    ReceiverKind::Typed(_, ty) => is_shared_reference(ty),
                    _ => false,
                };
                is_shared || !is_used(self.self_name().to_token_stream())
            }
        })
    }

    /// The body of a call that is made once.
    pub(crate) fn body_once(&self, held: &TokenStream) -> TokenStream {
        let exclusive = self.own_exclusive(held);
        if exclusive.is_empty() || !self.is_async() {
            return self.body.to_token_stream();
        }
        self.body_with(exclusive.iter().map(Exclusive::captured).collect(), self.body.stream())
    }

    /// The `self` of a method on `Pin<&mut Self>`.
    pub(super) fn pinned_receiver(&self) -> Option<Exclusive> {
        let receiver = self.signature.receiver()?;
        let ReceiverKind::Typed(_, ty) = &receiver.kind else { return None };
        let lifetime = pinned_reference(ty)?.lifetime.clone();
        Some(Exclusive { name: self.self_name()?, lifetime, is_self: true, cfgs: Vec::new() })
    }

    /// The pinned `self`, if attempts may reborrow it.
    pub(crate) fn pinned_self(&self) -> Option<Ident> {
        let Exclusive { name, lifetime, .. } = self.pinned_receiver()?;
        let is_own =
            name == "self" && !self.has_setup() && !Lent::by(self).may_borrow(lifetime.as_ref(), true);
        is_own.then_some(name)
    }

    /// The body of one of several attempts.
    pub(crate) fn body_of_attempt(&mut self, held: &TokenStream) -> TokenStream {
        let exclusive = self.own_exclusive(held);
        let pinned = self.pinned_self().filter(|receiver| !mentions(held.clone(), receiver));
        if exclusive.is_empty() && pinned.is_none() {
            return self.body.to_token_stream();
        }
        let (mut first, mut body) = (TokenStream::new(), self.body.stream());
        if let Some(receiver) = pinned {
            let name = Ident::new("__self", Span::mixed_site().located_at(receiver.span()));
            body = renamed_everywhere(body, &name);
            let mutability = self.borrow_self_mutably();
            first.extend(quote_spanned! {Span::mixed_site()=>
                let #mutability #name = ::core::pin::Pin::as_mut(&mut #receiver);
            });
        }
        for exclusive in exclusive {
            if exclusive.name == "self" {
                body = reborrowed_where_consumed(body);
                if self.is_async() {
                    first.extend(exclusive.captured());
                }
            } else if self.is_async() || used_whole(body.clone(), &exclusive.name) {
                // A sync body that only uses parts may return borrows of them, with a lifetime that the return type
                // does not show.
                first.extend(exclusive.reborrowed(&body));
            }
        }
        self.body_with(first, body)
    }

    fn body_with(&self, mut statements: TokenStream, body: TokenStream) -> TokenStream {
        statements.extend(body);
        let mut group = Group::new(Delimiter::Brace, statements);
        group.set_span(self.body.span());
        group.to_token_stream()
    }
}

impl Exclusive {
    /// An async block captures no more than it needs. If the body only reads, that would be a shared reference, and the
    /// future would be `Send` only if the referent is `Sync`.
    fn captured(&self) -> TokenStream {
        let Self { name, cfgs, .. } = self;
        quote_spanned!(Span::mixed_site()=> #(#cfgs)* if false { let _ = &mut *#name; })
    }

    fn reborrowed(&self, body: &TokenStream) -> TokenStream {
        let Self { name, cfgs, .. } = self;
        // The string that contains the name may not be a format string.
        let unused = find_ident(body.clone(), &|word| word == name)
            .is_none()
            .then(|| quote_spanned!(Span::mixed_site()=> #[allow(unused_variables)]));
        quote_spanned! {Span::mixed_site()=>
            #(#cfgs)*
            #unused
            #[allow(clippy::shadow_reuse, clippy::used_underscore_binding)]
            let #name = &mut *#name;
        }
    }
}

fn is_shared_reference(ty: &Type) -> bool {
    matches!(bare(ty), Type::Reference(reference) if reference.mutability.is_none())
}

pub(super) fn exclusive_reference(ty: &Type) -> Option<&TypeReference> {
    match bare(ty) {
        Type::Reference(reference) if reference.mutability.is_some() => Some(reference),
        _ => None,
    }
}

/// The reference in `Pin<&mut Self>`.
fn pinned_reference(ty: &Type) -> Option<&TypeReference> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Pin")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) => exclusive_reference(ty),
        _ => None,
    }
}

/// `macro_rules!` passes a captured type in a group.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        _ => ty,
    }
}

/// The names of a pattern that are certainly exclusive references, although only the compiler knows their types.
fn in_pattern(pattern: &Pat, ty: &Type, found: &mut Vec<Exclusive>) {
    if let Some(TypeReference { lifetime, .. }) = exclusive_reference(ty) {
        // Destructuring behind `&mut` borrows exclusively.
        let parts = if matches!(pattern, Pat::Ident(_)) { vec![pattern] } else { parts(pattern) };
        found.extend(parts.into_iter().filter_map(|part| named(part, lifetime.as_ref())));
        return;
    }
    match (pattern, bare(ty)) {
        (Pat::Tuple(tuple), Type::Tuple(types)) if tuple.elems.len() == types.elems.len() => {
            for (part, ty) in tuple.elems.iter().zip(&types.elems) {
                in_pattern(part, ty, found);
            }
        }
        (Pat::Slice(slice), Type::Array(array)) => {
            slice.elems.iter().for_each(|part| in_pattern(part, &array.elem, found));
        }
        _ => {}
    }
}

fn parts(pattern: &Pat) -> Vec<&Pat> {
    match pattern {
        Pat::Tuple(tuple) => tuple.elems.iter().collect(),
        Pat::TupleStruct(tuple) => tuple.elems.iter().collect(),
        Pat::Slice(slice) => slice.elems.iter().collect(),
        Pat::Struct(pattern) => pattern.fields.iter().map(|field| &*field.pat).collect(),
        _ => Vec::new(),
    }
}

/// A capitalised name may be that of a unit struct.
fn named(pattern: &Pat, lifetime: Option<&Lifetime>) -> Option<Exclusive> {
    let Pat::Ident(name) = pattern else { return None };
    let is_variable = name.by_ref.is_none()
        && name.subpat.is_none()
        && !name.ident.to_string().starts_with(char::is_uppercase);
    is_variable.then(|| Exclusive {
        name: name.ident.clone(),
        lifetime: lifetime.cloned(),
        is_self: false,
        cfgs: Vec::new(),
    })
}
