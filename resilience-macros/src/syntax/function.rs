use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute as SynAttribute, FnArg, GenericArgument, Ident, Pat, PatIdent, Path, PathArguments,
    ReceiverKind, ReturnType, Signature, Token, Type, TypeParamBound, Visibility,
};

use super::future::{self, FutureBlock};
use super::item::Item;
use super::reborrow::exclusive_reference;
use super::returned_items;
use super::tokens::{
    binds, find_first_segment, find_literal, find_variable, is_punct, mutable_names, renamed,
};
use crate::attribute::Attribute;
use crate::diagnostics::{Faults, FunctionFault, generated_at, span_of};

/// The function under the attribute. Its body is kept as tokens and not parsed.
pub(crate) struct Function {
    pub(crate) attrs: Vec<SynAttribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    /// The code that an attempt runs.
    pub(crate) body: Group,
    /// The braces of the function and their content.
    whole: Group,
    /// For a function that returns a future, the code that makes it.
    future: Option<FutureBlock>,
    /// Whether another attribute has turned an async function into this sync function.
    was_async: bool,
    /// The output of the returned future.
    future_output: Option<Type>,
    part: Part,
}

/// The part of a function that is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Function,
    /// A block in place of the body: the rest was written before.
    Body,
}

impl Function {
    /// Returns an item that cannot be rewritten as an `Err`, to be left in place.
    pub(crate) fn read(
        attribute: Attribute,
        span: Span,
        item: &TokenStream,
        faults: &mut Faults,
    ) -> Result<Self, TokenStream> {
        let Item { attrs, vis, signature, body } = Item::read(attribute, item, faults)?;
        if let Some(constness) = &signature.constness {
            faults.at(constness, &FunctionFault::ConstFn { attribute });
        }
        if signature.asyncness.is_some() && !cfg!(feature = "tokio") {
            faults.at(&signature.asyncness, &FunctionFault::NeedsTokio { attribute });
        }
        if let Some(tracked) = attrs.iter().find(|attr| attr.path().is_ident("track_caller")) {
            faults.at(tracked, &FunctionFault::TrackCaller { attribute });
        }
        let mut was_async = false;
        if let Some(runtime) = runtime_in(&body) {
            faults.at_span(span, &FunctionFault::BelowARuntime { attribute, runtime });
            was_async = true;
        }
        let whole = body.clone();
        let (future, future_output, part) = (None, None, Part::Function);
        let mut function =
            Self { attrs, vis, signature, body, whole, future, was_async, future_output, part };
        function.look_into_future(attribute, faults);
        Ok(function)
    }

    /// For a function that returns a future, the body is that of the future.
    fn look_into_future(&mut self, attribute: Attribute, faults: &mut Faults) {
        if self.signature.asyncness.is_some() {
            return;
        }
        let ReturnType::Type(_, returned) = &self.signature.output else { return };
        let Some(output) = future::output(returned) else { return };
        if !cfg!(feature = "tokio") {
            faults.at(returned, &FunctionFault::NeedsTokio { attribute });
        }
        match FutureBlock::read(&self.whole) {
            Some((block, body)) => (self.future, self.body) = (Some(block), body),
            None => faults.at(returned, &FunctionFault::FutureOfSomethingElse { attribute }),
        }
        self.future_output = Some(output);
    }

    pub(crate) fn is_async(&self) -> bool {
        self.signature.asyncness.is_some() || self.was_async || self.future_output.is_some()
    }

    /// Whether it is not an `async fn`, and returns a future that it makes.
    pub(super) fn makes_future(&self) -> bool {
        self.future.is_some()
    }

    /// Whether code runs before the future is made: it may have shadowed the arguments.
    pub(super) fn has_setup(&self) -> bool {
        self.future.as_ref().is_some_and(FutureBlock::has_setup)
    }

    /// The arguments whose pattern is a plain name.
    pub(crate) fn named_arguments(&self) -> Vec<&PatIdent> {
        self.arguments()
            .filter_map(|(pattern, _)| match pattern {
                Pat::Ident(name) => Some(name),
                _ => None,
            })
            .collect()
    }

