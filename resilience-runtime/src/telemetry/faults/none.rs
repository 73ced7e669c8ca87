//! The faults of a build without the feature `testing`: none. The macros are built once for all builds of a program, so an
//! expansion may look for faults where this library has none.

use super::SiteEntry;
use crate::sleep::Wait;

/// No fault.
#[derive(Debug)]
pub enum NoFault {}

pub use self::NoFault as InjectedFault;

/// No faults.
#[inline]
#[must_use]
pub const fn injected_fault(_: &[&'static SiteEntry], _: &[&[&str]]) -> Option<NoFault> {
    None
}

impl NoFault {
    /// Never called.
    #[must_use]
    pub const fn latency(&self) -> Option<Wait> {
        match *self {}
    }

    /// Never called.
    #[must_use]
    pub const fn block(self) -> Self {
        self
    }

    /// Never called.
    #[cfg(feature = "tokio")]
    pub fn wait(self) -> std::future::Ready<Self> {
        std::future::ready(self)
    }

    /// Never called.
    #[must_use]
    pub const fn replaces_body(&self) -> bool {
        match *self {}
    }

    /// Never called.
    #[must_use]
    pub const fn error<E>(&self) -> Option<E> {
        match *self {}
    }

    /// Never called.
    pub const fn no_error(&self, _: &str) {
        match *self {}
    }
}

/// No error.
#[inline]
pub(crate) fn fault_of_form<E>(_: impl FnOnce() -> &'static SiteEntry) -> Option<E> {
    None
}

/// The future of an attempt of a function form.
#[cfg(feature = "tokio")]
macro_rules! with_faults {
    ($form:ident) => {
        ($form.operation)()
    };
}

#[cfg(feature = "tokio")]
pub(crate) use with_faults;
