//! Control flow in an option's expression that would leave the expression.

use proc_macro2::Span;
use syn::parse::{ParseStream, Parser};
use syn::{Block, Expr, Label, Lifetime, Macro, Pat, Stmt, Token};

use crate::diagnostics::{Faults, OptionFault};

/// A token that transfers control out of the expression it stands in.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) what: &'static str,
    pub(super) span: Span,
}

/// Walks an expression and collects its exits.
#[derive(Default)]
pub(super) struct Exits {
    pub(super) found: Vec<Exit>,
    scopes: Vec<Scope>,
    /// The expression contains a macro invocation, or syntax that is not known here.
    opaque: bool,
}

/// A loop, a labelled block or a `try` block inside the expression.
struct Scope {
    kind: ScopeKind,
    label: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ScopeKind {
    Loop,
    Block,
    Try,
}

/// Macros of the standard library whose arguments are expressions, separated by commas.
pub(super) const STD_MACROS: [&str; 21] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

impl Exits {
    /// Skips closures, functions, `async` and `const` blocks: their control flow stays inside. Skips the macros of other
    /// crates as well: their expansion is unknown, so the generated code encloses them in a closure.
    pub(super) fn of(expr: &Expr) -> Vec<Exit> {
        let mut exits = Self::default();
        exits.expr(expr);
        exits.found
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Try(expr) => {
                self.expr(&expr.expr);
                if !self.scopes.iter().any(|scope| scope.kind == ScopeKind::Try) {
                    self.exit("?", expr.question_token.span);
                }
            }
            Expr::Return(expr) => {
                self.exit("return", expr.return_token.span);
                self.optional(expr.expr.as_deref());
            }
            Expr::Break(expr) => {
                if !self.is_inside(expr.label.as_ref()) {
                    self.exit("break", expr.break_token.span);
                }
                self.optional(expr.expr.as_deref());
            }
            Expr::Continue(expr) => {
                if !self.is_inside(expr.label.as_ref()) {
                    self.exit("continue", expr.continue_token.span);
                }
            }
            Expr::Await(expr) => {
                self.expr(&expr.base);
                self.exit(".await", expr.await_token.span);
            }
            Expr::Loop(expr) => {
                self.scope(ScopeKind::Loop, expr.label.as_ref(), |exits| exits.block(&expr.body));
            }
            Expr::While(expr) => self.scope(ScopeKind::Loop, expr.label.as_ref(), |exits| {
                exits.expr(&expr.cond);
                exits.block(&expr.body);
            }),
            Expr::ForLoop(expr) => {
                self.expr(&expr.expr);
                self.scope(ScopeKind::Loop, expr.label.as_ref(), |exits| exits.block(&expr.body));
            }
            Expr::Block(expr) => {
                self.scope(ScopeKind::Block, expr.label.as_ref(), |exits| exits.block(&expr.block));
            }
            Expr::TryBlock(expr) => self.scope(ScopeKind::Try, None, |exits| exits.block(&expr.block)),
            Expr::Macro(expr) => self.macro_call(&expr.mac),
            other => self.parts(other),
        }
    }

