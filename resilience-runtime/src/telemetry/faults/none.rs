//! The faults of a build without the feature `testing`: none. The macros are built once for all builds of a program, so an
//! expansion may look for faults where this library has none.

use super::SiteEntry;
use crate::sleep::Wait;

/// No wait.
#[must_use]
pub const fn injected_latency(_: &[&'static SiteEntry]) -> Option<Wait> {
    None
}

/// No error.
#[must_use]
pub const fn injected_error<E>(_: &[&'static SiteEntry]) -> Option<E> {
    None
}

/// There is no fault that could be an error.
pub const fn no_injected_error(_: &[&'static SiteEntry]) {}
