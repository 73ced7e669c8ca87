use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Lit, LitStr, Pat, Path, Token};

use super::backoff::{BackoffSyntax, JitterSyntax};
use super::count::Count;
use super::duration::Time;
use super::ratio::Percent;
use crate::attribute::Attribute;
use crate::diagnostics::{Fault, Faults};

/// The options of one attribute, each with the place it stands at.
pub(crate) struct Options {
    attribute: Attribute,
    entries: Vec<Entry>,
}

struct Entry {
    key: Ident,
    value: Value,
}

enum Value {
    /// `key`
    Missing,
    /// `key(..)`
    List(TokenStream),
    /// `key = ..`
    Expr(Expr),
    /// `key = 50%`
    Percent(Percent),
}

/// A question about a value: `on(PATTERN)`, or `on = predicate`.
pub(crate) enum Predicate {
    Pattern(TokenStream),
    Expr(Expr),
}

impl Options {
    /// `None` if they could not be told apart.
    pub(crate) fn read(attribute: Attribute, tokens: TokenStream, faults: &mut Faults) -> Option<Self> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut position = 0;
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                match entry(attribute, input, &mut position, faults) {
                    Ok(Some(entry)) => push(&mut entries, entry, faults),
                    Ok(None) => {}
                    Err(error) => {
                        faults.syntax(&error);
                        skip_to_comma(input);
                    }
                }
                if input.is_empty() {
                    break;
                }
                if let Err(error) = input.parse::<Token![,]>() {
                    faults.syntax(&error);
                    skip_to_comma(input);
                    if input.peek(Token![,]) {
                        input.parse::<Token![,]>()?;
                    }
                }
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            faults.syntax(&error);
            return None;
        }
        Some(Self { attribute, entries })
    }

    /// Where the option stands, if it is given.
    pub(crate) fn key(&self, key: &str) -> Option<Ident> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.key.clone())
    }

    /// What nobody asked for is unknown.
    pub(crate) fn finish(self, faults: &mut Faults) {
        for entry in self.entries {
            let key = entry.key.unraw().to_string();
            faults.at(&entry.key, Fault::UnknownOption { attribute: self.attribute, key: &key });
        }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// The expression of `key = EXPR`.
    pub(crate) fn expr(&mut self, key: &str, faults: &mut Faults) -> Option<Expr> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Expr(expr) => return Some(expr),
            Value::Missing => faults.at(&entry.key, Fault::NoValue { key }),
            Value::List(_) => faults.at(&entry.key, Fault::NoPattern { key }),
            Value::Percent(percent) => faults.at(&percent, Fault::NotAnExpression { key }),
        }
        None
    }

    pub(crate) fn predicate(&mut self, key: &str, faults: &mut Faults) -> Option<Predicate> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Expr(expr) => return Some(Predicate::Expr(expr)),
            Value::Missing => faults.at(&entry.key, Fault::NoValue { key }),
            Value::Percent(percent) => faults.at(&percent, Fault::NotAnExpression { key }),
            Value::List(tokens) if tokens.is_empty() => faults.at(&entry.key, Fault::EmptyPattern { key }),
            Value::List(tokens) => match pattern.parse2(tokens.clone()) {
                Ok(()) => return Some(Predicate::Pattern(tokens)),
                Err(error) => faults.syntax(&error),
            },
        }
        None
    }

    pub(crate) fn time(&mut self, key: &str, faults: &mut Faults) -> Option<Time> {
        let expr = self.expr(key, faults)?;
        Time::read(key, &expr, faults)
    }

    /// `Some(None)`: forever.
    pub(crate) fn time_or_forever(&mut self, key: &str, faults: &mut Faults) -> Option<Option<Time>> {
        let expr = self.expr(key, faults)?;
        match &expr {
            Expr::Path(path) if path.path.is_ident("forever") => Some(None),
            _ => Time::read(key, &expr, faults).map(Some),
        }
    }

    pub(crate) fn count(&mut self, key: &str, faults: &mut Faults) -> Option<Count> {
        let expr = self.expr(key, faults)?;
        Count::read(key, &expr, faults)
    }

    pub(crate) fn backoff(&mut self, faults: &mut Faults) -> Option<BackoffSyntax> {
        let expr = self.expr("backoff", faults)?;
        BackoffSyntax::read(&expr, faults)
    }

    pub(crate) fn jitter(&mut self, faults: &mut Faults) -> Option<JitterSyntax> {
        let entry = self.take("jitter")?;
        match entry.value {
            Value::Percent(percent) => JitterSyntax::read_percent(&percent, faults),
            Value::Expr(expr) => JitterSyntax::read(&expr, faults),
            Value::Missing | Value::List(_) => {
                faults.at(&entry.key, Fault::NoValue { key: "jitter" });
                None
            }
        }
    }

    pub(crate) fn string(&mut self, key: &str, faults: &mut Faults) -> Option<LitStr> {
        match self.expr(key, faults)? {
            Expr::Lit(syn::ExprLit { lit: Lit::Str(string), .. }) => Some(string),
            other => {
                faults.at(&other, Fault::NotAString { key });
                None
            }
        }
    }

    pub(crate) fn path(&mut self, key: &str, faults: &mut Faults) -> Option<Path> {
        match self.expr(key, faults)? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path),
            other => {
                faults.at(&other, Fault::NotAPath);
                None
            }
        }
    }

    /// The names in `key(a, b)`.
    pub(crate) fn names(&mut self, key: &str, faults: &mut Faults) -> Vec<Ident> {
        let Some(entry) = self.take(key) else { return Vec::new() };
        let Value::List(tokens) = entry.value else {
            faults.at(&entry.key, Fault::NotAListOfArguments);
            return Vec::new();
        };
        let names = syn::punctuated::Punctuated::<Ident, Token![,]>::parse_terminated_with;
        match (|input: ParseStream<'_>| names(input, Ident::parse_any)).parse2(tokens) {
            Ok(names) if !names.is_empty() => names.into_iter().collect(),
            _ => {
                faults.at(&entry.key, Fault::NotAListOfArguments);
                Vec::new()
            }
        }
    }
}

