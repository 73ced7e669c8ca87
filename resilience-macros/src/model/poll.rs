use super::common::Common;
use super::policy::{Policy, exceeds, judge_not_zero, judge_runtime_policy};
use super::setters::Setters;
use super::waiting::Waiting;
use crate::attribute::Attribute;
use crate::diagnostics::{ConflictFault, Faults, OptionFault};
use crate::syntax::{Count, Function, Options, Predicate, Time, Timeout};

/// `#[poll]`.
pub(crate) struct PollModel {
    pub(crate) common: Common,
    pub(crate) policy: Policy,
    pub(crate) until: Predicate,
    pub(crate) alarm: Option<Predicate>,
    pub(crate) ignore: Option<Predicate>,
    /// There is a limit for each attempt, or may be.
    pub(crate) limits_attempts: bool,
}

const SETTINGS: [&str; 8] =
    ["timeout", "interval", "backoff", "jitter", "times", "max_ignored", "hold_for", "attempt_timeout"];

impl PollModel {
    pub(crate) fn judge(options: &mut Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        if let Some(place) = options.key("attempt_timeout").filter(|_| !function.is_async()) {
            faults.at(&place, &ConflictFault::SyncLimit { key: "attempt_timeout", dropped: "an attempt" });
        }
        if let Some(place) = options.key("max_ignored").filter(|_| options.lacks("ignore")) {
            faults.at(&place, &ConflictFault::Without { key: "max_ignored", needs: "ignore" });
        }
        if options.lacks("until") {
            let fault = OptionFault::Missing { attribute: Attribute::Poll, key: "until" };
            faults.at_span(options.span(), &fault);
        }
        let common = Common::judge(options, function, faults);
        let until = options.predicate("until", faults);
        let alarm = options.predicate("alarm", faults);
        let ignore = options.predicate("ignore", faults);
        let limits_attempts = ["attempt_timeout", "policy"].iter().any(|key| options.key(key).is_some());
        let runtime_policy = judge_runtime_policy(options, &SETTINGS, faults);
        // Read in any case, so that they are not called unknown as well.
        let policy = Self::policy(&common, options, function, faults);
        let policy = runtime_policy.map_or(policy, Policy::Runtime);
        Some(Self { common, policy, until: until?, alarm, ignore, limits_attempts })
    }

    fn policy(common: &Common, options: &mut Options, function: &Function, faults: &mut Faults) -> Policy {
        let mut setters = Setters::new(Attribute::Poll, &common.runtime, function);
        let timeout = options.timeout(faults);
        let hold_for = options.time("hold_for", faults);
        let attempt_timeout = options.time("attempt_timeout", faults);
        judge_not_zero("attempt_timeout", attempt_timeout.as_ref(), faults);
        match &timeout {
            Some(Timeout::Forever) => setters.forever(),
            Some(Timeout::Within(timeout)) => {
                judge_within(timeout, hold_for.as_ref(), attempt_timeout.as_ref(), faults);
                setters.time("timeout", Some(timeout));
            }
            // The default gives way to what it has to leave time for.
            None => {}
        }
        setters.waiting(&Waiting::judge("interval", options, faults));
        let times = options.count("times", faults);
        let max_ignored = options.count("max_ignored", faults);
        // For a poll, no bound is the default.
        let is_bound = |count: &&Count| !matches!(count, Count::Forever);
        setters.count("times", times.as_ref().filter(is_bound));
        setters.count("max_ignored", max_ignored.as_ref().filter(is_bound));
        setters.time("hold_for", hold_for.as_ref());
        setters.time("attempt_timeout", attempt_timeout.as_ref());
        setters.finish(faults)
    }
}

fn judge_within(timeout: &Time, hold_for: Option<&Time>, attempt: Option<&Time>, faults: &mut Faults) {
    if let Some(hold_for) = hold_for.filter(|time| exceeds(time, timeout)) {
        faults.at_span(hold_for.span(), &ConflictFault::NeverMet { key: "hold_for", limit: "timeout" });
    }
    if let Some(attempt) = attempt.filter(|time| exceeds(time, timeout)) {
        let fault = ConflictFault::NeverReached { key: "attempt_timeout", limit: "timeout" };
        faults.at_span(attempt.span(), &fault);
    }
}
