//! The lists of the program, of circuits and of sites, as the linker writes them.
//!
//! Where the target's linker keeps no such lists (WebAssembly, for one), and under Miri, which links nothing, what belongs in
//! a list enters itself at its first call.

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
mod lists;

pub(crate) use self::lists::{LINKED, list};
