use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, ExprAssign, ExprCall, ExprLit, ExprMethodCall, ExprUnary, Lit, UnOp};

use super::constant::{Ratio, Time};
use super::duration::literal_in;
use super::ratio::number;
use crate::diagnostics::{Faults, OptionFault, WaitFault, nearest, span_of};

/// `exponential(100ms, factor = 2, max = 10s)`, or a `const` expression of the type `Backoff`.
pub(crate) enum Backoff {
    Call(Box<BackoffCall>),
    Const(Expr),
}

/// A backoff written as a call.
pub(crate) struct BackoffCall {
    pub(crate) name: &'static str,
    pub(crate) span: Span,
    pub(crate) base: Time,
    pub(crate) factor: Option<Ratio>,
    pub(crate) max: Option<Time>,
}

pub(crate) const BACKOFFS: [&str; 5] = ["constant", "linear", "exponential", "fibonacci", "decorrelated"];

impl Backoff {
    /// `interval` is the option for a constant delay.
    pub(super) fn read(interval: &'static str, expr: Expr, faults: &mut Faults) -> Option<Self> {
        let fault = match &expr {
            Expr::Call(call) if backoff_of(&expr).is_some() => {
                let (kind, span) = backoff_of(&expr).expect("the guard has found it");
                let read = read_call(kind, span, call, faults);
                return read.map(|call| Self::Call(Box::new(call)));
            }
            Expr::Call(call) => match word(&call.func) {
                Some((name, _))
                    if nearest(&name, &BACKOFFS).is_some() || call.args.iter().any(is_duration) =>
                {
                    faults.at(&call.func, &WaitFault::UnknownBackoff { name });
                    return None;
                }
                // Another function, which returns a backoff in a constant context.
                _ => return Self::constant(expr, faults),
            },
            Expr::MethodCall(call) => {
                let Some((kind, _)) = backoff_of(first_receiver(call)) else {
                    return Self::constant(expr, faults);
                };
                let method = call.method.to_string();
                faults.at(&call.method, &WaitFault::Method { kind, method });
                return None;
            }
            Expr::Path(_) => match word(&expr).and_then(|(name, _)| backoff_named(&name)) {
                Some(kind) => WaitFault::BackoffWithoutBase { kind },
                None => return Some(Self::Const(expr)),
            },
            Expr::Lit(_) | Expr::Unary(_) | Expr::Closure(_) | Expr::Tuple(_) | Expr::Array(_) => {
                WaitFault::NotABackoff { interval }
            }
            _ => return Self::constant(expr, faults),
        };
        faults.at(&expr, &fault);
        None
    }

    fn constant(expr: Expr, faults: &mut Faults) -> Option<Self> {
        let Some(literal) = literal_in(&expr) else { return Some(Self::Const(expr)) };
        faults.at(&literal, &WaitFault::LiteralInConstant { literal: literal.to_string() });
        None
    }
}

impl Backoff {
    pub(super) fn constants(&self) -> Vec<&Expr> {
        match self {
            Self::Const(expr) => vec![expr],
            Self::Call(call) => {
                let times =
                    [Some(&call.base), call.max.as_ref()].into_iter().flatten().filter_map(Time::expr);
                times.chain(call.factor.as_ref().and_then(Ratio::expr)).collect()
            }
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Const(expr) => span_of(expr),
            Self::Call(call) => call.span,
        }
    }
}

fn backoff_named(name: &str) -> Option<&'static str> {
    BACKOFFS.into_iter().find(|kind| name == *kind)
}

/// `exponential(..)`
fn backoff_of(expr: &Expr) -> Option<(&'static str, Span)> {
    let Expr::Call(call) = expr else { return None };
    let (name, span) = word(&call.func)?;
    Some((backoff_named(&name)?, span))
}

/// The base of a chain of method calls.
fn first_receiver(call: &ExprMethodCall) -> &Expr {
    match &*call.receiver {
        Expr::MethodCall(call) => first_receiver(call),
        receiver => receiver,
    }
}

/// A path of a single identifier.
fn word(expr: &Expr) -> Option<(String, Span)> {
    let Expr::Path(path) = expr else { return None };
    let word = path.path.get_ident()?;
    Some((word.to_string(), word.span()))
}

fn is_base(argument: &ExprAssign) -> bool {
    is_duration(&argument.right)
        && word(&argument.left).is_some_and(|(key, _)| !matches!(key.as_str(), "max" | "factor"))
}

fn is_duration(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => !int.suffix().is_empty(),
        Expr::Lit(ExprLit { lit: Lit::Float(float), .. }) => !float.suffix().is_empty(),
        _ => false,
    }
}

/// Continues after an error, so that all errors are found.
fn read_call(name: &'static str, span: Span, call: &ExprCall, faults: &mut Faults) -> Option<BackoffCall> {
    let mut arguments = call.args.iter().peekable();
    let base = arguments.next_if(|base| !matches!(base, Expr::Assign(_)));
    if base.is_none() {
        // An argument with an unknown name counts as the first delay.
        let by_name =
            arguments.next_if(|argument| matches!(argument, Expr::Assign(argument) if is_base(argument)));
        if let Some(Expr::Assign(ExprAssign { left, right, .. })) = by_name {
            let (key, wait) = (left.to_token_stream().to_string(), right.to_token_stream().to_string());
            faults.at(left, &WaitFault::BaseByName { kind: name, key, wait });
        } else {
            faults.at(&call.func, &WaitFault::BackoffWithoutBase { kind: name });
        }
    }
    let base = base.and_then(|base| Time::read(name, base, faults));
    let before = faults.count();
    let (mut given, mut factor, mut max) = (Vec::new(), None, None);
    for argument in arguments {
        let Expr::Assign(ExprAssign { left, right, .. }) = argument else {
            faults.at(argument, &WaitFault::BackoffArgument { kind: name });
            continue;
        };
        let key = left.to_token_stream().to_string();
        if given.contains(&key) {
            faults.at(left, &OptionFault::Twice { key });
            continue;
        }
        match key.as_str() {
            "max" => max = Time::read("max", right, faults),
            "factor" if name == "exponential" => factor = read_factor(right, faults),
            _ => faults.at(left, &WaitFault::UnknownBackoffOption { kind: name, key: key.clone() }),
        }
        given.push(key);
    }
    let base = base?;
    if let Some((cap, first)) = max.as_ref().and_then(Time::literal).zip(base.literal()) {
        if cap < first {
            faults.at_span(max.as_ref().map_or(span, Time::span), &WaitFault::CapBelowBase);
        }
    }
    (faults.count() == before).then_some(BackoffCall { name, span, base, factor, max })
}

fn read_factor(expr: &Expr, faults: &mut Faults) -> Option<Ratio> {
    let fault = match expr {
        Expr::Lit(ExprLit { lit, .. }) => match number(lit) {
            Some(factor) if factor >= 1.0 => return Some(Ratio::Literal(factor, span_of(lit))),
            Some(_) => WaitFault::FactorBelowOne,
            None => WaitFault::NotAFactor,
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => WaitFault::FactorBelowOne,
        Expr::Closure(_) | Expr::Infer(_) => WaitFault::NotAFactor,
        _ => return Some(Ratio::Expr(expr.clone())),
    };
    faults.at(expr, &fault);
    None
}
