use proc_macro2::Span;
use quote::ToTokens;
use syn::{Expr, ExprAssign, ExprCall, ExprLit};

use super::duration::Time;
use super::ratio::{Percent, number};
use crate::diagnostics::{Fault, Faults, span_of};

/// `exponential(100ms, factor = 2, max = 10s)`, or a `const` expression of the type `Backoff`.
pub(crate) enum BackoffSyntax {
    Shape(Box<Shape>),
    Const(Expr),
}

/// A backoff that is spelt out.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) span: Span,
    pub(crate) base: Time,
    pub(crate) factor: Option<Factor>,
    pub(crate) max: Option<Time>,
}

pub(crate) enum Factor {
    Literal(f64, Span),
    Const(Expr),
}

const SHAPES: [&str; 5] = ["constant", "linear", "exponential", "fibonacci", "decorrelated"];

impl BackoffSyntax {
    pub(crate) fn read(expr: &Expr, faults: &mut Faults) -> Option<Self> {
        let Expr::Call(call) = expr else { return Some(Self::Const(expr.clone())) };
        let Expr::Path(function) = &*call.func else { return Some(Self::Const(expr.clone())) };
        let Some(name) = function.path.get_ident() else { return Some(Self::Const(expr.clone())) };
        let Some(shape) = SHAPES.into_iter().find(|shape| name == shape) else {
            let name = name.to_string();
            faults.at(expr, Fault::UnknownShape { name: &name });
            return None;
        };
        read_shape(shape, span_of(name), call, faults).map(|shape| Self::Shape(Box::new(shape)))
    }
}

fn read_shape(name: &'static str, span: Span, call: &ExprCall, faults: &mut Faults) -> Option<Shape> {
    let mut arguments = call.args.iter();
    let Some(base) = arguments.next() else {
        faults.at(call, Fault::ShapeWithoutBase { shape: name });
        return None;
    };
    if matches!(base, Expr::Assign(_)) {
        faults.at(base, Fault::ShapeWithoutBase { shape: name });
        return None;
    }
    let base = Time::read(name, base, faults)?;
    let mut shape = Shape { name, span, base, factor: None, max: None };
    for argument in arguments {
        let Expr::Assign(ExprAssign { left, right, .. }) = argument else {
            faults.at(argument, Fault::ShapeArgument { shape: name });
            return None;
        };
        let key = left.to_token_stream().to_string();
        match key.as_str() {
            "max" if shape.max.is_none() => shape.max = Some(Time::read("max", right, faults)?),
            "factor" if name == "exponential" && shape.factor.is_none() => {
                shape.factor = Some(read_factor(right, faults)?);
            }
            "max" | "factor" if name == "exponential" || key == "max" => {
                faults.at(left, Fault::Twice { key: &key });
                return None;
            }
            _ => {
                faults.at(left, Fault::UnknownShapeOption { shape: name, key: &key });
                return None;
            }
        }
    }
    if let (Some(base), Some(max), Some(cap)) =
        (shape.base.nanos(), shape.max.as_ref().and_then(Time::nanos), &shape.max)
    {
        if max < base {
            faults.at(cap, Fault::CapBelowBase);
            return None;
        }
    }
    Some(shape)
}

fn read_factor(expr: &Expr, faults: &mut Faults) -> Option<Factor> {
    let Expr::Lit(ExprLit { lit, .. }) = expr else { return Some(Factor::Const(expr.clone())) };
    match number(lit) {
        Some(factor) if factor >= 1.0 => return Some(Factor::Literal(factor, span_of(lit))),
        Some(_) => faults.at(expr, Fault::FactorBelowOne),
        None => faults.at(expr, Fault::NotAFactor),
    }
    None
}

/// `full`, `equal`, `none`, `decorrelated`, a ratio, or a `const` expression of the type `Jitter`.
pub(crate) enum JitterSyntax {
    Named(&'static str, Span),
    Ratio(f64, Span),
    Const(Expr),
}

const JITTERS: [(&str, &str); 4] =
    [("full", "Full"), ("equal", "Equal"), ("none", "None"), ("decorrelated", "Decorrelated")];

impl JitterSyntax {
    pub(crate) fn read(expr: &Expr, faults: &mut Faults) -> Option<Self> {
        match expr {
            Expr::Lit(ExprLit { lit, .. }) => match number(lit) {
                Some(ratio) => Self::ratio(ratio, expr, faults),
                None => {
                    faults.at(expr, Fault::UnknownJitter);
                    None
                }
            },
            Expr::Path(path) => match path.path.get_ident() {
                Some(word) => match JITTERS.iter().find(|(name, _)| word == name) {
                    Some((_, variant)) => Some(Self::Named(variant, word.span())),
                    // A constant is written in capitals; anything else is a slip.
                    None if word.to_string().chars().any(char::is_lowercase) => {
                        faults.at(expr, Fault::UnknownJitter);
                        None
                    }
                    None => Some(Self::Const(expr.clone())),
                },
                None => Some(Self::Const(expr.clone())),
            },
            Expr::Unary(_) => {
                faults.at(expr, Fault::RatioOutOfRange);
                None
            }
            Expr::Closure(_) => {
                faults.at(expr, Fault::UnknownJitter);
                None
            }
            _ => Some(Self::Const(expr.clone())),
        }
    }

    pub(crate) fn read_percent(percent: &Percent, faults: &mut Faults) -> Option<Self> {
        match percent.value() {
            Some(ratio) => Self::ratio(ratio, percent, faults),
            None => {
                faults.at(percent, Fault::NotARatio { key: "jitter" });
                None
            }
        }
    }

    fn ratio(ratio: f64, place: &impl ToTokens, faults: &mut Faults) -> Option<Self> {
        if (0.0..=1.0).contains(&ratio) {
            return Some(Self::Ratio(ratio, span_of(&place.to_token_stream())));
        }
        faults.at(place, Fault::RatioOutOfRange);
        None
    }
}