/// `key`, `key(..)`, `key = ..`, or a value by position.
fn entry(
    attribute: Attribute,
    input: ParseStream<'_>,
    position: &mut usize,
    faults: &mut Faults,
) -> syn::Result<Option<Entry>> {
    let ahead = input.fork();
    if let Ok(key) = ahead.call(Ident::parse_any) {
        let is_key = (ahead.peek(syn::token::Paren) && attribute.looks_like_a_key(&key))
            || (ahead.peek(Token![=]) && !ahead.peek(Token![==]))
            || ((ahead.is_empty() || ahead.peek(Token![,]))
                && attribute.keys().iter().any(|known| key == known));
        if is_key && key != "_" {
            input.call(Ident::parse_any)?;
            return Ok(Some(Entry { value: value(input)?, key }));
        }
    }
    let expr: Expr = input.parse()?;
    let index = *position;
    *position += 1;
    let left_out = matches!(expr, Expr::Infer(_));
    match attribute.positional().get(index) {
        Some(_) if left_out => Ok(None),
        Some(key) => {
            let span = crate::diagnostics::span_of(&expr);
            Ok(Some(Entry { key: Ident::new(key, span), value: Value::Expr(expr) }))
        }
        None if left_out => {
            faults.at(&expr, Fault::LateLeftOut { attribute });
            Ok(None)
        }
        None => {
            lone_word(attribute, &expr, faults);
            Ok(None)
        }
    }
}

/// A word by itself is more likely a misspelt option than a value.
fn lone_word(attribute: Attribute, expr: &Expr, faults: &mut Faults) {
    match expr {
        Expr::Path(path) if path.path.get_ident().is_some() => {
            let key = path.to_token_stream().to_string();
            faults.at(expr, Fault::UnknownOption { attribute, key: &key });
        }
        _ => faults.at(expr, Fault::TooManyPositional { attribute }),
    }
}

fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Value::Missing);
        }
        if let Some(percent) = Percent::peek(input) {
            input.parse::<Lit>()?;
            input.parse::<Token![%]>()?;
            return Ok(Value::Percent(percent));
        }
        return Ok(Value::Expr(input.parse()?));
    }
    match input.cursor().group(Delimiter::Parenthesis) {
        Some((inside, ..)) => {
            let tokens = inside.token_stream();
            input.parse::<TokenTree>()?;
            Ok(Value::List(tokens))
        }
        None => Ok(Value::Missing),
    }
}

fn push(entries: &mut Vec<Entry>, entry: Entry, faults: &mut Faults) {
    if entries.iter().any(|known| known.key == entry.key) {
        let key = entry.key.to_string();
        faults.at(&entry.key, Fault::Twice { key: &key });
    } else {
        entries.push(entry);
    }
}

/// So that one slip does not hide the next.
fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// `PATTERN`, or `PATTERN if GUARD`.
fn pattern(input: ParseStream<'_>) -> syn::Result<()> {
    Pat::parse_multi_with_leading_vert(input)?;
    if input.peek(Token![if]) {
        input.parse::<Token![if]>()?;
        input.parse::<Expr>()?;
    }
    if input.is_empty() {
        return Ok(());
    }
    if input.peek(Token![,]) {
        return Err(syn::Error::new(input.span(), "several patterns are separated by `|`, not by `,`"));
    }
    Err(input.error("expected the end of the pattern"))
}

/// The place of a predicate, for errors about it.
impl Predicate {
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Pattern(tokens) => crate::diagnostics::span_of(tokens),
            Self::Expr(expr) => crate::diagnostics::span_of(expr),
        }
    }
}
