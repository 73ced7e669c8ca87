//! Checks for names in the patterns of options: a misspelt constant is a new variable, which matches everything.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Pat, Token};

use crate::diagnostics::generated_at;

/// Whether the pattern, or an alternative, starts with `&` and so matches a reference to the value.
pub(super) fn is_of_reference(pattern: &Pat) -> bool {
    match pattern {
        Pat::Reference(_) => true,
        Pat::Or(or) => or.cases.iter().any(is_of_reference),
        Pat::Paren(inside) => is_of_reference(&inside.pat),
        Pat::Ident(name) => name.subpat.as_ref().is_some_and(|(_, inside)| is_of_reference(inside)),
        _ => false,
    }
}

/// A pattern that does not compile if a name that is written like a constant is a variable: its last alternative has no
/// variables. `None` if there is no such name, or if one of the user's alternatives lacks it, because then the compiler
/// reports it there.
pub(super) fn proof(pattern: &Pat) -> Option<TokenStream> {
    let (first, others) = match pattern {
        Pat::Or(or) => (or.cases.first()?, or.cases.iter().skip(1).collect()),
        _ => (pattern, Vec::new()),
    };
    let in_all = |name: &Ident| others.iter().all(|case| constants(case).contains(name));
    let name = constants(first).into_iter().find(in_all)?;
    let wild = quote_spanned!(generated_at(name.span())=> _);
    let mut pattern = first.clone();
    without_variables(&mut pattern);
    Some(quote!(#pattern | #wild))
}

/// The names that are written like constants and variants.
fn constants(pattern: &Pat) -> Vec<Ident> {
    let mut names = Vec::new();
    collect(&mut pattern.clone(), &mut names);
    names
}

fn collect(pattern: &mut Pat, names: &mut Vec<Ident>) {
    names.extend(constant(pattern).cloned());
    each_part(pattern, &mut |part| collect(part, names));
}

fn constant(pattern: &Pat) -> Option<&Ident> {
    let Pat::Ident(name) = pattern else { return None };
    let is_name = name.by_ref.is_none() && name.mutability.is_none() && name.subpat.is_none();
    let word = name.ident.to_string();
    (is_name && word.trim_start_matches('_').starts_with(char::is_uppercase)).then_some(&name.ident)
}

/// Replaces variables by `_`.
fn without_variables(pattern: &mut Pat) {
    if constant(pattern).is_some() {
        return;
    }
    if let Pat::Ident(name) = pattern {
        let inside = name.subpat.take().map(|(_, inside)| *inside);
        *pattern = inside.unwrap_or_else(|| Pat::Verbatim(quote!(_)));
    }
    each_part(pattern, &mut without_variables);
}

fn each_part(pattern: &mut Pat, see: &mut dyn FnMut(&mut Pat)) {
    match pattern {
        Pat::Ident(name) => name.subpat.iter_mut().for_each(|(_, part)| see(part)),
        Pat::Or(or) => or.cases.iter_mut().for_each(see),
        Pat::Paren(inside) => see(&mut inside.pat),
        Pat::Reference(reference) => see(&mut reference.pat),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(see),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(see),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(see),
        Pat::Struct(fields) => {
            for field in &mut fields.fields {
                // `{ name }` is `{ name: name }`.
                field.colon_token.get_or_insert_with(<Token![:]>::default);
                see(&mut field.pat);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse::Parser;

    use super::*;

    fn proved(pattern: &str) -> Option<String> {
        let pattern = Pat::parse_multi_with_leading_vert.parse_str(pattern).expect("it is a pattern");
        proof(&pattern).map(|proof| proof.to_string().replace(' ', ""))
    }

    #[test]
    fn a_name_that_may_be_a_misspelt_constant_has_to_be_proved_one() {
        for (pattern, expected) in [
            ("BAD", "BAD|_"),
            ("Bad", "Bad|_"),
            ("_BAD", "_BAD|_"),
            ("Some(BAD)", "Some(BAD)|_"),
            ("Some(n @ (1 | BAD))", "Some((1|BAD))|_"),
            ("Down { code, kind: BAD, .. }", "Down{code:_,kind:BAD,..}|_"),
            ("[first, BAD, rest @ ..]", "[_,BAD,..]|_"),
            ("&(ref a, mut b, BAD)", "&(_,_,BAD)|_"),
            ("A(BAD, x) | B(x, BAD)", "A(BAD,_)|_"),
        ] {
            assert_eq!(proved(pattern).as_deref(), Some(expected), "{pattern}");
        }
        for pattern in
            ["A | B", "Error::Bad", "bad", "ref BAD", "200", "Some(n)", "BAD @ 1..", "A(X) | B(Y)", "_"]
        {
            assert_eq!(proved(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_a_reference_is_known_by_its_first_sign() {
        for (text, expected) in
            [("&A", true), ("A | &B", true), ("x @ (&A | &B)", true), ("Some(&A)", false), ("A", false)]
        {
            let pattern = Pat::parse_multi_with_leading_vert.parse_str(text).expect("it is a pattern");
            assert_eq!(is_of_reference(&pattern), expected, "{}", pattern.to_token_stream());
        }
    }
}
