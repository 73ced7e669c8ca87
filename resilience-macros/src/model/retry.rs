use syn::Expr;

use super::common::Common;
use super::settings::{Policy, Settings, exceeds, is_zero, judge_not_zero};
use super::waiting::judge_waiting;
use crate::attribute::Attribute;
use crate::diagnostics::{ConflictFault, Faults, FunctionFault};
use crate::syntax::{Function, Options, Predicate};

/// `#[retry]`, `#[asyncbackoff]` and `#[asyncretry]`: one loop.
pub(crate) struct RetryModel {
    pub(crate) attribute: Attribute,
    pub(crate) common: Common,
    pub(crate) policy: Policy,
    pub(crate) on: On,
    pub(crate) giveup: Option<Predicate>,
    pub(crate) retry_after: Option<Expr>,
    /// Whether there are, or may be, time limits.
    pub(crate) timed: bool,
    /// Whether there is, or may be, a limit for each attempt.
    pub(crate) limits_attempts: bool,
}

/// The errors that are retried.
pub(crate) enum On {
    Every,
    /// Only timeouts of attempts.
    Timeouts,
    Only(Predicate),
}

impl RetryModel {
    pub(crate) fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        let attribute = options.attribute();
        let async_only = attribute.table().async_only;
        if async_only && !function.is_async() {
            faults.at(&function.signature.fn_token, &FunctionFault::NotAsync { attribute });
        } else if let Some(place) = options.key("attempt_timeout").filter(|_| !function.is_async()) {
            faults.at(&place, &ConflictFault::SyncLimit { key: "attempt_timeout", dropped: "an attempt" });
        }
        let common = Common::judge(options, function, faults);
        let giveup = options.predicate("giveup", faults);
        let retry_after = options.function("retry_after", faults);
        let on = match (options.has("on"), attribute) {
            (true, _) => options.predicate("on", faults).map(On::Only),
            (false, Attribute::AsyncBackoff) => Some(On::Timeouts),
            (false, Attribute::Retry | Attribute::AsyncRetry | Attribute::Poll | Attribute::Circuit) => {
                Some(On::Every)
            }
        };
        let limits_attempts = options.has("attempt_timeout") || options.has("policy");
        let timed = limits_attempts || options.has("deadline");
        let mut settings = Settings::read(options, function, faults);
        settings.endless = async_only;
        // For conflicting constants, the limit of an attempt is reported.
        settings.given.sort_by_key(|setting| setting.key == "attempt_timeout");
        judge_limits(&settings, faults);
        judge_waiting(&settings, options, faults);
        let policy = Policy::judge(settings, options, faults);
        Some(Self { attribute, common, policy, on: on?, giveup, retry_after, timed, limits_attempts })
    }
}

fn judge_limits(settings: &Settings, faults: &mut Faults) {
    let (deadline, attempt_timeout) = (settings.time("deadline"), settings.time("attempt_timeout"));
    judge_not_zero("deadline", deadline, faults);
    judge_not_zero("attempt_timeout", attempt_timeout, faults);
    if let (Some(deadline), Some(attempt)) = (deadline, attempt_timeout) {
        if !is_zero(deadline) && exceeds(attempt, deadline) {
            let fault = ConflictFault::NeverReached { key: "attempt_timeout", limit: "deadline" };
            faults.at_span(attempt.span(), &fault);
        }
    }
}
