//! Uses of `self` in a body. A variable cannot be named `self`, so each attempt's borrow of it is written at each use.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::quote_spanned;

use super::exits::STD_MACROS;
use super::tokens::is_punct;
use crate::diagnostics::generated_at;

/// Replaces every `self` that may be moved by `&mut *self`. The macros of other crates may need the bare `self`.
pub(super) fn reborrowed_where_consumed(body: TokenStream) -> TokenStream {
    each_self(body, false, &|word, Use { is_whole }| {
        if !is_whole {
            return word.clone().into();
        }
        let span = generated_at(word.span());
        let mut group = Group::new(Delimiter::Parenthesis, quote_spanned!(span=> &mut *#word));
        group.set_span(span);
        group.into()
    })
}

/// Replaces every `self` by `name`.
pub(super) fn renamed_everywhere(body: TokenStream, name: &Ident) -> TokenStream {
    each_self(body, true, &|word, _| {
        Ident::new(&name.to_string(), name.span().located_at(word.span())).into()
    })
}

/// How a `self` is used.
#[derive(Clone, Copy)]
struct Use {
    /// As a value, rather than through a field, a method, or a borrow.
    is_whole: bool,
}

/// Replaces each `self` that refers to the function's receiver.
fn each_self(
    tokens: TokenStream,
    in_all_macros: bool,
    replace: &dyn Fn(&Ident, Use) -> TokenTree,
) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut replaced = Vec::new();
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        let length = length_of_item(&tokens[index..]);
        if length > 0 {
            replaced.extend_from_slice(&tokens[index..index + length]);
            index += length;
            continue;
        }
        let (before, after) = (&tokens[..index], tokens.get(index + 1));
        replaced.push(match token {
            TokenTree::Ident(word) if word == "self" && !is_path(before, after) => {
                replace(word, Use { is_whole: is_whole(before, after) })
            }
            TokenTree::Group(group) if in_all_macros || !is_other_macro(before) => {
                let mut inside =
                    Group::new(group.delimiter(), each_self(group.stream(), in_all_macros, replace));
                inside.set_span(group.span());
                inside.into()
            }
            other => other.clone(),
        });
        index += 1;
    }
    replaced.into_iter().collect()
}

/// The number of tokens that belong to a function, an import or a visibility, where `self` has another meaning.
fn length_of_item(tokens: &[TokenTree]) -> usize {
    let up_to = |is_last: &dyn Fn(&TokenTree) -> bool| {
        tokens.iter().position(is_last).map_or(tokens.len(), |last| last + 1)
    };
    let is_brace =
        |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    match tokens {
        [TokenTree::Ident(word), TokenTree::Ident(_), ..] if word == "fn" => {
            up_to(&|token| is_brace(token) || is_punct(token, ';'))
        }
        [TokenTree::Ident(word), ..] if word == "use" => up_to(&|token| is_punct(token, ';')),
        [TokenTree::Ident(word), TokenTree::Group(_), ..] if word == "pub" => 2,
        _ => 0,
    }
}

/// `self::path`, or `$self`.
fn is_path(before: &[TokenTree], after: Option<&TokenTree>) -> bool {
    after.is_some_and(|token| is_punct(token, ':')) || before.last().is_some_and(|token| is_punct(token, '$'))
}

fn is_whole(before: &[TokenTree], after: Option<&TokenTree>) -> bool {
    let borrowed = match before.last() {
        Some(TokenTree::Ident(word)) => word == "mut",
        Some(token) => is_punct(token, '&') || is_punct(token, '*'),
        None => false,
    };
    !borrowed && !after.is_some_and(|token| is_punct(token, '.'))
}

/// Whether `name!` precedes a group, and is not a macro of the standard library.
fn is_other_macro(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(name), bang] if is_punct(bang, '!') => {
            let operand =
                ["if", "while", "return", "match", "in", "else", "break"].iter().any(|word| name == word);
            !operand && !STD_MACROS.iter().any(|known| name == known)
        }
        [.., TokenTree::Ident(word), bang, TokenTree::Ident(_)] if is_punct(bang, '!') => {
            word == "macro_rules"
        }
        _ => false,
    }
}
