use crate::site_name::SiteName;

/// What all calls of one function have in common: one constant beside its code.
#[derive(Clone, Copy, Debug)]
pub struct Site<P> {
    pub(crate) name: SiteName,
    pub(crate) policy: P,
}

impl<P> Site<P> {
    /// `name` is the function's, for telemetry and errors.
    pub const fn new(name: SiteName, policy: P) -> Self {
        Self { name, policy }
    }
}