    /// The arguments except `self`, with the names that they have in the body.
    pub(super) fn arguments(&self) -> impl Iterator<Item = (&Pat, &Type)> {
        self.signature.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(typed) => Some((self.seen_inside(&typed.pat), &*typed.ty)),
            FnArg::Receiver(_) => None,
        })
    }

    pub(super) fn seen_inside<'a>(&'a self, pattern: &'a Pat) -> &'a Pat {
        let moved = |name: &PatIdent| self.future.as_ref()?.moved(&name.ident);
        match pattern {
            Pat::Ident(name) => moved(name).unwrap_or(pattern),
            _ => pattern,
        }
    }

    /// The name of `self` in the body.
    pub(super) fn self_name(&self) -> Option<Ident> {
        let receiver = self.signature.receiver()?;
        let name = Ident::new("self", receiver.self_token.span);
        match self.future.as_ref().and_then(|future| future.moved(&name)) {
            Some(Pat::Ident(inside)) => Some(inside.ident.clone()),
            _ => Some(name),
        }
    }

    /// The options, which are outside the body, with the names that are used inside.
    pub(crate) fn said_inside(&self, options: TokenStream) -> TokenStream {
        match self.self_name() {
            Some(name) if name != "self" => renamed(options, &name),
            _ => options,
        }
    }

    /// The names that the body could assign to, also inside patterns, each with its `mut`.
    pub(crate) fn mutable_arguments(&self) -> Vec<(TokenTree, Ident)> {
        let mut names = Vec::new();
        for (pattern, ty) in self.arguments() {
            // Behind a `&mut`, attempts share their changes.
            let shared = exclusive_reference(ty).is_some();
            mutable_names(pattern.to_token_stream(), shared, &mut names);
        }
        names
    }

    /// Whether an argument has this name, or binds it in a pattern.
    pub(crate) fn binds(&self, name: &Ident) -> bool {
        self.arguments().any(|(pattern, _)| binds(pattern.to_token_stream(), name))
    }

    /// The argument that an expression mentions; a constant cannot mention one.
    pub(crate) fn argument_in(&self, expression: &impl ToTokens) -> Option<Ident> {
        let named = self.named_arguments();
        let receiver = self.self_name();
        let is_receiver = |ident: &Ident| receiver.as_ref() == Some(ident);
        find_variable(expression.to_token_stream(), &|ident| {
            is_receiver(ident) || named.iter().any(|name| name.ident == *ident)
        })
    }

    /// The argument that a string mentions in braces, as in `format!`, and the string.
    pub(crate) fn argument_in_text(&self, expression: &impl ToTokens) -> Option<(Literal, Ident)> {
        let named = self.named_arguments();
        let mentioned = |literal: &Literal| {
            let text = literal.to_string();
            let is_in = |name: &Ident| ["}", ":"].iter().any(|end| text.contains(&format!("{{{name}{end}")));
            named.iter().map(|name| &name.ident).find(|name| is_in(name)).cloned()
        };
        find_literal(expression.to_token_stream(), &|literal| Some((literal.clone(), mentioned(literal)?)))
    }

    /// The `mut` of `mut self`, if attempts could see changes by other attempts.
    pub(crate) fn mutable_self(&self) -> Option<&Token![mut]> {
        if self.pinned_self().is_some() {
            return None;
        }
        let receiver = self.signature.receiver()?;
        let by_reference = matches!(receiver.kind, ReceiverKind::Reference(..));
        let name = Ident::new("self", receiver.self_token.span);
        match self.future.as_ref().and_then(|future| future.moved(&name)) {
            Some(Pat::Ident(inside)) if !by_reference => inside.mutability.as_ref(),
            _ => receiver.mutability.as_ref(),
        }
    }

    /// Makes the receiver `mut self`, and returns the `mut` that it had.
    pub(super) fn borrow_self_mutably(&mut self) -> Option<Token![mut]> {
        let receiver = self.signature.inputs.iter_mut().find_map(|input| match input {
            FnArg::Receiver(receiver) => Some(receiver),
            FnArg::Typed(_) => None,
        })?;
        receiver.mutability.replace(Token![mut](Span::mixed_site()))
    }

    /// All arguments by name, `self` first; `None` if one of them is a pattern.
    pub(crate) fn argument_names(&self) -> Option<Vec<Ident>> {
        let name = |(pattern, _): (&Pat, &Type)| match pattern {
            Pat::Ident(name) if name.subpat.is_none() => Some(name.ident.clone()),
            _ => None,
        };
        self.self_name().into_iter().map(Some).chain(self.arguments().map(name)).collect()
    }

    /// The `#[cfg(..)]` attributes of an argument; empty if there are none.
    pub(crate) fn condition_of(&self, argument: &Ident) -> TokenStream {
        let of_argument = self.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => match self.seen_inside(&typed.pat) {
                Pat::Ident(name) if name.ident == *argument => Some(&typed.attrs),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
        let cfgs = of_argument.flatten().filter(|attr| attr.path().is_ident("cfg"));
        let conditions: Vec<_> =
            cfgs.filter_map(|attr| Some(&attr.meta.require_list().ok()?.tokens)).collect();
        match conditions.as_slice() {
            [] => TokenStream::new(),
            [condition] => (*condition).clone(),
            conditions => quote!(all(#(#conditions),*)),
        }
    }

    /// Whether the argument does not exist in every build.
    pub(crate) fn is_conditional(&self, argument: &Ident) -> bool {
        !self.condition_of(argument).is_empty()
    }

    /// The arguments whose pattern is not a name.
    pub(crate) fn unnamed_arguments(&self) -> Vec<&Pat> {
        let is_named = |pattern: &Pat| matches!(pattern, Pat::Ident(name) if name.subpat.is_none());
        self.arguments().map(|(pattern, _)| pattern).filter(|pattern| !is_named(pattern)).collect()
    }

    /// The `mut` of an argument, except that of `ref mut`.
    pub(crate) fn mut_of(&self, argument: &Ident) -> Option<Token![mut]> {
        let named = self.named_arguments().into_iter().find(|name| name.ident == *argument)?;
        named.mutability.filter(|_| named.by_ref.is_none())
    }

    /// The argument of this name, as written.
    pub(crate) fn variable<'a>(&'a self, name: &'a Ident) -> (Option<Token![mut]>, &'a Ident) {
        let argument = self.named_arguments().into_iter().find(|argument| argument.ident == *name);
        argument.map_or((None, name), |argument| (argument.mutability, &argument.ident))
    }

    pub(crate) fn remove_mut(&mut self, argument: &Ident) {
        if let Some(future) = &mut self.future {
            future.remove_mut(argument);
            // It may be modified before the block.
            if future.has_setup() {
                return;
            }
        }
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

    /// The type that an attempt returns; empty if none is written.
    pub(super) fn output(&self) -> Option<&Type> {
        match (&self.future_output, &self.signature.output) {
            (Some(ty), _) => Some(ty),
            (None, ReturnType::Type(_, ty)) => Some(ty),
            (None, ReturnType::Default) => None,
        }
    }

    /// The return type, if it returns its items later, and the method that guards it.
    pub(crate) fn returned_items(&self) -> Option<(&Type, &'static str)> {
        let returned = self.output()?;
        Some((returned, returned_items::guard_of(returned)?))
    }

    /// The return type as an annotation inside the body, where the type of `impl Trait` is inferred.
    pub(crate) fn outcome(&self) -> TokenStream {
        self.output().map_or_else(|| quote!(()), |ty| erase_impl_trait(ty.to_token_stream()))
    }

    /// The place of errors about the return type.
    pub(crate) fn outcome_span(&self) -> Span {
        // If the user wrote none, `#[async_trait]` has added `()`.
        let written = self.output().filter(|ty| {
            self.future.is_none() || !matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
        });
        generated_at(written.map_or_else(|| self.signature.ident.span(), span_of))
    }

    /// The place of errors about the error type: the `E` of a `Result<T, E>`.
    pub(crate) fn error_span(&self) -> Span {
        self.output()
            .and_then(second_argument)
            .map_or_else(|| self.outcome_span(), |error| generated_at(span_of(error)))
    }

    /// Whether the `E` of a `Result<T, E>` is a generic parameter of the function, or looks like one.
    pub(crate) fn error_is_generic(&self) -> bool {
        let is_word = |error: &&Type| matches!(error, Type::Path(path) if path.path.get_ident().is_some_and(|word| word != "Self"));
        self.output().and_then(second_argument).filter(is_word).is_some_and(|error| self.is_generic(error))
    }

    /// Whether the error type, or the return type where it cannot be seen, mentions no generics and no lifetime but
    /// `'static`.
    pub(crate) fn error_is_concrete(&self) -> bool {
        self.output().is_some_and(|output| {
            let error = second_argument(output).unwrap_or(output);
            !self.is_generic(error) && !borrows(error.to_token_stream())
        })
    }

    /// The first identifier of the expression that differs between instantiations of the function.
    pub(crate) fn generic_in(&self, expression: &impl ToTokens) -> Option<Ident> {
        let generics = self.generics();
        find_first_segment(expression.to_token_stream(), &|ident| {
            ident == "Self" || generics.contains(&ident)
        })
    }

    /// Whether an expression mentions the generics of this function, so that it cannot be in a `const` item. A single
    /// letter is treated as a parameter of the surrounding `impl`, which cannot be seen from here, unless a path leads to it.
    pub(crate) fn is_generic(&self, expression: &impl ToTokens) -> bool {
        let generics = self.generics();
        find_first_segment(expression.to_token_stream(), &|ident| {
            let letter = ident.to_string();
            ident == "Self" || generics.contains(&ident) || (letter.len() == 1 && letter != "_")
        })
        .is_some()
    }

    fn generics(&self) -> Vec<&Ident> {
        self.signature
            .generics
            .params
            .iter()
            .filter_map(|param| match param {
                syn::GenericParam::Type(param) => Some(&param.ident),
                syn::GenericParam::Const(param) => Some(&param.ident),
                syn::GenericParam::Lifetime(_) => None,
            })
            .collect()
    }

    /// The part of it that is to be written.
    pub(crate) fn only(self, part: Part) -> Self {
        Self { part, ..self }
    }

    /// The faults, and the unchanged function.
    pub(crate) fn original(&self, faults: &Faults) -> TokenStream {
        let Self { attrs, vis, signature, whole, body, .. } = self;
        match self.part {
            Part::Function => quote!(#faults #(#attrs)* #vis #signature #whole),
            Part::Body => quote!({ #faults #body }),
        }
    }

    /// The function with another body, which clones `clones`, and with items before that body.
    pub(crate) fn with(&self, items: &TokenStream, body: &TokenStream, clones: &[Ident]) -> TokenStream {
        if self.part == Part::Body {
            return quote_spanned!(Span::mixed_site()=> { #items #body });
        }
        // The braces are the user's. If the closing brace came from a macro, the compiler would treat the function as
        // generated, and would not report that it is unused. The `return` is explicit because lints therefore apply to
        // the block.
        let body = self
            .future
            .as_ref()
            .map_or_else(|| quote_spanned!(Span::mixed_site()=> return #body), |future| future.with(body));
        self.around(quote!(#items #body), clones)
    }

    /// The function with the marker of its stack in place of the code of an attempt; `clones` are cloned.
    pub(crate) fn holding(&mut self, marker: &TokenStream, clones: &[Ident]) -> TokenStream {
        for argument in clones {
            self.remove_mut(argument);
        }
        let body = self.future.as_ref().map_or_else(|| marker.clone(), |future| future.with(marker));
        self.around(body, clones)
    }

    /// The function with its own body, which contains code that clones `clones`.
    pub(crate) fn cloning(&mut self, clones: &[Ident]) -> TokenStream {
        self.holding(&self.body.stream(), clones)
    }

    fn around(&self, statements: TokenStream, clones: &[Ident]) -> TokenStream {
        let Self { attrs, vis, signature, whole, .. } = self;
        let mut body = Group::new(Delimiter::Brace, statements);
        body.set_span(whole.span());
        // Arguments that the body consumes could be borrowed, because they are cloned.
        let allow = (!clones.is_empty())
            .then(|| quote_spanned!(Span::mixed_site()=> #[allow(clippy::needless_pass_by_value)]));
        quote!(#(#attrs)* #allow #vis #signature #body)
    }
}

/// Whether `#[tokio::test]` above has turned an async function into a sync one, which has a recognisable beginning and
/// end.
fn runtime_in(body: &Group) -> Option<String> {
    let mut tokens = body.stream().into_iter();
    let begins =
        ["let", "body", "="].iter().all(|word| tokens.next().is_some_and(|token| token.to_string() == *word));
    if !begins {
        return None;
    }
    let text = body.to_string();
    let made = text.contains("Failed building the Runtime") && text.contains("block_on");
    made.then(|| if text.contains("Pin < & mut dyn") { "tokio::test" } else { "tokio::main" }.to_owned())
}

fn second_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.nth(1)
}

/// Whether it has a lifetime other than `'static`, which may be elided behind a `&`.
fn borrows(ty: TokenStream) -> bool {
    let tokens: Vec<_> = ty.into_iter().collect();
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Group(group) => borrows(group.stream()),
        TokenTree::Punct(punct) if punct.as_char() == '&' => {
            !tokens.get(index + 1).is_some_and(|next| is_punct(next, '\''))
        }
        TokenTree::Punct(punct) if punct.as_char() == '\'' => {
            !matches!(tokens.get(index + 1), Some(TokenTree::Ident(name)) if name == "static")
        }
        _ => false,
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
        Type::Path(path) => erase_in_path(&mut path.path),
        Type::TraitObject(object) => {
            for bound in &mut object.bounds {
                if let TypeParamBound::Trait(bound) = bound {
                    erase_in_path(&mut bound.path);
                }
            }
        }
        // Other types cannot contain `impl Trait`, or do not occur in signatures.
        _ => {}
    }
}

fn erase_in_path(path: &mut Path) {
    for segment in &mut path.segments {
        if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
            for argument in &mut arguments.args {
                match argument {
                    GenericArgument::Type(ty) => erase(ty),
                    GenericArgument::AssocType(assoc) => erase(&mut assoc.ty),
                    _ => {}
                }
            }
        }
    }
}
