//! Generated expressions in every option that is evaluated in the function: none of their control flow leaves the option.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use proptest::prelude::*;
use quote::quote;

use crate::attribute::Attribute;
use crate::expand::expand_tokens;

/// An expression with the control flow that leaves it.
#[derive(Clone, Debug)]
enum Tree {
    Value,
    Try(Box<Self>),
    Return(Box<Self>),
    Await(Box<Self>),
    Break(Box<Self>),
    BreakOwn(Box<Self>),
    Continue,
    Loop(Box<Self>),
    While(Box<Self>, Box<Self>),
    For(Box<Self>, Box<Self>),
    Block(Box<Self>),
    LoopOfOwn(Box<Self>),
    BlockOfOwn(Box<Self>),
    If(Box<Self>, Box<Self>),
    Match(Box<Self>, Box<Self>, Box<Self>),
    LetElse(Box<Self>, Box<Self>),
    Call(Box<Self>, Box<Self>),
    Operator(Box<Self>, Box<Self>),
    Known(Box<Self>),
    KnownMatch(Box<Self>, Box<Self>),
    Foreign(Box<Self>),
    Closure(Box<Self>),
    Async(Box<Self>),
    Function(Box<Self>),
}

/// Code around an expression within the option.
#[derive(Clone, Copy, Default)]
struct Around {
    a_loop: bool,
    own_label: bool,
}

