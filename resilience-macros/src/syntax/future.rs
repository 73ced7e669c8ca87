//! Functions that return a future without being `async fn`: the output of `#[async_trait]`, and handwritten ones.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::{
    Block, Expr, GenericArgument, Local, Pat, PatType, Path, PathArguments, Stmt, Token, Type, TypeParamBound,
};

use super::tokens::{find_ident, is_punct};

/// The async block that makes the returned future, and the code around it.
pub(crate) struct FutureBlock {
    /// Statements that run when the function is called, and the code that makes a `Pin<Box<..>>` of the block.
    before: TokenStream,
    has_setup: bool,
    /// `async move`.
    keywords: TokenStream,
    /// `Box::pin(..)`, where the block is the argument of a call.
    call: Option<Group>,
    /// `.boxed()`.
    after: TokenStream,
    /// Statements that move the arguments in before the body.
    moved: Vec<Moved>,
}

/// `let PATTERN = ARGUMENT;`
struct Moved {
    argument: Ident,
    statement: Local,
}

impl FutureBlock {
    /// The block, and the body in it. `None` if the function's body does not end with its only async block, or may
    /// return before it.
    pub(super) fn read(body: &Group) -> Option<(Self, Group)> {
        let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
        let semicolon = pop_if(&mut tokens, |last| is_punct(last, ';'));
        unwrap_last(&mut tokens);
        let after = split_methods(&mut tokens);
        let (call, path, (keywords, block)) = match tokens.last()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                let group = group.clone();
                tokens.pop();
                let path = split_box_pin(&mut tokens)?;
                let mut inside: Vec<TokenTree> = group.stream().into_iter().collect();
                let _ = pop_if(&mut inside, |last| is_punct(last, ','));
                unwrap_last(&mut inside);
                let block = split_async(&mut inside)?;
                if !inside.is_empty() {
                    return None;
                }
                (Some(group), path, block)
            }
            _ => (None, TokenStream::new(), split_async(&mut tokens)?),
        };
        // `return` may precede it, followed by a semicolon; a second `return` would leave without an attempt.
        let returned = pop_if(&mut tokens, |last| is_ident(last, "return"));
        let setup: TokenStream = tokens.into_iter().collect();
        if semicolon.is_some() != returned.is_some() || may_leave(setup.clone()) {
            return None;
        }
        let has_setup = !setup.is_empty();
        let before = quote!(#setup #returned #path);
        let after = quote!(#after #semicolon);
        let (moved, body) = async_trait(&block).unwrap_or_else(|| (Vec::new(), block));
        Some((Self { before, has_setup, keywords, call, after, moved }, body))
    }

    /// Whether code runs before the block is made that may modify or shadow the arguments.
    pub(super) fn has_setup(&self) -> bool {
        self.has_setup
    }

    /// The function's body, with another body in the block.
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

    /// The name of an argument inside, if it is moved in.
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

/// The output of the future, if the return type shows it: `impl Future<Output = T>`, `Pin<Box<dyn ..>>`, or
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

/// `macro_rules!` passes a captured fragment in a group without delimiters.
fn unwrap_last(tokens: &mut Vec<TokenTree>) {
    let is_fragment =
        |last: &TokenTree| matches!(last, TokenTree::Group(group) if group.delimiter() == Delimiter::None);
    while let Some(TokenTree::Group(group)) = pop_if(tokens, is_fragment) {
        tokens.extend(group.stream());
    }
}

fn pop_if(tokens: &mut Vec<TokenTree>, is_it: impl FnOnce(&TokenTree) -> bool) -> Option<TokenTree> {
    if tokens.last().is_some_and(is_it) { tokens.pop() } else { None }
}

fn is_ident(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(token) if token == word)
}

/// Removes `.boxed()` from the end.
fn split_methods(tokens: &mut Vec<TokenTree>) -> TokenStream {
    let start = tokens.len().saturating_sub(3);
    let boxed = match tokens.get(start..) {
        Some([dot, TokenTree::Ident(method), TokenTree::Group(arguments)]) => {
            is_punct(dot, '.')
                && (method == "boxed" || method == "boxed_local")
                && arguments.stream().is_empty()
        }
        _ => false,
    };
    if boxed { tokens.split_off(start).into_iter().collect() } else { TokenStream::new() }
}

