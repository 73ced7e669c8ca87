use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{BinOp, Expr, ExprBinary, ExprField, Lit, Member, Path, Token};

use super::duration::join_units;
use super::exits::{Exits, judge};
use super::function::Function;
use super::inside::{enclose, inside};
use super::predicate::{Predicate, is_value};
use super::reader::{Entry, Raw, Reader};
use super::tokens::find_ident;
use super::value::Value;
use crate::attribute::Attribute;
use crate::diagnostics::{Faults, NameFault, OptionFault, suggestion};
use crate::tables::{OptionKind, Row};

/// The options of one attribute, each with its place.
#[derive(Clone)]
pub(crate) struct Options {
    attribute: Attribute,
    span: Span,
    entries: Vec<Entry>,
    /// Keys that are not options.
    unknown: Vec<Ident>,
    strays: bool,
}

impl Options {
    pub(crate) fn read(attribute: Attribute, span: Span, tokens: TokenStream, faults: &mut Faults) -> Self {
        let tokens = join_units(tokens, faults);
        let mut reader = Reader::new(attribute, faults);
        let read = inside(&enclose(tokens), |input| reader.read(input));
        let Reader { faults, entries, unknown, strays, .. } = reader;
        if let Err(error) = read {
            faults.syntax(&error, |message| OptionFault::Syntax { message });
        }
        Self { attribute, span, entries, unknown, strays }
    }

    pub(crate) fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// The span of the attribute as a whole, for errors about missing options.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// All options that are given, with their places.
    pub(crate) fn places(&self) -> Vec<(&'static Row, Span)> {
        self.entries.iter().map(|entry| (entry.option, entry.key.span())).collect()
    }

