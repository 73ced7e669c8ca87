//! The list, as the linker writes it.

use crate::circuit::site::CircuitEntry;

/// Whether the list is complete before the first call.
pub(super) const LINKED: bool = true;

/// Every `#[circuit]` of the program.
#[linkme::distributed_slice]
pub static CIRCUITS: [CircuitEntry];

/// Enters a `CircuitEntry` into the list of the program's circuits; `$krate` is where this crate is found.
#[doc(hidden)]
#[macro_export]
macro_rules! __resilience_list {
    ($krate:path, $entry:expr) => {
        const _: () = {
            use $krate as __resilience;
            #[__resilience::__private::linkme::distributed_slice(__resilience::__private::CIRCUITS)]
            #[linkme(crate = __resilience::__private::linkme)]
            static __RESILIENCE_ENTRY: __resilience::__private::CircuitEntry = $entry;
        };
    };
}
