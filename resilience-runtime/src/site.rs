use crate::attempts::Policy;
use crate::clock;
use crate::site_name::SiteName;
use crate::telemetry::{CallOrigin, SiteKind};

/// What all calls of one function have in common: one constant beside its code.
#[derive(Clone, Copy, Debug)]
pub struct PolicySite<P> {
    pub(crate) name: SiteName,
    kind: SiteKind,
    pub(crate) policy: P,
}

impl<P> PolicySite<P> {
    /// `name` is the function's, for telemetry and errors.
    pub const fn new(name: SiteName, kind: SiteKind, policy: P) -> Self {
        Self { name, kind, policy }
    }

    /// Whether it has a name that was given. The compiler knows it of an attribute.
    #[inline]
    pub(crate) const fn has_name(&self) -> bool {
        self.name.is_given()
    }

    /// A call begins: what its retries are taken out of has to know. The compiler knows of an attribute whether there is such
    /// a thing.
    #[inline]
    pub(crate) fn counts_a_call(&self)
    where
        P: Policy,
    {
        if let Some(budget) = self.policy.shared_budget() {
            budget.deposit(clock::moment);
        }
    }

    /// What a log says of its calls.
    pub(crate) const fn origin(&self) -> CallOrigin {
        CallOrigin { name: self.name, kind: self.kind }
    }
}
