use super::settings::Settings;
use crate::diagnostics::{ConflictFault, Faults, WaitFault};
use crate::syntax::{Backoff, Jitter, Options, Ratio};

/// The default of the runtime.
const FACTOR: f64 = 2.0;

/// Checks the options that define the delays between attempts.
pub(super) fn judge_waiting(settings: &Settings, options: &Options, faults: &mut Faults) {
    let wait = options.attribute().table().wait;
    let key = options.key("backoff");
    if let Some(backoff) = key.as_ref().filter(|_| options.has(wait)) {
        faults.at(backoff, &ConflictFault::Both { one: wait, other: "backoff" });
    }
    let Some((place, jitter)) = options.key("jitter").zip(settings.jitter()) else { return };
    // Without a readable backoff, no check is possible.
    let backoff = if settings.get(wait).is_some() { None } else { settings.backoff() };
    if key.is_some() && settings.get(wait).is_none() && backoff.is_none() {
        return;
    }
    let smooths = match jitter {
        Jitter::Named("None", _) | Jitter::Const(_) => return,
        Jitter::Named(name, _) => *name == "Decorrelated",
        Jitter::Ratio(_) => false,
    };
    let kind = match backoff {
        None => "constant",
        Some(Backoff::Call(call)) => {
            let factor = call.factor.as_ref().and_then(Ratio::literal);
            let is_default = factor.is_none_or(|factor| factor.to_bits() == FACTOR.to_bits());
            if call.name == "exponential" && !is_default { "of another factor" } else { call.name }
        }
        // Only the compiler can evaluate a constant.
        Some(Backoff::Const(_)) => return,
    };
    match kind {
        "decorrelated" => faults.at(&place, &WaitFault::JitterOfDecorrelated),
        "exponential" => {}
        kind if smooths => faults.at(&place, &WaitFault::DecorrelatedJitterOf { kind }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_that_decorrelated_jitter_needs_is_the_default_of_the_runtime() {
        assert_eq!(FACTOR.to_bits(), resilience::Backoff::DEFAULT_FACTOR.to_bits());
    }
}
