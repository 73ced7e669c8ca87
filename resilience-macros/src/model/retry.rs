use quote::quote;
use syn::Expr;

use super::common::Common;
use super::policy::{Policy, Setters, Waiting, judge_not_zero, judge_runtime_policy, judge_within};
use crate::attribute::Attribute;
use crate::diagnostics::{Fault, Faults};
use crate::syntax::{Function, Options, Predicate};

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
        let (times, interval) = match attribute {
            Attribute::AsyncBackoff | Attribute::AsyncRetry => ("max_tries", "pause"),
            Attribute::Retry | Attribute::Poll => ("times", "interval"),
        };
        if attribute != Attribute::Retry && !function.is_async() {
            faults.at(&function.signature.fn_token, Fault::NotAsync { attribute });
        } else if let Some(place) = options.key("attempt_timeout").filter(|_| !function.is_async()) {
            faults.at(&place, Fault::SyncAttemptTimeout);
        }
        let common = Common::judge(options, function, faults);
        let giveup = options.predicate("giveup", faults);
        let retry_after = options.expr("retry_after", faults);
        let on = match options.key("on") {
            Some(_) => On::Only(options.predicate("on", faults)?),
            None if attribute == Attribute::AsyncBackoff => On::Timeouts,
            None => On::Every,
        };
        let timed_keys = ["deadline", "attempt_timeout", "policy"];
        // `#[asyncretry]` has no time limits: they are unknown options of it.
        let timed =
            attribute != Attribute::AsyncRetry && timed_keys.iter().any(|key| options.key(key).is_some());
        let settings = [times, interval, "backoff", "jitter", "deadline", "attempt_timeout"];
        let policy = if attribute == Attribute::AsyncRetry {
            Self::policy(attribute, times, interval, &common, options, function, faults)
        } else {
            match judge_runtime_policy(options, &settings, faults) {
                Some(policy) => {
                    // Read, so that they are not called unknown as well.
                    Self::policy(attribute, times, interval, &common, options, function, faults);
                    Policy::Runtime(policy)
                }
                None => Self::policy(attribute, times, interval, &common, options, function, faults),
            }
        };
        Some(Self { attribute, common, policy, on, giveup, retry_after, timed })
    }

    fn policy(
        attribute: Attribute,
        times: &str,
        interval: &str,
        common: &Common,
        options: &mut Options,
        function: &Function,
        faults: &mut Faults,
    ) -> Policy {
        let mut setters = Setters::new(&common.runtime, function);
        if attribute != Attribute::Retry {
            setters.call(quote!(.forever().interval(::core::time::Duration::ZERO)));
        }
        setters.count("times", options.count(times, faults).as_ref());
        setters.waiting(&Waiting::judge(interval, options, faults));
        if attribute != Attribute::AsyncRetry {
            let deadline = options.time("deadline", faults);
            let attempt_timeout = options.time("attempt_timeout", faults);
            judge_not_zero("deadline", deadline.as_ref(), faults);
            judge_not_zero("attempt_timeout", attempt_timeout.as_ref(), faults);
            judge_within("attempt_timeout", attempt_timeout.as_ref(), "deadline", deadline.as_ref(), faults);
            setters.time("deadline", deadline.as_ref());
            setters.time("attempt_timeout", attempt_timeout.as_ref());
        }
        setters.finish()
    }
}
