use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};

/// Parses the content of a group, so that an unexpected end is reported at the end of the group, and not at the
/// attribute as a whole.
pub(super) fn inside<T>(
    group: &Group,
    parser: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let outside = |input: ParseStream<'_>| {
        let content;
        match group.delimiter() {
            Delimiter::Brace => drop(syn::braced!(content in input)),
            _ => drop(syn::parenthesized!(content in input)),
        }
        parser(&content)
    };
    outside.parse2(TokenTree::Group(group.clone()).into())
}

/// The tokens in parentheses that have the span of the last token.
pub(super) fn enclose(tokens: TokenStream) -> Group {
    let end = tokens.clone().into_iter().last().map(|last| last.span());
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    if let Some(end) = end {
        group.set_span(end);
    }
    group
}
