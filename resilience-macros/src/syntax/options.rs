use proc_macro2::{Ident, Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{BinOp, Expr, ExprBinary, ExprField, Lit, Member, Path, Token};

use super::backoff::BackoffSyntax;
use super::count::Count;
use super::duration::{Time, Timeout, join_units};
use super::exits::{Exits, judge};
use super::function::Function;
use super::inside::{enclose, inside};
use super::jitter::JitterSyntax;
use super::predicate::{Predicate, is_value};
use super::ratio::{Percent, Ratio};
use super::reader::{Entry, Reader, Value};
use super::window::Window;
use crate::attribute::Attribute;
use crate::diagnostics::{CountFault, Faults, NameFault, OptionFault, suggestion};

/// The options of one attribute, each with the place it stands at.
#[derive(Clone)]
pub(crate) struct Options {
    attribute: Attribute,
    span: Span,
    entries: Vec<Entry>,
    strays: bool,
}

impl Options {
    pub(crate) fn read(attribute: Attribute, span: Span, tokens: TokenStream, faults: &mut Faults) -> Self {
        let tokens = join_units(tokens, faults);
        let mut reader = Reader::new(attribute, faults);
        let read = inside(&enclose(tokens), |input| reader.read(input));
        let Reader { faults, entries, strays, .. } = reader;
        if let Err(error) = read {
            faults.syntax(&error, |message| OptionFault::Syntax { message });
        }
        Self { attribute, span, entries, strays }
    }

    pub(crate) fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// The attribute as a whole, for what is missing in it.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// All that are known, each where it stands.
    pub(crate) fn known(&self) -> Vec<Ident> {
        let known = self.entries.iter().filter(|entry| self.attribute.knows(&entry.key.to_string()));
        known.map(|entry| entry.key.clone()).collect()
    }

    /// An option that one layer of a stack says for all of them.
    pub(crate) fn inherit(&mut self, key: &str, from: &[Self]) {
        let said = from.iter().find_map(|options| options.entries.iter().find(|entry| entry.key == key));
        if let (Some(said), None) = (said, self.key(key)) {
            self.entries.push(said.clone());
        }
    }

    /// A function that is an argument is called again and again, so it is borrowed.
    pub(crate) fn borrow_arguments(&mut self, function: &Function) {
        const CALLED: [&str; 7] = ["on", "giveup", "until", "alarm", "ignore", "retry_after", "on_error"];
        for entry in self.entries.iter_mut().filter(|entry| CALLED.iter().any(|key| entry.key == key)) {
            if let Value::Expr(expr) = &mut entry.value {
                if let Some(borrowed) = function.borrowed(expr) {
                    *expr = borrowed;
                }
            }
        }
    }

    /// Where the option stands, if it is given.
    pub(crate) fn key(&self, key: &str) -> Option<Ident> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.key.clone())
    }

    /// It is not given, and nothing that was given could have been meant for it.
    pub(crate) fn lacks(&self, key: &str) -> bool {
        let meant = |entry: &Entry| {
            entry.key == key || suggestion(self.attribute, &entry.key.to_string()) == Some(key)
        };
        !self.strays && !self.entries.iter().any(meant)
    }

    /// What nobody asked for is unknown.
    pub(crate) fn finish(self, faults: &mut Faults) {
        let attribute = self.attribute;
        for Entry { key, .. } in self.entries {
            faults.at(&key, &OptionFault::Unknown { attribute, key: key.to_string() });
        }
    }

    fn take(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// The expression of `key = EXPR`.
    pub(crate) fn expr(&mut self, key: &'static str, faults: &mut Faults) -> Option<Expr> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Expr(expr) => return judge(key, &Exits::of(&expr), faults).then(|| unwrapped(expr)),
            Value::Missing => faults.at(&entry.key, &OptionFault::NoValue { key }),
            Value::List(_) => faults.at(&entry.key, &OptionFault::Parentheses { key }),
            Value::Percent(percent) => faults.at(&percent, &OptionFault::Ratio { key }),
        }
        None
    }

    /// As [`function`](Self::function), where a variant may be one that makes something of a value.
    pub(crate) fn constructor(&mut self, key: &'static str, faults: &mut Faults) -> Option<Expr> {
        let expr = self.expr(key, faults)?;
        if !matches!(expr, Expr::Path(_)) && is_value(&expr) {
            faults.at(&expr, &OptionFault::ValueForFunction { key });
            return None;
        }
        Some(expr)
    }

    /// The expression of `key = EXPR`, where that is to be called.
    pub(crate) fn function(&mut self, key: &'static str, faults: &mut Faults) -> Option<Expr> {
        let expr = self.expr(key, faults)?;
        if is_value(&expr) {
            faults.at(&expr, &OptionFault::ValueForFunction { key });
            return None;
        }
        Some(expr)
    }

    pub(crate) fn predicate(&mut self, key: &'static str, faults: &mut Faults) -> Option<Predicate> {
        let entry = self.take(key)?;
        match entry.value {
            Value::Expr(expr) => return Predicate::read_value(key, expr, faults),
            Value::Missing => faults.at(&entry.key, &OptionFault::NoValue { key }),
            Value::Percent(percent) => faults.at(&percent, &OptionFault::Ratio { key }),
            Value::List(group) if group.stream().is_empty() => {
                faults.at(&entry.key, &OptionFault::EmptyPattern { key });
            }
            Value::List(group) => return Predicate::read_pattern(key, &group, faults),
        }
        None
    }

    pub(crate) fn time(&mut self, key: &'static str, faults: &mut Faults) -> Option<Time> {
        let expr = self.expr(key, faults)?;
        Time::read(key, &expr, faults)
    }

    pub(crate) fn timeout(&mut self, faults: &mut Faults) -> Option<Timeout> {
        let expr = self.expr("timeout", faults)?;
        Timeout::read(&expr, faults)
    }

    pub(crate) fn count(&mut self, key: &'static str, faults: &mut Faults) -> Option<Count> {
        let expr = self.expr(key, faults)?;
        Count::read(key, &expr, faults)
    }

    /// A count that has an end.
    pub(crate) fn bound(&mut self, key: &'static str, faults: &mut Faults) -> Option<Count> {
        let expr = self.expr(key, faults)?;
        let count = Count::read(key, &expr, faults)?;
        if let Count::Forever = count {
            faults.at(&expr, &CountFault::Endless { key });
            return None;
        }
        Some(count)
    }

    pub(crate) fn ratio(&mut self, key: &'static str, faults: &mut Faults) -> Option<Ratio> {
        if let Some(percent) = self.percent(key) {
            return Ratio::read_percent(key, &percent, faults);
        }
        let expr = self.expr(key, faults)?;
        Ratio::read(key, expr, faults)
    }

    pub(crate) fn window(&mut self, faults: &mut Faults) -> Option<Window> {
        let expr = self.expr("window", faults)?;
        Window::read(expr, faults)
    }

    /// The value of `key = 50%`, if that is how it is given.
    fn percent(&mut self, key: &str) -> Option<Percent> {
        let is_percent = |entry: &Entry| entry.key == key && matches!(entry.value, Value::Percent(_));
        let index = self.entries.iter().position(is_percent)?;
        match self.entries.remove(index).value {
            Value::Percent(percent) => Some(percent),
            Value::Missing | Value::List(_) | Value::Expr(_) => None,
        }
    }

    pub(crate) fn backoff(&mut self, faults: &mut Faults) -> Option<BackoffSyntax> {
        let expr = self.expr("backoff", faults)?;
        BackoffSyntax::read(self.attribute.interval(), expr, faults)
    }

    pub(crate) fn jitter(&mut self, faults: &mut Faults) -> Option<JitterSyntax> {
        if let Some(percent) = self.percent("jitter") {
            return JitterSyntax::read_percent(&percent, faults);
        }
        let expr = self.expr("jitter", faults)?;
        JitterSyntax::read(expr, faults)
    }

    /// A string, or a `const` expression that is one.
    pub(crate) fn string(
        &mut self,
        key: &'static str,
        function: &Function,
        faults: &mut Faults,
    ) -> Option<Expr> {
        let expr = self.expr(key, faults)?;
        // Constants are written in capitals; an argument is none either, but nothing to be quoted.
        if let Some(text) = unquoted(&expr).filter(|_| function.argument_in(&expr).is_none()) {
            faults.at(&expr, &NameFault::Unquoted { key, text });
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

    pub(crate) fn path(&mut self, key: &'static str, faults: &mut Faults) -> Option<Path> {
        match self.expr(key, faults)? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path),
            other => {
                faults.at(&other, &NameFault::NotAPath);
                None
            }
        }
    }

    /// The names in `key(a, b)`: none if it is not given, and `None` if they cannot be read.
    pub(crate) fn listed(&self, key: &str) -> Option<Vec<Ident>> {
        let Some(entry) = self.entries.iter().find(|entry| entry.key == key) else { return Some(Vec::new()) };
        let Value::List(group) = &entry.value else { return None };
        let names = |input: ParseStream<'_>| {
            Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
        };
        let names: Vec<_> = inside(group, names).ok()?.into_iter().collect();
        (!names.is_empty()).then_some(names)
    }

    pub(crate) fn names(&mut self, key: &str, faults: &mut Faults) -> Vec<Ident> {
        let names = self.listed(key);
        if let (None, Some(place)) = (&names, self.key(key)) {
            faults.at(&place, &NameFault::NotAListOfArguments);
        }
        self.take(key);
        names.unwrap_or_default()
    }
}

/// Words that are no expression, but were meant as they stand: `payments`, `payments-api`, `db.fetch`.
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

/// What `macro_rules!` captured as one fragment (`$wait:expr`) comes in a group of its own.
fn unwrapped(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => unwrapped(*group.expr),
        other => other,
    }
}
