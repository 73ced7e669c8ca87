use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use super::constant::{Constant, Count, is_forever};
use super::duration::is_type;
use crate::diagnostics::{CountFault, Faults, span_of};

impl Count {
    pub(super) fn read(key: &'static str, expr: &Expr, faults: &mut Faults) -> Option<Self> {
        let fault = match expr {
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if matches!(int.suffix(), "" | "u32") => {
                match int.base10_parse::<u32>() {
                    Ok(0) => CountFault::Zero { key },
                    Ok(count) => return Some(Self::Literal(count, span_of(expr))),
                    Err(_) => CountFault::Overflow { key },
                }
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => CountFault::Negative { key },
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if is_type(int.suffix()) => {
                CountFault::OtherType { key, number: int.base10_digits().into(), found: int.to_string() }
            }
            Expr::Lit(_) | Expr::Closure(_) | Expr::Infer(_) => CountFault::NotACount { key },
            _ if is_forever(expr) => CountFault::Endless { key },
            _ => return Some(Constant::Expr(expr.clone())),
        };
        faults.at(expr, &fault);
        None
    }
}
