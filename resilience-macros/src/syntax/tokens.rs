use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use syn::ext::IdentExt;

/// An identifier at any depth that satisfies the condition.
pub(crate) fn find_ident(tokens: TokenStream, is_it: &dyn Fn(&Ident) -> bool) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => is_it(&ident).then_some(ident),
        TokenTree::Group(group) => find_ident(group.stream(), is_it),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

/// Like [`find_ident`], but not of the later segments of a path: `N` in `limits::N` is not a parameter of anything.
pub(super) fn find_first_segment(tokens: TokenStream, is_it: &dyn Fn(&Ident) -> bool) -> Option<Ident> {
    let mut colons = 0;
    tokens.into_iter().find_map(|token| {
        let is_first = colons < 2;
        colons = if is_punct(&token, ':') { colons + 1 } else { 0 };
        match token {
            TokenTree::Ident(ident) => (is_first && is_it(&ident)).then_some(ident),
            TokenTree::Group(group) => find_first_segment(group.stream(), is_it),
            TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        }
    })
}

/// The first result of a function for the literals at any depth.
pub(super) fn find_literal<T>(tokens: TokenStream, find: &dyn Fn(&Literal) -> Option<T>) -> Option<T> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Literal(literal) => find(&literal),
        TokenTree::Group(group) => find_literal(group.stream(), find),
        TokenTree::Ident(_) | TokenTree::Punct(_) => None,
    })
}

/// Whether a variable is used, including in format strings.
pub(crate) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    let text = name.unraw().to_string();
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&text),
        TokenTree::Punct(_) => false,
    })
}

pub(crate) fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(token) if token.as_char() == punct)
}

/// The first variable, at any depth, for which `is_it` holds: fields, methods and paths are skipped.
pub(super) fn find_variable(tokens: TokenStream, is_it: &dyn Fn(&Ident) -> bool) -> Option<Ident> {
    let mut tokens = tokens.into_iter().peekable();
    let mut behind_a_name = false;
    while let Some(token) = tokens.next() {
        let before_a_name =
            matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), ':' | '!'));
        match &token {
            TokenTree::Ident(ident) if !behind_a_name && !before_a_name && is_it(ident) => {
                return Some(ident.clone());
            }
            TokenTree::Group(group) => {
                if let Some(found) = find_variable(group.stream(), is_it) {
                    return Some(found);
                }
            }
            _ => {}
        }
        behind_a_name = matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), '.' | ':'));
    }
    None
}

/// Whether a pattern binds the name; fields and paths do not count.
pub(super) fn binds(pattern: TokenStream, name: &Ident) -> bool {
    let tokens: Vec<TokenTree> = pattern.into_iter().collect();
    let is_colon = |index: usize| tokens.get(index).is_some_and(|token| is_punct(token, ':'));
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(word) if word.unraw() == name.unraw() => {
            let ends_path = index >= 2 && is_colon(index - 1) && is_colon(index - 2);
            !ends_path && !is_colon(index + 1)
        }
        TokenTree::Group(group) => binds(group.stream(), name),
        _ => false,
    })
}

/// Whether a variable is used as a whole, and not only a field of it.
pub(super) fn used_whole(tokens: TokenStream, name: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(word) if word == name => {
            let of_a_field = match &tokens[index + 1..] {
                [dot, TokenTree::Ident(_), TokenTree::Group(group), ..] if is_punct(dot, '.') => {
                    group.delimiter() != Delimiter::Parenthesis
                }
                [dot, TokenTree::Ident(_), colon, ..] if is_punct(dot, '.') => !is_punct(colon, ':'),
                [dot, TokenTree::Ident(_) | TokenTree::Literal(_), ..] => is_punct(dot, '.'),
                _ => false,
            };
            !of_a_field
        }
        TokenTree::Group(group) => used_whole(group.stream(), name),
        _ => false,
    })
}

/// The tokens with `self` replaced by another identifier, at any depth.
pub(super) fn renamed(tokens: TokenStream, name: &Ident) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut all = Vec::new();
    while let Some(token) = tokens.next() {
        // `self::path` is a module.
        let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        all.push(match token {
            TokenTree::Ident(word) if word == "self" && !is_path => {
                TokenTree::Ident(Ident::new(&name.to_string(), name.span().located_at(word.span())))
            }
            TokenTree::Group(group) => {
                let mut inside = Group::new(group.delimiter(), renamed(group.stream(), name));
                inside.set_span(group.span());
                TokenTree::Group(inside)
            }
            other => other,
        });
    }
    all.into_iter().collect()
}

/// The names after a `mut` that is not `&mut`, each with its `mut`; those after `ref mut` only if they are not
/// `shared`.
pub(super) fn mutable_names(pattern: TokenStream, shared: bool, names: &mut Vec<(TokenTree, Ident)>) {
    let mut tokens = pattern.into_iter().peekable();
    let mut after_reference = false;
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) if word == "mut" && !after_reference => {
                if let Some(TokenTree::Ident(name)) = tokens.peek() {
                    names.push((token.clone(), name.clone()));
                }
            }
            TokenTree::Group(group) => mutable_names(group.stream(), shared, names),
            _ => {}
        }
        after_reference = match &token {
            TokenTree::Punct(punct) => punct.as_char() == '&',
            TokenTree::Ident(word) => shared && word == "ref",
            _ => false,
        };
    }
}
