//! Functions that return a future without being `async fn`: what `#[async_trait]` makes of one, and those written so by
//! hand.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{Block, Expr, GenericArgument, Local, Pat, Path, PathArguments, Stmt, Token, Type, TypeParamBound};

use super::tokens::find_ident;

/// The one async block that makes the future a function returns, and what stands around it.
pub(crate) struct FutureBlock {
    /// What runs when the function is called, and whatever makes a `Pin<Box<..>>` of the block.
    before: TokenStream,
    /// `async move`.
    keywords: TokenStream,
    /// `Box::pin(..)`, where the block is the argument of a call.
    call: Option<Group>,
    /// `.boxed()`.
    after: TokenStream,
    /// The arguments, moved in before everything else.
    moved: Vec<Moved>,
}

/// `let PATTERN = ARGUMENT;`
struct Moved {
    argument: Ident,
    statement: Local,
}

impl FutureBlock {
    /// The block, and the body in it. `None`, if the body of the function is not one async block at its end.
    pub(super) fn read(body: &Group) -> Option<(Self, Group)> {
        let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
        let after = split_methods(&mut tokens);
        let (call, (keywords, block)) = match tokens.last()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let group = group.clone();
                tokens.pop();
                let mut inside: Vec<TokenTree> = group.stream().into_iter().collect();
                if matches!(inside.last(), Some(TokenTree::Punct(comma)) if comma.as_char() == ',') {
                    inside.pop();
                }
                let block = split_async(&mut inside)?;
                if !inside.is_empty() {
                    return None;
                }
                (Some(group), block)
            }
            _ => (None, split_async(&mut tokens)?),
        };
        // A second way out would leave without an attempt.
        if tokens.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "async"))
            || leaves_early(tokens.iter().cloned().collect())
        {
            return None;
        }
        let before = tokens.into_iter().collect();
        let (moved, body) = async_trait(&block).unwrap_or_else(|| (Vec::new(), block));
        Some((Self { before, keywords, call, after, moved }, body))
    }

    /// The function's body, with another one in the block.
    pub(super) fn with(&self, body: &TokenStream) -> TokenStream {
        let Self { before, keywords, call, after, moved, .. } = self;
        let moved = moved.iter().map(|moved| &moved.statement);
        let block = quote!(#keywords { #(#moved)* #body });
        let future = match call {
            Some(call) => {
                let mut group = Group::new(call.delimiter(), block);
                group.set_span(call.span());
                group.to_token_stream()
            }
            None => block,
        };
        quote!(#before #future #after)
    }

    /// What an argument is called inside, if it is moved in.
    pub(super) fn moved(&self, argument: &Ident) -> Option<&Pat> {
        Some(&self.moved.iter().find(|moved| moved.argument == *argument)?.statement.pat)
    }

    pub(super) fn remove_mut(&mut self, argument: &Ident) {
        for Moved { statement, .. } in &mut self.moved {
            if let Pat::Ident(name) = &mut statement.pat {
                if name.ident == *argument {
                    name.mutability = None;
                }
            }
        }
    }
}

/// What the future returns, if that is what the return type says: `impl Future<Output = T>`, `Pin<Box<dyn ..>>`, or
/// `BoxFuture<T>`.
pub(super) fn output(ty: &Type) -> Option<Type> {
    match ty {
        Type::ImplTrait(ty) => output_of_bounds(&ty.bounds),
        Type::TraitObject(ty) => output_of_bounds(&ty.bounds),
        Type::Paren(ty) => output(&ty.elem),
        Type::Group(ty) => output(&ty.elem),
        Type::Path(ty) => {
            let last = ty.path.segments.last()?;
            let mut types = types_in(&last.arguments);
            if last.ident == "Pin" || last.ident == "Box" {
                return output(types.next()?);
            }
            let boxed = last.ident == "BoxFuture" || last.ident == "LocalBoxFuture";
            if boxed { types.next().cloned() } else { None }
        }
        _ => None,
    }
}

fn output_of_bounds(bounds: &Punctuated<TypeParamBound, Token![+]>) -> Option<Type> {
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => output_in(&bound.path),
        _ => None,
    })
}

