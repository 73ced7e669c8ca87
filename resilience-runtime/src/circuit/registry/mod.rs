//! Every `#[circuit]` of the program, in a list that the linker writes: complete before the first call.
//!
//! Where the target's linker keeps no such lists (WebAssembly, for one), and under Miri, which links nothing, a site enters
//! itself at its first call.

mod conflict;
// The targets that linkme knows; it fails to compile for all others.
#[cfg_attr(
    any(
        miri,
        not(any(
            target_os = "none",
            target_os = "linux",
            target_os = "macos",
            target_os = "ios",
            target_os = "tvos",
            target_os = "android",
            target_os = "fuchsia",
            target_os = "illumos",
            target_os = "freebsd",
            target_os = "openbsd",
            target_os = "psp",
            target_os = "uefi",
            target_os = "windows",
        ))
    ),
    path = "unlinked.rs"
)]
mod linked;
mod list;
mod resolve;
mod view;

pub use self::conflict::{CircuitConflict, CircuitConflicts};
pub use self::linked::CIRCUITS;
pub(crate) use self::list::site_entries;
pub use self::view::{CircuitRef, Circuits, circuits};
