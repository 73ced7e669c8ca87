use super::SiteKind;
use crate::site_name::SiteName;

/// The origin of a call for the log. Also known for calls that are not observed.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "nobody logs"))]
pub(crate) struct CallOrigin {
    pub(crate) name: SiteName,
    pub(crate) kind: SiteKind,
}
