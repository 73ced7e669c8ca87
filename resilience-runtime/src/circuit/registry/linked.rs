//! The list, as the linker writes it.

use crate::circuit::site::CircuitEntry;

/// Whether the list is complete before the first call.
pub(super) const LINKED: bool = true;

/// Every `#[circuit]` of the program.
#[linkme::distributed_slice]
pub static CIRCUITS: [CircuitEntry];

/// Enters an `$entry` into one of the program's lists, as in `CIRCUITS: CircuitEntry`; `$krate` is where this crate is found.
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
