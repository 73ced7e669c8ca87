//! The lists of circuits and sites of the program, created by the linker.
//!
//! If the target's linker does not support such lists (WebAssembly, for example), and under Miri, which does not link,
//! entries are added at their first call.

// The targets that linkme supports; it does not compile for others.
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