    /// Walks the parts of an expression that is not a control flow expression.
    fn parts(&mut self, expr: &Expr) {
        match expr {
            Expr::Array(expr) => expr.elems.iter().for_each(|expr| self.expr(expr)),
            Expr::Assign(expr) => {
                self.expr(&expr.left);
                self.expr(&expr.right);
            }
            Expr::Binary(expr) => {
                self.expr(&expr.left);
                self.expr(&expr.right);
            }
            Expr::Call(expr) => {
                self.expr(&expr.func);
                expr.args.iter().for_each(|expr| self.expr(expr));
            }
            Expr::Cast(expr) => self.expr(&expr.expr),
            Expr::Field(expr) => self.expr(&expr.base),
            Expr::Group(expr) => self.expr(&expr.expr),
            Expr::If(expr) => {
                self.expr(&expr.cond);
                self.block(&expr.then_branch);
                self.optional(expr.else_branch.as_ref().map(|(_, expr)| &**expr));
            }
            Expr::Index(expr) => {
                self.expr(&expr.expr);
                self.expr(&expr.index);
            }
            Expr::Let(expr) => self.expr(&expr.expr),
            Expr::Match(expr) => {
                self.expr(&expr.expr);
                for arm in &expr.arms {
                    if let Pat::Guard(pattern) = &arm.pat {
                        self.expr(&pattern.guard);
                    }
                    self.expr(&arm.body);
                }
            }
            Expr::MethodCall(expr) => {
                self.expr(&expr.receiver);
                expr.args.iter().for_each(|expr| self.expr(expr));
            }
            Expr::Paren(expr) => self.expr(&expr.expr),
            Expr::Range(expr) => {
                self.optional(expr.start.as_deref());
                self.optional(expr.end.as_deref());
            }
            Expr::RawAddr(expr) => self.expr(&expr.expr),
            Expr::Reference(expr) => self.expr(&expr.expr),
            // The length is a constant expression.
            Expr::Repeat(expr) => self.expr(&expr.expr),
            Expr::Struct(expr) => {
                expr.fields.iter().for_each(|field| self.expr(&field.expr));
                self.optional(expr.rest.as_deref());
            }
            Expr::Tuple(expr) => expr.elems.iter().for_each(|expr| self.expr(expr)),
            Expr::Unary(expr) => self.expr(&expr.expr),
            Expr::Unsafe(expr) => self.block(&expr.block),
            Expr::Yield(expr) => self.optional(expr.expr.as_deref()),
            Expr::Async(_)
            | Expr::Closure(_)
            | Expr::Const(_)
            | Expr::Infer(_)
            | Expr::Lit(_)
            | Expr::Path(_) => {}
            _ => self.opaque = true,
        }
    }

    fn optional(&mut self, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn block(&mut self, block: &Block) {
        for statement in &block.stmts {
            match statement {
                Stmt::Local(local) => {
                    if let Some(init) = &local.init {
                        self.expr(&init.expr);
                        self.optional(init.diverge.as_ref().map(|(_, diverge)| &**diverge));
                    }
                }
                Stmt::Expr(expr, _) => self.expr(expr),
                Stmt::Macro(statement) => self.macro_call(&statement.mac),
                Stmt::Item(_) => {}
            }
        }
    }

    fn macro_call(&mut self, call: &Macro) {
        self.opaque = true;
        let Some(name) = call.path.segments.last() else { return };
        if !STD_MACROS.iter().any(|known| name.ident == known) {
            return;
        }
        let read: fn(ParseStream<'_>) -> syn::Result<Vec<Expr>> =
            if name.ident == "matches" { matches } else { arguments };
        // rustc reports arguments that cannot be parsed.
        for argument in read.parse2(call.tokens.clone()).unwrap_or_default() {
            self.expr(&argument);
        }
    }

    fn scope(&mut self, kind: ScopeKind, label: Option<&Label>, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope { kind, label: label.map(|label| label.name.ident.to_string()) });
        walk(self);
        self.scopes.pop();
    }

    /// The target of a `break` or `continue` is part of the expression.
    fn is_inside(&self, label: Option<&Lifetime>) -> bool {
        self.scopes.iter().any(|scope| match label {
            Some(label) => scope.label.as_ref().is_some_and(|name| label.ident == name),
            None => scope.kind == ScopeKind::Loop,
        })
    }

    fn exit(&mut self, what: &'static str, span: Span) {
        self.found.push(Exit { what, span });
    }
}

/// Whether the expression contains a macro invocation, or unknown syntax, that could contain an exit.
pub(crate) fn invokes_macro(expr: &Expr) -> bool {
    let mut exits = Exits::default();
    exits.expr(expr);
    exits.opaque
}

/// Reports each exit. `true` if there is none.
pub(super) fn judge(key: &'static str, exits: &[Exit], faults: &mut Faults) -> bool {
    for Exit { what, span } in exits {
        faults.at_span(*span, &OptionFault::Exit { key, exit: what });
    }
    exits.is_empty()
}

/// `a, b, name = c`, or `[a; n]`.
fn arguments(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut arguments = Vec::new();
    while !input.is_empty() {
        arguments.push(input.parse()?);
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
        } else if !input.is_empty() {
            input.parse::<Token![;]>()?;
        }
    }
    Ok(arguments)
}

/// `value, PATTERN`, or `value, PATTERN if GUARD`.
fn matches(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    let mut arguments = vec![input.parse()?];
    input.parse::<Token![,]>()?;
    Pat::parse_multi_with_leading_vert(input)?;
    if input.peek(Token![if]) {
        input.parse::<Token![if]>()?;
        arguments.push(input.parse()?);
    }
    Ok(arguments)
}
