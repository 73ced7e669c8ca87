//! Lists that the linker creates: complete before the first call.

/// Whether lists are complete before the first call.
pub(crate) const LINKED: bool = true;

/// Declares a list of the program: `list!(NAME: Type)`.
macro_rules! list {
    ($(#[$doc:meta])* $list:ident: $type:ty) => {
        $(#[$doc])*
        #[linkme::distributed_slice]
        pub static $list: [$type];
    };
}

pub(crate) use list;

/// Lists a site with a name, with its policy and its time limits in the code.
#[cfg(feature = "serde")]
#[doc(hidden)]
#[macro_export]
macro_rules! __resilience_overridable {
    ($krate:path, $entry:expr, $code:expr, $deadline:expr, $attempt_timeout:expr) => {
        const _: () = {
            use $krate as __resilience;
            static __RESILIENCE_OVERRIDABLE: __resilience::__private::OverridableSite =
                __resilience::__private::OverridableSite::new($entry, $code, $deadline, $attempt_timeout);
            #[__resilience::__private::linkme::distributed_slice(__resilience::__private::OVERRIDABLE)]
            #[linkme(crate = __resilience::__private::linkme)]
            static __RESILIENCE_LISTED: &__resilience::__private::OverridableSite = &__RESILIENCE_OVERRIDABLE;
        };
    };
}

/// Without the feature `serde` there are no overrides.
#[cfg(not(feature = "serde"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __resilience_overridable {
    ($($tokens:tt)*) => {};
}

/// Adds an `$entry` to a list of the program, as in `CIRCUITS: CircuitEntry`. `$krate` is the path of this crate.
#[doc(hidden)]
#[macro_export]
macro_rules! __resilience_list {
    ($krate:path, $list:ident: $type:ty, $entry:expr) => {
        const _: () = {
            use $krate as __resilience;
            #[__resilience::__private::linkme::distributed_slice(__resilience::__private::$list)]
            #[linkme(crate = __resilience::__private::linkme)]
            static __RESILIENCE_LISTED: $type = $entry;
        };
    };
}
