//! Arguments that a body certainly moves. Only few cases are detected: arguments of an owned type of the standard
//! library whose first use is as an argument of a call. The compiler reports the others.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Pat, PatIdent, Type};

use super::Function;
use super::tokens::{is_punct, mentions};

/// Types that are not `Copy`.
const OWNED: [&str; 11] = [
    "String", "Vec", "Box", "Arc", "PathBuf", "OsString", "HashMap", "HashSet", "BTreeMap", "BTreeSet",
    "VecDeque",
];

impl Function {
    /// The arguments that the body moves, each with the place of the move.
    pub(crate) fn moved_arguments(&self) -> Vec<Ident> {
        // Code before the future may have shadowed them.
        if self.has_setup() {
            return Vec::new();
        }
        let owned = self.arguments().filter_map(|(pattern, ty)| match pattern {
            Pat::Ident(PatIdent { ident, by_ref: None, subpat: None, .. }) => is_owned(ty).then_some(ident),
            _ => None,
        });
        owned.filter_map(|name| first_use(self.body.stream(), name)).collect()
    }
}

fn is_owned(ty: &Type) -> bool {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            path.path.segments.last().is_some_and(|last| OWNED.iter().any(|name| last.ident == name))
        }
        _ => false,
    }
}

/// The first mention of the variable, if it is an argument of a call.
fn first_use(tokens: TokenStream, name: &Ident) -> Option<Ident> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (index, token) =
        tokens.iter().enumerate().find(|(_, token)| mentions((*token).clone().into(), name))?;
    let TokenTree::Group(group) = token else { return None };
    if group.delimiter() == Delimiter::Parenthesis && is_function(&tokens[..index]) {
        let arguments: Vec<TokenTree> = group.stream().into_iter().collect();
        let is_comma = |token: &TokenTree| is_punct(token, ',');
        let first = arguments.split(is_comma).find(|part| mentions(part.iter().cloned().collect(), name))?;
        if let [TokenTree::Ident(word)] = first {
            return (word == name).then(|| word.clone());
        }
    }
    // The use inside a macro is unknown.
    let is_macro = index.checked_sub(1).is_some_and(|before| is_punct(&tokens[before], '!'));
    if is_macro { None } else { first_use(group.stream(), name) }
}

/// The end of `function` or of `.method`; a capitalised name may be a pattern.
fn is_function(before: &[TokenTree]) -> bool {
    const KEYWORDS: [&str; 9] = ["if", "while", "match", "return", "in", "break", "await", "let", "else"];
    match before {
        [.., TokenTree::Ident(keyword), TokenTree::Ident(_)] if keyword == "fn" => false,
        [.., TokenTree::Ident(word)] => {
            let text = word.to_string();
            text.starts_with(|c: char| c.is_lowercase() || c == '_') && !KEYWORDS.contains(&text.as_str())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_moved_if_its_first_use_is_as_an_argument_of_a_function() {
        let moved = |body: &str| {
            let tokens: TokenStream = body.parse().expect("it is made of tokens");
            first_use(tokens, &syn::parse_quote!(x)).is_some()
        };
        for body in [
            "send(x)",
            "let y = 1; Ok(send(y, x)?)",
            "queue.push(x)",
            "if y { drop(x) }",
            "move || send(x)",
            "tokio::spawn(async move { send(x) }).await",
            "self::send(y, x,)",
        ] {
            assert!(moved(body), "{body}");
        }
        for body in [
            "send(&x)",
            "send(x.len())",
            "let x = 1; send(x)",
            "match y { Some(x) => send(x), None => {} }",
            "y.map(|x| send(x))",
            "println!(\"{}\", f(x))",
            "fn send(x: u8) {}",
            "if (x) {}",
            "log(\"{x}\"); send(x)",
            "send(y)",
        ] {
            assert!(!moved(body), "{body}");
        }
    }
}
