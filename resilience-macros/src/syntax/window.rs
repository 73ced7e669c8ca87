use syn::{Expr, ExprLit, Lit};

use super::count::Count;
use super::duration::Time;
use crate::diagnostics::Faults;

/// What a rate is taken over: `100` calls, `30s`, or a constant that is either.
pub(crate) enum Window {
    Calls(Count),
    Time(Time),
    Const(Expr),
}

impl Window {
    pub(crate) fn read(expr: Expr, faults: &mut Faults) -> Option<Self> {
        match &expr {
            Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if matches!(int.suffix(), "" | "u32") => {
                Count::read("window", &expr, faults).map(Self::Calls)
            }
            // Whatever else a time is read from says what is wrong with it.
            Expr::Path(path) if path.path.is_ident("forever") => {
                Time::read("window", &expr, faults).map(Self::Time)
            }
            Expr::Path(_) | Expr::Block(_) | Expr::Const(_) => Some(Self::Const(expr)),
            _ => Time::read("window", &expr, faults).map(Self::Time),
        }
    }
}