/// The `T` of `Future<Output = T>`.
fn output_in(path: &Path) -> Option<Type> {
    let last = path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
        _ => None,
    })
}

fn types_in(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Takes `.boxed()` off the end.
fn split_methods(tokens: &mut Vec<TokenTree>) -> TokenStream {
    let mut start = tokens.len();
    while let Some([TokenTree::Punct(dot), TokenTree::Ident(_), TokenTree::Group(arguments)]) =
        start.checked_sub(3).and_then(|from| tokens.get(from..start))
    {
        let empty = arguments.delimiter() == Delimiter::Parenthesis && arguments.stream().is_empty();
        if dot.as_char() != '.' || dot.spacing() != Spacing::Alone || !empty {
            break;
        }
        start -= 3;
    }
    tokens.split_off(start).into_iter().collect()
}

/// Takes `async move { .. }` off the end.
fn split_async(tokens: &mut Vec<TokenTree>) -> Option<(TokenStream, Group)> {
    let TokenTree::Group(block) = tokens.pop()? else { return None };
    if block.delimiter() != Delimiter::Brace {
        return None;
    }
    let is = |token: Option<&TokenTree>, keyword: &str| matches!(token, Some(TokenTree::Ident(word)) if word == keyword);
    let from = tokens.len() - 1 - usize::from(is(tokens.last(), "move"));
    is(tokens.get(from), "async").then(|| (tokens.split_off(from).into_iter().collect(), block))
}

fn leaves_early(tokens: TokenStream) -> bool {
    find_ident(tokens, &|word| word == "return").is_some()
}

/// What `#[async_trait]` makes of a body: the arguments are moved in, and the body is the value of a `let`.
fn async_trait(block: &Group) -> Option<(Vec<Moved>, Group)> {
    let Block { stmts, .. } = syn::parse2(block.to_token_stream()).ok()?;
    let mut stmts = stmts.into_iter().peekable();
    // It tells the compiler the type of the body, as ours does.
    stmts.next_if(|stmt| matches!(stmt, Stmt::Expr(Expr::If(_), _)) && is_named(stmt, "__ret"));
    let mut moved = Vec::new();
    while let Some(stmt) = stmts.next() {
        let rest: Vec<Stmt> = match &stmt {
            Stmt::Local(local) => match moved_argument(local) {
                Some(argument) => {
                    moved.push(Moved { argument, statement: local.clone() });
                    continue;
                }
                None => stmts.collect(),
            },
            _ => stmts.collect(),
        };
        let value = match (stmt, rest.as_slice()) {
            (Stmt::Local(Local { pat: Pat::Type(typed), init: Some(init), .. }), [])
                if is_wild(&typed.pat) =>
            {
                *init.expr
            }
            (Stmt::Local(Local { init: Some(init), pat, .. }), [result])
                if is_named(&pat, "__ret") && is_named(result, "__ret") =>
            {
                *init.expr
            }
            (Stmt::Expr(value, None), []) if !moved.is_empty() => value,
            _ => return None,
        };
        return only_group(value.to_token_stream()).map(|body| (moved, body));
    }
    None
}

fn is_wild(pattern: &Pat) -> bool {
    matches!(pattern, Pat::Wild(_))
}

fn is_named(tokens: &impl ToTokens, name: &str) -> bool {
    find_ident(tokens.to_token_stream(), &|word| word == name).is_some()
}

fn only_group(tokens: TokenStream) -> Option<Group> {
    let mut tokens = tokens.into_iter();
    match (tokens.next()?, tokens.next()) {
        (TokenTree::Group(group), None) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

/// The argument in `let PATTERN = ARGUMENT;`, also where it stands in a block of its own.
fn moved_argument(local: &Local) -> Option<Ident> {
    let Expr::Path(path) = (match &*local.init.as_ref()?.expr {
        Expr::Block(block) => match block.block.stmts.last()? {
            Stmt::Expr(last, None) if block.block.stmts.len() == 2 => last,
            _ => return None,
        },
        other => other,
    }) else {
        return None;
    };
    path.path.get_ident().cloned()
}
