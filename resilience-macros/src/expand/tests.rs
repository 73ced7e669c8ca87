//! For any tokens in an attribute or below it, an expansion is returned that contains the user's function.

mod compiler;
mod control_flow;
mod stacks;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use quote::{ToTokens, quote};

use self::compiler::expand_all;
use super::expand_tokens;
use crate::attribute::Attribute;

const ATTRIBUTES: [Attribute; 4] =
    [Attribute::Retry, Attribute::Poll, Attribute::AsyncBackoff, Attribute::AsyncRetry];

/// Tokens that options consist of, and others.
const OPTION_WORDS: [&str; 69] = [
    "times",
    "interval",
    "backoff",
    "jitter",
    "deadline",
    "timeout",
    "attempt_timeout",
    "on",
    "giveup",
    "until",
    "alarm",
    "ignore",
    "max_ignored",
    "hold_for",
    "clone",
    "policy",
    "name",
    "crate",
    "pause",
    "max_tries",
    "retry_after",
    "on_error",
    "cancel",
    "tmies",
    "retries",
    "forever",
    "exponential",
    "linear",
    "factor",
    "max",
    "full",
    "_",
    "self",
    "Self",
    "r#on",
    "r#type",
    "if",
    "move",
    "||",
    "|",
    "e",
    "=",
    "=",
    "=",
    "==",
    "=>",
    ",",
    ",",
    ";",
    ":",
    "::",
    "%",
    "-",
    "+",
    ".",
    "..",
    "&",
    "#",
    "!",
    "'a",
    "3",
    "0",
    "1.5",
    "15s",
    "100ms",
    "5m",
    "\"text\"",
    "0x1F",
    "/// doc\n",
];

/// Tokens that functions consist of, and others.
const ITEM_WORDS: [&str; 42] = [
    "fn",
    "fn",
    "async",
    "const",
    "unsafe",
    "extern",
    "pub",
    "mut",
    "self",
    "&",
    "f",
    "r#fn",
    "x",
    "->",
    "Result",
    "<",
    ">",
    "u8",
    "E",
    "impl",
    "dyn",
    "where",
    ":",
    ",",
    ";",
    "=",
    "::",
    "T",
    "'a",
    "struct",
    "mod",
    "macro_rules",
    "!",
    "#[retry]",
    "#[poll(until(2))]",
    "#[resilience::retry(times = 0)]",
    "#[retry = 3]",
    "#[inline]",
    "#![allow(x)]",
    "__RESILIENCE_SITE",
    "?",
    "3",
];

/// Token streams of `words`, some of them in groups.
fn soup(words: &'static [&'static str]) -> impl Strategy<Value = TokenStream> {
    let word = select(words).prop_map(|word| word.parse().expect("each word lexes"));
    let delimiters =
        select(&[Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket, Delimiter::None][..]);
    word.prop_recursive(3, 48, 10, move |inner| {
        (delimiters.clone(), vec(inner, 0..10)).prop_map(|(delimiter, tokens)| {
            TokenTree::from(Group::new(delimiter, tokens.into_iter().collect())).into()
        })
    })
    .prop_map(|tokens: TokenStream| tokens)
}

fn soups(words: &'static [&'static str]) -> impl Strategy<Value = TokenStream> {
    vec(soup(words), 0..14).prop_map(|tokens| tokens.into_iter().collect())
}

fn expands(attribute: Attribute, options: &TokenStream, item: &TokenStream) -> String {
    dense(&expand_all(attribute, options.clone(), item))
}

/// Compares without spaces: equal tokens may be spaced differently.
fn dense(tokens: &TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

fn functions() -> [TokenStream; 4] {
    [
        quote!(
            fn f(&self, a: String) -> Result<u8, E> {
                send(a)
            }
        ),
        quote!(
            async fn f<T>(a: T, (mut b, _): (u8, u8)) -> Result<u8, E>
            where
                T: Clone,
            {
                send(a).await
            }
        ),
        quote!(
            pub const fn f() {}
        ),
        quote!(pub(crate) async unsafe fn r#fn(mut r#type: [u8; 3]) -> io::Result<impl Iterator<Item = u8>> { let x = ; }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn options_of_any_form_leave_the_function_in_place(options in soups(&OPTION_WORDS)) {
        for attribute in ATTRIBUTES {
            for function in functions() {
                let expansion = expands(attribute, &options, &function);
                if expansion.contains("compile_error") {
                    prop_assert!(expansion.ends_with(&dense(&function)), "{expansion}");
                } else {
                    prop_assert!(expansion.to_lowercase().contains("__resilience_site"), "{expansion}");
                }
            }
        }
    }

    #[test]
    fn items_of_any_form_come_back(item in soups(&ITEM_WORDS)) {
        for attribute in ATTRIBUTES {
            let expansion = expands(attribute, &quote!(until(2)), &item);
            prop_assert!(expansion.contains("compile_error") || expansion.to_lowercase().contains("__resilience_site"));
        }
    }

    #[test]
    fn bodies_of_any_form_are_kept(body in soups(&OPTION_WORDS)) {
        let body = without_inner_attributes(body);
        let kept = dense(&body);
        let function = quote!(fn f() -> Result<u8, E> { #body });
        let expansion = expands(Attribute::Retry, &quote!(), &function);
        prop_assert!(expansion.contains(&kept), "{kept}\n{expansion}");
        prop_assert!(!expansion.contains("compile_error"));
    }

    #[test]
    fn a_mistake_in_one_option_does_not_hide_another(options in soups(&OPTION_WORDS)) {
        let options: TokenStream = options.into_iter().filter(|token| !is_open_ended(token)).collect();
        let function = quote!(fn f() -> Result<u8, E> { Ok(1) });
        let expansion = expands(Attribute::Retry, &quote!(frobnicate = 1, #options), &function);
        prop_assert!(expansion.contains("frobnicate"), "{expansion}");
        let expansion = expands(Attribute::Retry, &quote!(#options, frobnicate = 1), &function);
        prop_assert!(expansion.contains("`frobnicate`"), "{options}\n{expansion}");
    }
}

/// `#` would turn the following tokens into an attribute: at the head of a body, one of the function.
fn without_inner_attributes(body: TokenStream) -> TokenStream {
    body.into_iter().filter(|token| token.to_string() != "#").collect()
}

/// Tokens that could consume a comma after them: `|` starts the arguments of a closure, `<` those of a type.
fn is_open_ended(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), '|' | '<' | '#'))
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let function = quote!(
        const fn f(mut a: u8) -> Result<u8, E> {
            Ok(a)
        }
    );
    let options = quote!(times = 0, interval = 5, jitter = 150%, tmies = 3, on(), deadline: 3, backoff = 7);
    let expansion = expand_tokens(Attribute::Retry, options, &function).to_token_stream().to_string();
    for what in [
        "`times = 0`",
        "`5` is a number",
        "a ratio lies",
        "no option `tmies`",
        "`on()`",
        "`deadline` takes its value",
        "`interval` and `backoff` both say",
        "`backoff` is a schedule",
        "`const fn`",
        "`a` is `mut`",
    ] {
        assert_eq!(expansion.matches(what).count(), 1, "{what} in {expansion}");
    }
    assert_eq!(expansion.matches("compile_error").count(), 10);
}
