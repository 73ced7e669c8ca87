use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, Lit, Token};

use super::ratio::Percent;
use crate::attribute::Attribute;
use crate::diagnostics::{Faults, OptionFault, span_of};
use crate::tables::Row;

/// One option, as written in the source.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) option: &'static Row,
    /// Without the `r#` of a raw identifier.
    pub(super) key: Ident,
    pub(super) value: Raw,
}

#[derive(Clone)]
pub(super) enum Raw {
    /// `key`
    Missing,
    /// `key(..)`
    List(Group),
    /// `key = ..`
    Expr(Expr),
    /// `key = 50%`
    Percent(Percent),
}

/// Reads one option after another. A mistake in one of them does not hide the others.
pub(super) struct Reader<'a> {
    pub(super) attribute: Attribute,
    pub(super) faults: &'a mut Faults,
    pub(super) entries: Vec<Entry>,
    /// Keys that are not options.
    pub(super) unknown: Vec<Ident>,
    /// Whether tokens were skipped that may have been any option.
    pub(super) strays: bool,
    position: usize,
}

/// The tokens after a word decide whether it is a key.
enum Next {
    Value,
    Nothing,
    /// `key: value`, `key == value`
    NotEquals,
    /// `key value`
    Operand,
    Other,
}

impl<'a> Reader<'a> {
    pub(super) fn new(attribute: Attribute, faults: &'a mut Faults) -> Self {
        Self { attribute, faults, entries: Vec::new(), unknown: Vec::new(), strays: false, position: 0 }
    }

    pub(super) fn read(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            if input.peek(Token![,]) {
                let comma: Token![,] = input.parse()?;
                self.faults.at(&comma, &OptionFault::NoOption);
                continue;
            }
            let readable = self.attributes(input);
            if input.is_empty() {
                break;
            }
            if !readable || self.option(input).is_none() {
                self.strays = true;
                skip_to_comma(input)?;
            }
            self.separator(input)?;
        }
        Ok(())
    }

    /// Accepts doc comments. Returns `false` if the tokens cannot be read.
    fn attributes(&mut self, input: ParseStream<'_>) -> bool {
        let attributes = match input.call(syn::Attribute::parse_outer) {
            Ok(attributes) => attributes,
            Err(error) => {
                self.faults.syntax(&error, |message| OptionFault::Syntax { message });
                return false;
            }
        };
        for attribute in attributes.iter().filter(|attribute| !attribute.path().is_ident("doc")) {
            self.faults.at(attribute, &OptionFault::Attributes);
        }
        true
    }

    fn separator(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.is_empty() {
            return Ok(());
        }
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            return Ok(());
        }
        let stray = input.fork().parse::<TokenTree>()?;
        self.faults.at(&stray, &OptionFault::NoComma);
        if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
        } else if !starts_an_option(input) {
            self.strays = true;
            skip_to_comma(input)?;
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }

    /// Reads `key`, `key(..)`, `key = ..`, or a positional value; `None` if it could not be read.
    fn option(&mut self, input: ParseStream<'_>) -> Option<()> {
        let ahead = input.fork();
        if let Ok(word) = ahead.call(Ident::parse_any) {
            let key = word.unraw();
            let option = self.attribute.option(&key.to_string());
            match (next(&ahead), option) {
                (Next::NotEquals, _) if option.is_some() || self.attribute.positional().is_empty() => {
                    let sign = ahead.parse::<TokenTree>().ok()?;
                    self.faults.at(&sign, &OptionFault::NoEquals { key: key.to_string() });
                    return None;
                }
                (Next::Value, _)
                    if key != "_" && (ahead.peek(Token![=]) || self.attribute.looks_like_a_key(&key)) =>
                {
                    input.call(Ident::parse_any).ok()?;
                    return self.keyed(key, input);
                }
                (Next::Operand, Some(option)) if !option.kind.is_names() => {
                    let value = ahead.fork().parse::<TokenTree>().ok()?;
                    self.faults.at(&value, &OptionFault::NoEquals { key: key.to_string() });
                    self.strays = true;
                    input.call(Ident::parse_any).ok()?;
                    // It ends with the expression, because a closure may contain commas.
                    return input.parse::<Expr>().ok().map(drop);
                }
                (Next::Nothing, Some(_)) => {
                    input.call(Ident::parse_any).ok()?;
                    self.push(key, Raw::Missing);
                    return Some(());
                }
                _ => {}
            }
        }
        match input.parse::<Expr>() {
            Ok(expr) => {
                self.by_position(expr);
                Some(())
            }
            Err(error) => {
                self.faults.syntax(&error, |message| OptionFault::Syntax { message });
                None
            }
        }
    }

    fn keyed(&mut self, key: Ident, input: ParseStream<'_>) -> Option<()> {
        match value(input) {
            Ok(Raw::Expr(Expr::Infer(infer))) => {
                self.faults.at(&infer, &OptionFault::LeftOutByName { key: key.to_string() });
                self.strays = true;
                Some(())
            }
            Ok(value) => {
                self.push(key, value);
                Some(())
            }
            Err(error) => {
                let key = key.to_string();
                let is_known = self.attribute.knows(&key);
                self.faults.syntax(&error, |message| {
                    if is_known {
                        OptionFault::Value { key: key.clone(), message }
                    } else {
                        OptionFault::Syntax { message }
                    }
                });
                None
            }
        }
    }

    fn by_position(&mut self, expr: Expr) {
        let attribute = self.attribute;
        let option = attribute.positional().get(self.position);
        self.position += 1;
        let left_out = matches!(expr, Expr::Infer(_));
        match option {
            Some(_) if left_out => {}
            Some(option) => {
                let key = Ident::new(option.key, span_of(&expr));
                self.push(key, Raw::Expr(expr));
            }
            None if left_out => self.faults.at(&expr, &OptionFault::LeftOut { attribute }),
            None => {
                self.strays = true;
                self.faults.at(&expr, &stray(attribute, &expr));
            }
        }
    }

    fn push(&mut self, key: Ident, value: Raw) {
        if self.entries.iter().map(|entry| &entry.key).chain(&self.unknown).any(|given| *given == key) {
            self.faults.at(&key, &OptionFault::Twice { key: key.to_string() });
        } else if let Some(option) = self.attribute.option(&key.to_string()) {
            self.entries.push(Entry { option, key, value });
        } else {
            self.faults.at(&key, &OptionFault::Unknown { attribute: self.attribute, key: key.to_string() });
            self.unknown.push(key);
        }
    }
}