/// Removes `Box::pin`, or a longer path to it, from the end. Any other function could use the block in another way.
fn split_box_pin(tokens: &mut Vec<TokenTree>) -> Option<TokenStream> {
    let mut start = tokens.len();
    let mut words = Vec::new();
    loop {
        let TokenTree::Ident(word) = tokens.get(start.checked_sub(1)?)? else { return None };
        words.push(word.to_string());
        start -= 1;
        let colons = start.checked_sub(2).and_then(|from| tokens.get(from..start));
        if !colons.is_some_and(|colons| colons.iter().all(|colon| is_punct(colon, ':'))) {
            break;
        }
        start -= 2;
        if start == 0 || !matches!(tokens.get(start - 1), Some(TokenTree::Ident(_))) {
            break;
        }
    }
    let is_it = matches!(words.as_slice(), [pin, boxed, ..] if pin == "pin" && boxed == "Box");
    is_it.then(|| tokens.split_off(start).into_iter().collect())
}

/// Removes `async move { .. }` from the end.
fn split_async(tokens: &mut Vec<TokenTree>) -> Option<(TokenStream, Group)> {
    unwrap_last(tokens);
    let TokenTree::Group(block) = tokens.pop()? else { return None };
    if block.delimiter() != Delimiter::Brace {
        return None;
    }
    let moves = tokens.last().is_some_and(|last| is_ident(last, "move"));
    let from = tokens.len().checked_sub(1 + usize::from(moves))?;
    let is_async = tokens.get(from).is_some_and(|word| is_ident(word, "async"));
    is_async.then(|| (tokens.split_off(from).into_iter().collect(), block))
}

fn may_leave(setup: TokenStream) -> bool {
    find_ident(setup, &|word| word == "return" || word == "async").is_some()
}

/// The body inside the output of `#[async_trait]`: the arguments are moved in, and the body is the value of a `let`, or
/// a block.
fn async_trait(block: &Group) -> Option<(Vec<Moved>, Group)> {
    let Block { stmts, .. } = syn::parse2(block.to_token_stream()).ok()?;
    let mut stmts = stmts.into_iter().peekable();
    // It tells the compiler the type of the body, as this crate's expansion does.
    let typed =
        stmts.next_if(|stmt| matches!(stmt, Stmt::Expr(Expr::If(_), _)) && is_named(stmt, "__ret")).is_some();
    let mut moved = Vec::new();
    while let Some(Moved { argument, statement }) = stmts.peek().and_then(moved_argument) {
        moved.push(Moved { argument, statement });
        stmts.next();
    }
    let first = stmts.next()?;
    let rest: Vec<Stmt> = stmts.collect();
    let of_method = moved.first().is_some_and(|moved| moved.argument == "self");
    let value = match (first, rest.as_slice()) {
        (Stmt::Local(Local { init: Some(init), pat, .. }), [result])
            if typed && is_named(&pat, "__ret") && is_named(result, "__ret") =>
        {
            *init.expr
        }
        (Stmt::Local(Local { init: Some(init), pat: Pat::Type(typed), .. }), []) if is_unit(&typed) => {
            *init.expr
        }
        (Stmt::Expr(value, None), []) if of_method => value,
        _ => return None,
    };
    only_group(value.to_token_stream()).map(|body| (moved, body))
}

/// `let _: () = ..`
fn is_unit(typed: &PatType) -> bool {
    matches!((&*typed.pat, &*typed.ty), (Pat::Wild(_), Type::Tuple(tuple)) if tuple.elems.is_empty())
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

/// `let __self = self;`, `let mut name = name;`, or `let PATTERN = { let __arg0 = __arg0; __arg0 };`
fn moved_argument(stmt: &Stmt) -> Option<Moved> {
    let Stmt::Local(local) = stmt else { return None };
    let pattern = match &local.pat {
        Pat::Ident(name) => Some(&name.ident),
        _ => None,
    };
    let argument = match &*local.init.as_ref()?.expr {
        Expr::Path(path) => {
            let argument = path.path.get_ident()?;
            let same = pattern? == argument || argument == "self" && pattern? == "__self";
            same.then(|| argument.clone())?
        }
        Expr::Block(block) => {
            let [Stmt::Local(_), Stmt::Expr(Expr::Path(path), None)] = block.block.stmts.as_slice() else {
                return None;
            };
            path.path.get_ident().filter(|name| name.to_string().starts_with("__arg"))?.clone()
        }
        _ => return None,
    };
    Some(Moved { argument, statement: local.clone() })
}
