use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use super::constant::{Constant, Count, is_forever};
use crate::diagnostics::{CountFault, Faults, span_of};

impl Count {
    pub(super) fn read(key: &'static str, expr: &Expr, faults: &mut Faults) -> Option<Self> {
        match expr {
            _ if is_forever(expr) => {
                faults.at(expr, &CountFault::Endless { key });
                None
            }
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if matches!(int.suffix(), "" | "u32") => {
                match int.base10_parse::<u32>() {
                    Ok(0) => faults.at(expr, &CountFault::Zero { key }),
                    Ok(count) => return Some(Self::Literal(count, span_of(expr))),
                    Err(_) => faults.at(expr, &CountFault::Overflow { key }),
                }
                None
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), .. }) => {
                faults.at(expr, &CountFault::Negative { key });
                None
            }
            Expr::Lit(_) | Expr::Closure(_) | Expr::Infer(_) => {
                faults.at(expr, &CountFault::NotACount { key });
                None
            }
            _ => Some(Constant::Expr(expr.clone())),
        }
    }
}
