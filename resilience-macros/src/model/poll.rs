use proc_macro2::Span;
use quote::quote;

use super::common::Common;
use super::policy::{Policy, Setters, Waiting, judge_not_zero, judge_runtime_policy, judge_within};
use crate::attribute::Attribute;
use crate::diagnostics::{Fault, Faults};
use crate::syntax::{Count, Function, Options, Predicate};

/// `#[poll]`.
pub(crate) struct PollModel {
    pub(crate) common: Common,
    pub(crate) policy: Policy,
    pub(crate) until: Predicate,
    pub(crate) alarm: Option<Predicate>,
    pub(crate) ignore: Option<Predicate>,
}

const SETTINGS: [&str; 8] =
    ["timeout", "interval", "backoff", "jitter", "times", "max_ignored", "hold_for", "attempt_timeout"];

impl PollModel {
    pub(crate) fn judge(options: &mut Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        if let Some(place) = options.key("attempt_timeout").filter(|_| !function.is_async()) {
            faults.at(&place, Fault::SyncAttemptTimeout);
        }
        if let Some(place) = options.key("max_ignored").filter(|_| options.key("ignore").is_none()) {
            faults.at(&place, Fault::Without { key: "max_ignored", needs: "ignore" });
        }
        if options.key("until").is_none() {
            faults.at_span(Span::call_site(), Fault::Missing { attribute: Attribute::Poll, key: "until" });
        }
        let common = Common::judge(options, function, faults);
        let until = options.predicate("until", faults);
        let alarm = options.predicate("alarm", faults);
        let ignore = options.predicate("ignore", faults);
        let runtime_policy = judge_runtime_policy(options, &SETTINGS, faults);
        // Read in any case, so that they are not called unknown as well.
        let policy = Self::policy(&common, options, function, faults);
        let policy = runtime_policy.map_or(policy, Policy::Runtime);
        Some(Self { common, policy, until: until?, alarm, ignore })
    }

    fn policy(common: &Common, options: &mut Options, function: &Function, faults: &mut Faults) -> Policy {
        let mut setters = Setters::new(&common.runtime, function);
        let timeout = options.time_or_forever("timeout", faults);
        let hold_for = options.time("hold_for", faults);
        let attempt_timeout = options.time("attempt_timeout", faults);
        judge_not_zero("attempt_timeout", attempt_timeout.as_ref(), faults);
        match &timeout {
            Some(None) => setters.call(quote!(.forever())),
            Some(Some(timeout)) => {
                judge_within("hold_for", hold_for.as_ref(), "timeout", Some(timeout), faults);
                judge_within("attempt_timeout", attempt_timeout.as_ref(), "timeout", Some(timeout), faults);
                setters.time("timeout", Some(timeout));
            }
            None => {
                let default = crate::syntax::Time::seconds(15);
                judge_within("hold_for", hold_for.as_ref(), "timeout", Some(&default), faults);
                judge_within("attempt_timeout", attempt_timeout.as_ref(), "timeout", Some(&default), faults);
            }
        }
        setters.waiting(&Waiting::judge("interval", options, faults));
        let times = options.count("times", faults);
        // For a poll, no bound is the default.
        setters.count("times", times.as_ref().filter(|times| !matches!(times, Count::Forever)));
        setters.count("max_ignored", options.count("max_ignored", faults).as_ref());
        setters.time("hold_for", hold_for.as_ref());
        setters.time("attempt_timeout", attempt_timeout.as_ref());
        setters.finish()
    }
}