    /// The settings of the policy that are given, in the order of the table.
    pub(crate) fn settings(&self) -> Vec<&'static str> {
        let settings = self.attribute.table().options.iter().filter(|option| option.kind.is_setting());
        settings.map(|option| option.key).filter(|key| self.has(key)).collect()
    }

    /// Copies an option that is given in one layer of a stack to the others.
    pub(crate) fn inherit(&mut self, key: &str, from: &[Self]) {
        if let (Some(given), false) = (from.iter().find_map(|options| options.entry(key)), self.has(key)) {
            self.entries.push(given.clone());
        }
    }

    fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.option.key == key)
    }

    /// Borrows functions that are arguments or fields, because they are called repeatedly.
    pub(crate) fn borrow_functions(&mut self, function: &Function, is_repeated: bool) {
        const CALLED: [&str; 7] = ["on", "giveup", "until", "alarm", "ignore", "retry_after", "on_error"];
        for entry in self.entries.iter_mut().filter(|entry| CALLED.contains(&entry.option.key)) {
            if let Raw::Expr(expr) = &mut entry.value {
                if let Some(borrowed) = function.borrowed(expr, is_repeated) {
                    *expr = borrowed;
                }
            }
        }
    }

    /// The options whose values mention a variable.
    pub(crate) fn keys_that_mention(&self, name: &Ident) -> Vec<&'static str> {
        let is_in = |entry: &&Entry| {
            let value = match &entry.value {
                Raw::Expr(expr) => expr.to_token_stream(),
                Raw::List(group) => group.stream(),
                Raw::Missing | Raw::Percent(_) => return false,
            };
            find_ident(value, &|ident| ident.unraw() == name.unraw()).is_some()
        };
        self.entries.iter().filter(is_in).map(|entry| entry.option.key).collect()
    }

    /// The place of the option, if it is given.
    pub(crate) fn key(&self, key: &str) -> Option<Ident> {
        self.entry(key).map(|entry| entry.key.clone())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Whether the option is not given, and no misspelt option could be meant for it.
    pub(crate) fn lacks(&self, key: &str) -> bool {
        let meant = |word: &Ident| suggestion(self.attribute, &word.to_string()) == Some(key);
        !self.strays && !self.has(key) && !self.unknown.iter().any(meant)
    }

    /// The expression of `key = EXPR`.
    pub(crate) fn expr(&self, key: &'static str, faults: &mut Faults) -> Option<Expr> {
        let entry = self.entry(key)?;
        match &entry.value {
            Raw::Expr(expr) => {
                return judge(key, &Exits::of(expr), faults).then(|| unwrapped(expr.clone()));
            }
            Raw::Missing => faults.at(&entry.key, &OptionFault::NoValue { key }),
            Raw::List(_) => faults.at(&entry.key, &OptionFault::Parentheses { key }),
            Raw::Percent(percent) => faults.at(percent, &OptionFault::Ratio { key }),
        }
        None
    }

    /// The value of a setting.
    pub(crate) fn value(&self, key: &'static str, faults: &mut Faults) -> Option<Value> {
        let entry = self.entry(key)?;
        let (OptionKind::Setting(form) | OptionKind::Own(form)) = entry.option.kind else { return None };
        if let Raw::Percent(percent) = &entry.value {
            return Value::read_percent(form, key, percent, faults);
        }
        Value::read(form, key, self.expr(key, faults)?, self.attribute, faults)
    }

    /// Like [`function`](Self::function), but an enum variant is accepted, because it may be a constructor.
    pub(crate) fn constructor(&self, key: &'static str, faults: &mut Faults) -> Option<Expr> {
        let expr = self.expr(key, faults)?;
        if !matches!(expr, Expr::Path(_)) && is_value(&expr) {
            faults.at(&expr, &OptionFault::ValueForFunction { key });
            return None;
        }
        Some(expr)
    }

    /// The expression of `key = EXPR`, if it can be called.
    pub(crate) fn function(&self, key: &'static str, faults: &mut Faults) -> Option<Expr> {
        let expr = self.expr(key, faults)?;
        if is_value(&expr) {
            faults.at(&expr, &OptionFault::ValueForFunction { key });
            return None;
        }
        Some(expr)
    }

    pub(crate) fn predicate(&self, key: &'static str, faults: &mut Faults) -> Option<Predicate> {
        let entry = self.entry(key)?;
        match &entry.value {
            Raw::Expr(expr) => return Predicate::read_value(key, expr.clone(), faults),
            Raw::List(group) if !group.stream().is_empty() => {
                return Predicate::read_pattern(key, group, faults);
            }
            Raw::List(_) => faults.at(&entry.key, &OptionFault::EmptyPattern { key }),
            Raw::Missing => faults.at(&entry.key, &OptionFault::NoValue { key }),
            Raw::Percent(percent) => faults.at(percent, &OptionFault::Ratio { key }),
        }
        None
    }

    /// A string, or a `const` expression of a string type.
    pub(crate) fn string(&self, key: &'static str, function: &Function, faults: &mut Faults) -> Option<Expr> {
        let expr = self.expr(key, faults)?;
        // Constants are written in capitals. An argument is not a constant either, but quotes would not help.
        if let Some(text) = unquoted(&expr).filter(|_| function.argument_in(&expr).is_none()) {
            faults.at(&expr, &NameFault::Unquoted { key, text });
            return None;
        }
        // An argument in a circuit's name has its own fault.
        if is_formatted(&expr)
            && function.argument_in_text(&expr).is_none()
            && function.argument_in(&expr).is_none()
        {
            faults.at(&expr, &NameFault::Formatted { key });
            return None;
        }
        let is_string = match &expr {
            Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_)),
            Expr::Closure(_) | Expr::Infer(_) => false,
            _ => true,
        };
        if !is_string {
            faults.at(&expr, &NameFault::NotAString { key });
        }
        is_string.then_some(expr)
    }

    /// Whether an option without a value is given.
    pub(crate) fn flag(&self, key: &'static str, faults: &mut Faults) -> bool {
        let Some(entry) = self.entry(key) else { return false };
        if !matches!(entry.value, Raw::Missing) {
            faults.at(&entry.key, &OptionFault::Flag { key });
        }
        true
    }

    pub(crate) fn path(&self, key: &'static str, faults: &mut Faults) -> Option<Path> {
        match self.expr(key, faults)? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path),
            other => {
                faults.at(&other, &NameFault::NotAPath);
                None
            }
        }
    }

    /// The names in `key(a, b)`: empty if it is not given, and `None` if they cannot be read.
    pub(crate) fn listed(&self, key: &str) -> Option<Vec<Ident>> {
        let Some(entry) = self.entry(key) else { return Some(Vec::new()) };
        let Raw::List(group) = &entry.value else { return None };
        let names = |input: ParseStream<'_>| {
            Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
        };
        let names: Vec<_> = inside(group, names).ok()?.into_iter().collect();
        (!names.is_empty()).then_some(names)
    }

    pub(crate) fn names(&self, key: &str, faults: &mut Faults) -> Vec<Ident> {
        let names = self.listed(key);
        if let (None, Some(entry)) = (&names, self.entry(key)) {
            let is_name = entry.option.kind == OptionKind::Name;
            let fault = if is_name { NameFault::NotAName } else { NameFault::NotAListOfArguments };
            faults.at(&entry.key, &fault);
        }
        names.unwrap_or_default()
    }
}

/// Text that is not a useful expression, but was meant as a string: `payments`, `payments-api`, `db.fetch`.
fn unquoted(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => {
            let word = path.path.get_ident()?.to_string();
            word.starts_with(char::is_lowercase).then_some(word)
        }
        Expr::Binary(ExprBinary { op: BinOp::Sub(_), left, right, .. }) => {
            Some(format!("{}-{}", unquoted(left)?, unquoted(right)?))
        }
        Expr::Field(ExprField { base, member: Member::Named(name), .. }) => {
            Some(format!("{}.{name}", unquoted(base)?))
        }
        _ => None,
    }
}

/// `format!(..)`
fn is_formatted(expr: &Expr) -> bool {
    matches!(expr, Expr::Macro(expr) if expr.mac.path.segments.last().is_some_and(|last| last.ident == "format"))
}

/// `macro_rules!` passes a captured fragment (`$wait:expr`) in a group.
fn unwrapped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => unwrapped(*group.expr),
        other => other,
    }
}
