use crate::attempts::{PollPolicy, RetryPolicy};
use crate::linked::list;
use crate::site::PolicySite;
use crate::telemetry::SiteEntry;

list! {
    /// The loops of attributes with a `name`.
    OVERRIDABLE: &'static OverridableSite
}

/// A function with a `name`, whose options can be overridden.
#[derive(Debug)]
pub struct OverridableSite {
    pub(super) entry: &'static SiteEntry,
    pub(super) code: PolicyInCode,
    pub(super) has_deadline: bool,
    pub(super) has_attempt_timeout: bool,
}

/// The policy of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum PolicyInCode {
    /// Of `#[retry]`, `#[asyncbackoff]` or `#[asyncretry]`.
    RetryPolicy(&'static PolicySite<RetryPolicy>),
    /// Of `#[poll]`.
    PollPolicy(&'static PolicySite<PollPolicy>),
    /// It depends on generic parameters of the function.
    Generic,
    /// `policy = EXPR`: evaluated at each call.
    Evaluated,
}

impl OverridableSite {
    /// Whether the attribute has the limits: an override does not introduce one.
    #[must_use]
    pub const fn new(
        entry: &'static SiteEntry,
        code: PolicyInCode,
        has_deadline: bool,
        has_attempt_timeout: bool,
    ) -> Self {
        Self { entry, code, has_deadline, has_attempt_timeout }
    }

    /// Whether the option may be overridden.
    pub(super) fn has(&self, key: &str) -> bool {
        match key {
            "deadline" => self.has_deadline,
            "attempt_timeout" => self.has_attempt_timeout,
            _ => true,
        }
    }
}
