//! Lists without linker support: empty at the start. Entries are added at their first call.

/// Whether lists are complete before the first call.
pub(crate) const LINKED: bool = false;

/// Declares a list of the program: `list!(NAME: Type)`.
macro_rules! list {
    ($(#[$doc:meta])* $list:ident: $type:ty) => {
        $(#[$doc])*
        pub static $list: [$type; 0] = [];
    };
}

pub(crate) use list;

/// Does nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __resilience_list {
    ($krate:path, $list:ident: $type:ty, $entry:expr) => {};
}

/// Does nothing: the policy in the code is unknown.
#[doc(hidden)]
#[macro_export]
macro_rules! __resilience_overridable {
    ($($tokens:tt)*) => {};
}
