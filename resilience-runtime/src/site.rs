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

    /// What a log says of its calls.
    pub(crate) const fn origin(&self) -> CallOrigin {
        CallOrigin { name: self.name, kind: self.kind }
    }
}