/// A single word is more likely a misspelt option than a value; other tokens may have been any option.
fn stray(attribute: Attribute, expr: &Expr) -> OptionFault {
    let table = attribute.table();
    let key = match expr {
        Expr::Path(path) => {
            if let Some(word) = path.path.get_ident() {
                return OptionFault::Unknown { attribute, key: word.to_string() };
            }
            table.condition
        }
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) if number.suffix().is_empty() => table.count,
            Lit::Str(_) => "name",
            _ => table.wait,
        },
        _ => table.condition,
    };
    OptionFault::ByPosition { attribute, key }
}

fn next(ahead: ParseStream<'_>) -> Next {
    let equals = ahead.peek(Token![=]) && !ahead.peek(Token![==]) && !ahead.peek(Token![=>]);
    let not_equals = ahead.peek(Token![==])
        || ahead.peek(Token![=>])
        || (ahead.peek(Token![:]) && !ahead.peek(Token![::]));
    if equals || ahead.peek(syn::token::Paren) {
        Next::Value
    } else if not_equals {
        Next::NotEquals
    } else if ahead.is_empty() || ahead.peek(Token![,]) {
        Next::Nothing
    } else if ahead.peek(Token![|])
        || ahead.peek(Token![||])
        || ahead.peek(Lit)
        || ahead.peek(Ident::peek_any) && !ahead.peek(Token![as])
    {
        Next::Operand
    } else {
        Next::Other
    }
}

/// Only a comma is missing.
fn starts_an_option(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.call(Ident::parse_any).is_ok() && matches!(next(&ahead), Next::Value)
}

fn value(input: ParseStream<'_>) -> syn::Result<Raw> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Raw::Missing);
        }
        if let Some(percent) = Percent::read(input)? {
            return Ok(Raw::Percent(percent));
        }
        return Ok(Raw::Expr(input.parse()?));
    }
    match input.parse::<TokenTree>()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => Ok(Raw::List(group)),
        other => Err(syn::Error::new(other.span(), "expected `(` or `=`")),
    }
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
