use syn::{Expr, ExprLit, Lit};

use super::backoff::Backoff;
use super::constant::{Count, Ratio, Time, is_forever};
use super::jitter::Jitter;
use super::ratio::Percent;
use crate::attribute::Attribute;
use crate::diagnostics::{BudgetFault, Faults, OptionFault};
use crate::tables::Form;

/// The value of an option.
pub(crate) enum Value {
    Forever,
    Count(Count),
    Time(Time),
    Ratio(Ratio),
    /// A `const` expression for a window: its type decides between calls and time.
    Window(Expr),
    Backoff(Backoff),
    Jitter(Jitter),
    /// A ratio of the calls, for a budget that belongs to the function.
    OwnBudget(Ratio),
    /// A `static`, which several functions may share.
    Budget(Expr),
}

impl Value {
    pub(super) fn read(
        form: Form,
        key: &'static str,
        expr: Expr,
        attribute: Attribute,
        faults: &mut Faults,
    ) -> Option<Self> {
        match form {
            Form::Count | Form::Timeout if is_forever(&expr) => Some(Self::Forever),
            Form::Count | Form::Bound => Count::read(key, &expr, faults).map(Self::Count),
            Form::Time | Form::Timeout => Time::read(key, &expr, faults).map(Self::Time),
            Form::Ratio => Ratio::read(key, expr, faults).map(Self::Ratio),
            Form::Window => match &expr {
                Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) if matches!(int.suffix(), "" | "u32") => {
                    Count::read(key, &expr, faults).map(Self::Count)
                }
                Expr::Path(_) | Expr::Block(_) | Expr::Const(_) if !is_forever(&expr) => {
                    Some(Self::Window(expr))
                }
                // The fault of a duration applies to all other expressions.
                _ => Time::read(key, &expr, faults).map(Self::Time),
            },
            Form::Backoff => Backoff::read(attribute.table().wait, expr, faults).map(Self::Backoff),
            Form::Budget => match &expr {
                Expr::Lit(_) | Expr::Unary(_) | Expr::Closure(_) | Expr::Infer(_) => {
                    Ratio::read(key, expr, faults).map(Self::OwnBudget)
                }
                _ if makes_a_budget(&expr) => {
                    faults.at(&expr, &BudgetFault::New);
                    None
                }
                _ => Some(Self::Budget(expr)),
            },
            Form::Jitter => Jitter::read(expr, faults).map(Self::Jitter),
        }
    }

    pub(super) fn read_percent(
        form: Form,
        key: &'static str,
        percent: &Percent,
        faults: &mut Faults,
    ) -> Option<Self> {
        match form {
            Form::Ratio => Ratio::read_percent(key, percent, faults).map(Self::Ratio),
            Form::Budget => Ratio::read_percent(key, percent, faults).map(Self::OwnBudget),
            Form::Jitter => Jitter::read_percent(percent, faults).map(Self::Jitter),
            Form::Count | Form::Bound | Form::Time | Form::Timeout | Form::Window | Form::Backoff => {
                faults.at(percent, &OptionFault::Ratio { key });
                None
            }
        }
    }

    /// The contained expressions that only the compiler can evaluate.
    pub(crate) fn constants(&self) -> Vec<&Expr> {
        match self {
            Self::Forever => Vec::new(),
            Self::Count(count) => count.expr().into_iter().collect(),
            Self::Time(time) => time.expr().into_iter().collect(),
            Self::Ratio(ratio) | Self::OwnBudget(ratio) => ratio.expr().into_iter().collect(),
            Self::Window(expr) | Self::Budget(expr) => vec![expr],
            Self::Backoff(backoff) => backoff.constants(),
            Self::Jitter(jitter) => jitter.constant().into_iter().collect(),
        }
    }
}

/// `RetryBudget::new().ratio(0.1)`, or a reference to it.
fn makes_a_budget(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(reference) => makes_a_budget(&reference.expr),
        Expr::Paren(inside) => makes_a_budget(&inside.expr),
        Expr::Group(group) => makes_a_budget(&group.expr),
        Expr::MethodCall(call) => makes_a_budget(&call.receiver),
        Expr::Call(call) => makes_a_budget(&call.func),
        Expr::Path(path) => path.path.segments.iter().any(|segment| segment.ident == "RetryBudget"),
        _ => false,
    }
}
