use crate::site_name::SiteName;
use crate::telemetry::{CallOrigin, SiteKind};

/// The data that all calls of one function share: a constant beside its code.
#[derive(Clone, Copy, Debug)]
pub struct PolicySite<P> {
    pub(crate) name: SiteName,
    kind: SiteKind,
    pub(crate) policy: P,
}

impl<P> PolicySite<P> {
    /// `name` is the function's name, for telemetry and errors.
    pub const fn new(name: SiteName, kind: SiteKind, policy: P) -> Self {
        Self { name, kind, policy }
    }

    /// Whether it has an explicit name. A compile-time constant for an attribute.
    #[inline]
    pub(crate) const fn has_name(&self) -> bool {
        self.name.is_given()
    }

    /// The origin of its calls, for the log.
    pub(crate) const fn origin(&self) -> CallOrigin {
        CallOrigin { name: self.name, kind: self.kind }
    }
}
