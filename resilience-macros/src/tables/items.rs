use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::{Row, Table};
use crate::attribute::Attribute;

/// What editors show over an option: an expansion names one of these items where the option stands in the source.
pub(crate) fn items() -> TokenStream {
    let tables = Attribute::ALL.map(|attribute| module(attribute.table()));
    quote!(#(#tables)*)
}

fn module(table: &Table) -> TokenStream {
    let (name, doc) =
        (Ident::new(table.name, Span::call_site()), format!("The options of `#[{}]`.", table.name));
    let items = table.options.iter().map(|row| {
        let (name, doc) = (row.item(Span::call_site()), row.summary());
        quote!(#[doc = #doc] pub const #name: () = ();)
    });
    quote!(#[doc = #doc] pub mod #name { #(#items)* })
}

impl Row {
    /// The item's name, which `crate` cannot be.
    pub(crate) fn item(&self, span: Span) -> Ident {
        Ident::new(if self.key == "crate" { "crate_" } else { self.key }, span)
    }

    /// How it is written, its default, and what it means, as the page's row has them.
    pub(super) fn columns(&self) -> [&'static str; 3] {
        let mut columns = self.doc.trim().splitn(3, " | ");
        [(); 3].map(|()| columns.next().unwrap_or_default())
    }

    /// The row of the page as two paragraphs. Its links are the page's.
    fn summary(&self) -> String {
        let [written, default, meaning] =
            self.columns().map(|column| column.replace("\\|", "|").replace("[`", "`").replace("`]", "`"));
        format!("{meaning}\n\n{written}. Default: {default}.")
    }
}

#[cfg(test)]
mod tests {
    use syn::{Expr, ExprLit, File, Item, ItemMod, Lit, Meta};

    use super::*;

    fn modules() -> Vec<ItemMod> {
        let file: File = syn::parse2(items()).expect("the items are Rust");
        let module = |item| match item {
            Item::Mod(module) => Some(module),
            _ => None,
        };
        file.items.into_iter().filter_map(module).collect()
    }

    fn doc_of(attrs: &[syn::Attribute]) -> Option<String> {
        attrs.iter().find_map(|attr| match &attr.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        })
    }

    #[test]
    fn every_option_has_a_documented_item_for_editors_to_show() {
        let modules = modules();
        for attribute in Attribute::ALL {
            let module = modules.iter().find(|module| module.ident == attribute.name());
            let (_, items) = module.and_then(|module| module.content.as_ref()).expect("a module");
            for option in attribute.table().options {
                let name = option.item(Span::call_site());
                let doc = items.iter().find_map(|item| match item {
                    Item::Const(item) if item.ident == name => doc_of(&item.attrs),
                    _ => None,
                });
                let doc = doc.unwrap_or_else(|| panic!("{attribute} {} has no documentation", option.key));
                assert!(doc.contains(&format!("`{}", option.key)), "{attribute}: {doc}");
                for column in option.columns() {
                    assert!(!column.is_empty() && !column.starts_with('|'), "{attribute}: {doc}");
                }
            }
        }
    }

    #[test]
    fn a_row_of_the_page_becomes_two_paragraphs() {
        let option = Attribute::Retry.option("retry_after").expect("it is one");
        assert_eq!(
            option.summary(),
            "The wait that the server asked for, as an `Option<Duration>`: a lower bound for the next wait.\n\n\
             `retry_after = |e| ..`. Default: none."
        );
    }
}
