use proc_macro2::Ident;

use crate::diagnostics::{ConflictFault, Faults, WaitFault};
use crate::syntax::{BackoffSyntax, Factor, JitterSyntax, Options, Time};

/// What the user said about waiting.
pub(super) struct Waiting {
    pub(super) wait: Option<Wait>,
    pub(super) jitter: Option<JitterSyntax>,
}

pub(super) enum Wait {
    Interval(Time),
    Backoff(BackoffSyntax),
}

impl Waiting {
    /// `interval` is what the attribute calls it.
    pub(super) fn judge(interval: &'static str, options: &mut Options, faults: &mut Faults) -> Self {
        if let Some((_, backoff)) = options.key(interval).zip(options.key("backoff")) {
            faults.at(&backoff, &ConflictFault::Both { one: interval, other: "backoff" });
        }
        let place = options.key("jitter");
        let given = options.key("backoff").is_some();
        let time = options.time(interval, faults).map(Wait::Interval);
        let backoff = options.backoff(faults).map(Wait::Backoff);
        // A backoff that could not be read is not a constant wait.
        let is_known = backoff.is_some() || !given;
        let wait = time.or(backoff);
        let jitter = options.jitter(faults);
        if let (Some(place), Some(jitter), true) = (place, &jitter, is_known) {
            judge_jitter(&place, jitter, wait.as_ref(), faults);
        }
        Self { wait, jitter }
    }
}

fn judge_jitter(place: &Ident, jitter: &JitterSyntax, wait: Option<&Wait>, faults: &mut Faults) {
    let smooths = match jitter {
        JitterSyntax::Named("None", _) | JitterSyntax::Const(_) => return,
        JitterSyntax::Named(name, _) => *name == "Decorrelated",
        JitterSyntax::Ratio(..) => false,
    };
    let shape = match wait {
        None | Some(Wait::Interval(_)) => "constant",
        Some(Wait::Backoff(BackoffSyntax::Shape(shape))) => match (shape.name, &shape.factor) {
            ("exponential", Some(Factor::Literal(factor, _))) if factor.to_bits() != 2_f64.to_bits() => {
                "of another factor"
            }
            (name, _) => name,
        },
        // Only the compiler knows what a constant holds.
        Some(Wait::Backoff(BackoffSyntax::Const(_))) => return,
    };
    match shape {
        "decorrelated" => faults.at(place, &WaitFault::JitterOfDecorrelated),
        "exponential" => {}
        shape if smooths => faults.at(place, &WaitFault::DecorrelatedJitterOf { shape }),
        _ => {}
    }
}
