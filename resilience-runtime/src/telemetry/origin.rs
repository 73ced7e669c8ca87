use super::SiteKind;
use crate::site_name::SiteName;

/// Where a call was made, for the log: known also of a call that nobody observes.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "nobody logs"))]
pub(crate) struct CallOrigin {
    pub(crate) name: SiteName,
    pub(crate) kind: SiteKind,
}
