//! The list of the program's sites.

use super::Site;
use super::sites::all;
use crate::circuit::site_entries;

/// All sites of the program, by name, file and line.
///
/// Sites of attributes are listed before their first call, those of function forms after it. (If the target's linker
/// does not support such lists, as on WebAssembly, sites of attributes are listed after their first call as well.)
///
/// ```
/// for site in resilience::telemetry::sites() {
///     println!("{} {} {}:{}", site.kind(), site.name(), site.file(), site.line());
/// }
/// ```
pub fn sites() -> impl Iterator<Item = Site> {
    let mut sites: Vec<Site> = all().chain(site_entries()).map(Site).collect();
    sites.sort_by_key(|site| (site.name(), site.file(), site.line(), site.kind().as_str()));
    sites.into_iter()
}
