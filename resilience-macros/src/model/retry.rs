use syn::Expr;

use super::common::Common;
use super::policy::{Policy, exceeds, judge_not_zero, judge_runtime_policy};
use super::setters::Setters;
use super::waiting::Waiting;
use crate::attribute::Attribute;
use crate::diagnostics::{ConflictFault, Faults, FunctionFault};
use crate::syntax::{Function, Options, Predicate, Time};

/// `#[retry]`, `#[asyncbackoff]` and `#[asyncretry]`: one loop.
pub(crate) struct RetryModel {
    pub(crate) attribute: Attribute,
    pub(crate) common: Common,
    pub(crate) policy: Policy,
    pub(crate) on: On,
    pub(crate) giveup: Option<Predicate>,
    pub(crate) retry_after: Option<Expr>,
    /// There are time limits, or may be.
    pub(crate) timed: bool,
    /// There is a limit for each attempt, or may be.
    pub(crate) limits_attempts: bool,
}

/// Which errors are tried again.
pub(crate) enum On {
    Every,
    /// Only attempts that took too long.
    Timeouts,
    Only(Predicate),
}

impl RetryModel {
    pub(crate) fn judge(
        attribute: Attribute,
        options: &mut Options,
        function: &Function,
        faults: &mut Faults,
    ) -> Option<Self> {
        if attribute != Attribute::Retry && !function.is_async() {
            faults.at(&function.signature.fn_token, &FunctionFault::NotAsync { attribute });
        } else if let Some(place) = options.key("attempt_timeout").filter(|_| !function.is_async()) {
            faults.at(&place, &ConflictFault::SyncLimit { key: "attempt_timeout", dropped: "an attempt" });
        }
        let common = Common::judge(options, function, faults);
        let giveup = options.predicate("giveup", faults);
        let retry_after = options.function("retry_after", faults);
        let on = match (options.key("on"), attribute) {
            (Some(_), _) => options.predicate("on", faults).map(On::Only),
            (None, Attribute::AsyncBackoff) => Some(On::Timeouts),
            (None, _) => Some(On::Every),
        };
        let has_limits = has_limits(attribute);
        let limits_attempts =
            has_limits && ["attempt_timeout", "policy"].iter().any(|key| options.key(key).is_some());
        let timed = limits_attempts || has_limits && options.key("deadline").is_some();
        let settings =
            [attribute.times(), attribute.interval(), "backoff", "jitter", "deadline", "attempt_timeout"];
        let runtime_policy = if has_limits { judge_runtime_policy(options, &settings, faults) } else { None };
        // Read in any case, so that they are not called unknown as well.
        let policy = Self::policy(attribute, &common, options, function, faults);
        let policy = runtime_policy.map_or(policy, Policy::Runtime);
        Some(Self { attribute, common, policy, on: on?, giveup, retry_after, timed, limits_attempts })
    }

    fn policy(
        attribute: Attribute,
        common: &Common,
        options: &mut Options,
        function: &Function,
        faults: &mut Faults,
    ) -> Policy {
        let mut setters = Setters::new(attribute, &common.runtime, function);
        if attribute != Attribute::Retry {
            setters.forever();
            setters.time("interval", Some(&Time::seconds(0)));
        }
        setters.count("times", options.count(attribute.times(), faults).as_ref());
        setters.waiting(&Waiting::judge(attribute.interval(), options, faults));
        if has_limits(attribute) {
            let deadline = options.time("deadline", faults);
            let attempt_timeout = options.time("attempt_timeout", faults);
            judge_not_zero("deadline", deadline.as_ref(), faults);
            judge_not_zero("attempt_timeout", attempt_timeout.as_ref(), faults);
            if let (Some(deadline), Some(attempt)) = (&deadline, &attempt_timeout) {
                if deadline.nanos() != Some(0) && exceeds(attempt, deadline) {
                    let fault = ConflictFault::NeverReached { key: "attempt_timeout", limit: "deadline" };
                    faults.at_span(attempt.span(), &fault);
                }
            }
            setters.time("deadline", deadline.as_ref());
            setters.time("attempt_timeout", attempt_timeout.as_ref());
        }
        setters.finish(faults)
    }
}

/// The shortcut has none: they are unknown options of it.
fn has_limits(attribute: Attribute) -> bool {
    attribute != Attribute::AsyncRetry
}
