//! The list of sites, as the linker writes it.

use super::SiteEntry;

/// Whether the list is complete before the first call.
pub(super) const LINKED: bool = true;

/// The sites of every attribute in the program.
#[linkme::distributed_slice]
pub static SITES: [&'static SiteEntry];