impl Tree {
    fn tokens(&self) -> TokenStream {
        let t = |tree: &Self| tree.tokens();
        match self {
            Self::Value => quote!(value),
            Self::Try(a) => {
                let a = t(a);
                quote!((#a)?)
            }
            Self::Return(a) => {
                let a = t(a);
                quote!((return #a))
            }
            Self::Await(a) => {
                let a = t(a);
                quote!((#a).await)
            }
            Self::Break(a) => {
                let a = t(a);
                quote!((break (#a)))
            }
            Self::BreakOwn(a) => {
                let a = t(a);
                quote!((break 'own (#a)))
            }
            Self::Continue => quote!((continue)),
            Self::Loop(a) => {
                let a = t(a);
                quote!((loop { #a; }))
            }
            Self::While(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!((while (#a) { #b; }))
            }
            Self::For(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!((for _ in (#a) { #b; }))
            }
            Self::Block(a) => {
                let a = t(a);
                quote!({ #a; value })
            }
            Self::LoopOfOwn(a) => {
                let a = t(a);
                quote!(('own: loop { #a; }))
            }
            Self::BlockOfOwn(a) => {
                let a = t(a);
                quote!(('own: { #a }))
            }
            Self::If(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!((if (#a) { #b } else { value }))
            }
            Self::Match(a, b, c) => {
                let (a, b, c) = (t(a), t(b), t(c));
                quote!((match (#a) { Some(_) if (#b) => #c, _ => value }))
            }
            Self::LetElse(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!(({ let Some(_) = (#a) else { #b; }; value }))
            }
            Self::Call(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!((#a).call(#b, [value, value]))
            }
            Self::Operator(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!((!(#a) + &(#b)))
            }
            Self::Known(a) => {
                let a = t(a);
                quote!(format!("{}", #a))
            }
            Self::KnownMatch(a, b) => {
                let (a, b) = (t(a), t(b));
                quote!(matches!(#a, Some(_) if #b))
            }
            Self::Foreign(a) => {
                let a = t(a);
                quote!(foreign!(#a))
            }
            Self::Closure(a) => {
                let a = t(a);
                quote!((|_| #a))
            }
            Self::Async(a) => {
                let a = t(a);
                quote!(async { #a })
            }
            Self::Function(a) => {
                let a = t(a);
                quote!({ fn helper() { #a } value })
            }
        }
    }

    /// The number of its tokens that leave the option.
    fn exits(&self, around: Around) -> usize {
        let same = |tree: &Self| tree.exits(around);
        let in_loop = |tree: &Self| tree.exits(Around { a_loop: true, ..around });
        match self {
            Self::Value | Self::Foreign(_) | Self::Closure(_) | Self::Async(_) | Self::Function(_) => 0,
            Self::Try(a) | Self::Return(a) | Self::Await(a) => 1 + same(a),
            Self::Break(a) => usize::from(!around.a_loop) + same(a),
            Self::BreakOwn(a) => usize::from(!around.own_label) + same(a),
            Self::Continue => usize::from(!around.a_loop),
            Self::Loop(a) => in_loop(a),
            Self::While(a, b) => in_loop(a) + in_loop(b),
            Self::For(a, b) => same(a) + in_loop(b),
            Self::LoopOfOwn(a) => a.exits(Around { a_loop: true, own_label: true }),
            Self::BlockOfOwn(a) => a.exits(Around { own_label: true, ..around }),
            Self::Block(a) | Self::Known(a) => same(a),
            Self::Match(a, b, c) => same(a) + same(b) + same(c),
            Self::If(a, b)
            | Self::LetElse(a, b)
            | Self::Call(a, b)
            | Self::Operator(a, b)
            | Self::KnownMatch(a, b) => same(a) + same(b),
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![4 => Just(Tree::Value), 1 => Just(Tree::Continue)];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let one = inner.clone().prop_map(Box::new);
        let two = (one.clone(), one.clone());
        prop_oneof![
            one.clone().prop_map(Tree::Try),
            one.clone().prop_map(Tree::Return),
            one.clone().prop_map(Tree::Await),
            one.clone().prop_map(Tree::Break),
            one.clone().prop_map(Tree::BreakOwn),
            one.clone().prop_map(Tree::Loop),
            one.clone().prop_map(Tree::Block),
            one.clone().prop_map(Tree::LoopOfOwn),
            one.clone().prop_map(Tree::BlockOfOwn),
            one.clone().prop_map(Tree::Known),
            one.clone().prop_map(Tree::Foreign),
            one.clone().prop_map(Tree::Closure),
            one.clone().prop_map(Tree::Async),
            one.clone().prop_map(Tree::Function),
            two.clone().prop_map(|(a, b)| Tree::While(a, b)),
            two.clone().prop_map(|(a, b)| Tree::For(a, b)),
            two.clone().prop_map(|(a, b)| Tree::If(a, b)),
            two.clone().prop_map(|(a, b)| Tree::LetElse(a, b)),
            two.clone().prop_map(|(a, b)| Tree::Call(a, b)),
            two.clone().prop_map(|(a, b)| Tree::Operator(a, b)),
            two.prop_map(|(a, b)| Tree::KnownMatch(a, b)),
            (one.clone(), one.clone(), one).prop_map(|(a, b, c)| Tree::Match(a, b, c)),
        ]
    })
}

/// Every option that is evaluated in the function, around the expression.
fn options(expr: &TokenStream) -> Vec<(Attribute, TokenStream)> {
    let guards = [
        (Attribute::Retry, quote!(on(Some(1..) if #expr))),
        (Attribute::Retry, quote!(giveup(3 | _ if #expr))),
        (Attribute::Poll, quote!(until("done" if #expr))),
        (Attribute::Poll, quote!(until(_), alarm(_ if #expr))),
        (Attribute::Poll, quote!(until(_), ignore(_ if #expr))),
        (Attribute::Poll, quote!(until(Some(DONE) if #expr))),
        (Attribute::Retry, quote!(on(Status::GONE | "busy" if #expr))),
        (Attribute::Circuit, quote!(on(_ if #expr))),
        (Attribute::Circuit, quote!(ignore(_ if #expr))),
    ];
    // A bare closure would be another kind of option.
    let expr = quote!({ #expr; value });
    let values = [
        (Attribute::Retry, quote!(on = #expr)),
        (Attribute::Retry, quote!(giveup = #expr)),
        (Attribute::Retry, quote!(retry_after = #expr)),
        (Attribute::Retry, quote!(on_error = #expr)),
        (Attribute::Retry, quote!(policy = #expr)),
        (Attribute::AsyncBackoff, quote!(1s, on = #expr)),
        (Attribute::AsyncRetry, quote!(3, on_error = #expr)),
        (Attribute::Poll, quote!(until = #expr)),
        (Attribute::Poll, quote!(until(_), alarm = #expr)),
        (Attribute::Poll, quote!(until(_), ignore = #expr)),
        (Attribute::Poll, quote!(until(_), retry_after = #expr)),
        (Attribute::Poll, quote!(until(_), on_error = #expr)),
        (Attribute::Poll, quote!(until(_), policy = #expr)),
        (Attribute::Circuit, quote!(key = #expr)),
        (Attribute::Circuit, quote!(breaker = #expr)),
        (Attribute::Circuit, quote!(on = #expr)),
        (Attribute::Circuit, quote!(ignore = #expr)),
        (Attribute::Circuit, quote!(on_open = #expr)),
        (Attribute::Circuit, quote!(fallback = #expr)),
    ];
    guards.into_iter().chain(values).collect()
}

/// Inserts a macro of another crate where it could leave the function.
fn is_exposed(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |index: Option<usize>, word: &str| {
        let token = index.and_then(|index| tokens.get(index));
        token.is_some_and(|token| token.to_string() == word)
    };
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(word) => word == "foreign",
        TokenTree::Group(group) => {
            let closure = group.stream().into_iter().next().is_some_and(|first| first.to_string() == "|");
            let of_its_own = group.delimiter() == Delimiter::Brace
                && (is(index.checked_sub(1), "async") || is(index.checked_sub(2), "helper"));
            !closure && !of_its_own && is_exposed(group.stream())
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn control_flow_out_of_an_option_is_reported_or_enclosed_in_a_closure(tree in trees()) {
        let exits = tree.exits(Around::default());
        for (attribute, options) in options(&tree.tokens()) {
            let is_async = matches!(attribute, Attribute::AsyncBackoff | Attribute::AsyncRetry);
            if is_async && !cfg!(feature = "tokio") {
                continue;
            }
            let asyncness = is_async.then(|| quote!(async));
            let function = quote!(#asyncness fn f(value: u8) -> Result<u8, E> { Ok(value) });
            let expansion = expand_tokens(attribute, options.clone(), &function);
            let text = expansion.to_string();
            prop_assert_eq!(text.matches("is not allowed in").count(), exits, "{}: {}", options, text);
            prop_assert_eq!(text.matches("compile_error").count(), exits, "{}: {}", options, text);
            prop_assert!(exits > 0 || !is_exposed(expansion), "{}: {}", options, text);
        }
    }
}
