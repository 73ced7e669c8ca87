use proc_macro2::TokenStream;
use syn::Expr;

use crate::diagnostics::{ConflictFault, Faults, TimeFault};
use crate::syntax::{Options, Time};

/// How often, how far apart and for how long.
pub(crate) enum Policy {
    /// An expression that makes it.
    Const {
        value: TokenStream,
        /// It speaks of generics, and so cannot stand in a `const` item.
        generic: bool,
    },
    /// `policy = EXPR`.
    Runtime(Expr),
}

/// `policy = EXPR` says everything; `settings` are the options that would say it again.
pub(super) fn judge_runtime_policy(
    options: &mut Options,
    settings: &[&'static str],
    faults: &mut Faults,
) -> Option<Expr> {
    let policy = options.expr("policy", faults)?;
    for key in settings {
        if let Some(place) = options.key(key) {
            faults.at(&place, &ConflictFault::PolicyAnd { key });
        }
    }
    Some(policy)
}

/// Both are known here, and `time` is the longer one.
pub(super) fn exceeds(time: &Time, limit: &Time) -> bool {
    time.nanos().zip(limit.nanos()).is_some_and(|(time, limit)| time > limit)
}

/// A limit of zero leaves no time for an attempt.
pub(super) fn judge_not_zero(key: &'static str, time: Option<&Time>, faults: &mut Faults) {
    if let Some(time) = time.filter(|time| time.nanos() == Some(0)) {
        faults.at_span(time.span(), &TimeFault::Zero { key });
    }
}
