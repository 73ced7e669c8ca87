use syn::Expr;

use super::common::Common;
use super::settings::{Policy, Settings, exceeds, judge_not_zero};
use super::waiting::judge_waiting;
use crate::diagnostics::{ConflictFault, Faults};
use crate::syntax::{Function, Options, Predicate, Value};

/// `#[poll]`.
pub(crate) struct PollModel {
    pub(crate) common: Common,
    pub(crate) policy: Policy,
    pub(crate) until: Predicate,
    pub(crate) alarm: Option<Predicate>,
    pub(crate) ignore: Option<Predicate>,
    pub(crate) retry_after: Option<Expr>,
    /// Whether there is, or may be, a limit for each attempt.
    pub(crate) limits_attempts: bool,
}

impl PollModel {
    pub(crate) fn judge(options: &Options, function: &Function, faults: &mut Faults) -> Option<Self> {
        if let Some(place) = options.key("attempt_timeout").filter(|_| !function.is_async()) {
            faults.at(&place, &ConflictFault::SyncLimit { key: "attempt_timeout", dropped: "an attempt" });
        }
        if let Some(place) = options.key("max_ignored").filter(|_| options.lacks("ignore")) {
            faults.at(&place, &ConflictFault::Without { key: "max_ignored", needs: "ignore" });
        }
        let common = Common::judge(options, function, faults);
        let until = options.predicate("until", faults);
        let alarm = options.predicate("alarm", faults);
        let ignore = options.predicate("ignore", faults);
        let retry_after = options.function("retry_after", faults);
        let limits_attempts = options.has("attempt_timeout") || options.has("policy");
        let mut settings = Settings::read(options, function, faults);
        judge_settings(&settings, faults);
        judge_waiting(&settings, options, faults);
        // The default number of attempts is unlimited.
        let is_default = |value: &Value| matches!(value, Value::Forever);
        settings.given.retain(|setting| setting.key == "timeout" || !is_default(&setting.value));
        let policy = Policy::judge(settings, options, faults);
        Some(Self { common, policy, until: until?, alarm, ignore, retry_after, limits_attempts })
    }
}

/// The default timeout is extended by settings that need more time.
fn judge_settings(settings: &Settings, faults: &mut Faults) {
    let attempt_timeout = settings.time("attempt_timeout");
    judge_not_zero("attempt_timeout", attempt_timeout, faults);
    let Some(timeout) = settings.time("timeout") else { return };
    if let Some(delay) = settings.time("initial_delay").filter(|time| exceeds(time, timeout)) {
        faults.at_span(delay.span(), &ConflictFault::TooLate { key: "initial_delay", limit: "timeout" });
    }
    if let Some(hold_for) = settings.time("hold_for").filter(|time| exceeds(time, timeout)) {
        faults.at_span(hold_for.span(), &ConflictFault::NeverMet { key: "hold_for", limit: "timeout" });
    }
    if let Some(attempt) = attempt_timeout.filter(|time| exceeds(time, timeout)) {
        let fault = ConflictFault::NeverReached { key: "attempt_timeout", limit: "timeout" };
        faults.at_span(attempt.span(), &fault);
    }
}
