//! The unsafe kinds of functions, in all rows.

#![deny(warnings)]

#[macro_use]
#[path = "../rows.rs"]
mod rows;
#[allow(dead_code)]
#[path = "../service.rs"]
mod service;

macro_rules! blocking {
    (
        mod $module:ident, $script:literal $calls:tt
        $(#[$attribute:meta])*
    ) => {
        pub(crate) mod $module {
            #[allow(unused_imports)]
            use crate::service::{Answer, Call, Oops, Row, Run, Service};

            const ROW: Row = row!($script $calls);

            /// # Safety
            /// It points to a service.
            $(#[$attribute])*
            unsafe fn unsafe_fn(service: *const Service) -> Result<u32, Oops> {
                // SAFETY: the caller's promise.
                unsafe { &*service }.ask()
            }

            struct Client;

            impl Client {
                /// # Safety
                /// It points to a service.
                $(#[$attribute])*
                pub(crate) unsafe extern "Rust" fn unsafe_method(
                    &self,
                    service: *const Service,
                ) -> Result<u32, Oops> {
                    // SAFETY: the caller's promise.
                    unsafe { &*service }.ask()
                }
            }

            pub(crate) fn cells() -> usize {
                let mut run = Run::of(&ROW, module_path!());
                // SAFETY: there is a service.
                run.cell("unsafe_fn", &|service| unsafe { unsafe_fn(service) });
                // SAFETY: there is a service.
                run.cell("unsafe_method", &|service| unsafe { Client.unsafe_method(service) });
                run.kinds().len()
            }
        }
    };
}

macro_rules! asynchronous {
    (
        mod $module:ident, $script:literal $calls:tt
        $(#[$attribute:meta])*
    ) => {
        pub(crate) mod $module {
            use std::sync::Arc;

            #[allow(unused_imports)]
            use crate::service::{Answer, Call, Oops, Row, Run, Service};

            const ROW: Row = row!($script $calls);

            /// # Safety
            /// None is needed.
            $(#[$attribute])*
            async unsafe fn unsafe_fn(service: Arc<Service>) -> Result<u32, Oops> {
                service.ask_async().await
            }

            struct Client;

            impl Client {
                /// # Safety
                /// None is needed.
                $(#[$attribute])*
                pub(crate) async unsafe fn unsafe_method(&self, service: &Service) -> Result<u32, Oops> {
                    // SAFETY: none is needed.
                    unsafe { self.unsafe_helper(service) }.await
                }

                async unsafe fn unsafe_helper(&self, service: &Service) -> Result<u32, Oops> {
                    service.ask_async().await
                }
            }

            pub(crate) async fn cells() -> usize {
                let mut run = Run::of(&ROW, module_path!());
                // SAFETY: none is needed.
                run.cell_async("unsafe_fn", &|service| Box::pin(unsafe { unsafe_fn(service) })).await;
                run.cell_async("unsafe_method", &|service| {
                    // SAFETY: none is needed.
                    Box::pin(async move { unsafe { Client.unsafe_method(&service) }.await })
                })
                .await;
                run.kinds().len()
            }
        }
    };
}

mod blocking {
    rows!(blocking);
}

mod asynchronous {
    rows!(asynchronous);
    async_rows!(asynchronous);
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let mut cells = 0;
    macro_rules! add {
        (mod $module:ident $($row:tt)*) => {
            cells += blocking::$module::cells();
        };
    }
    rows!(add);
    assert_eq!(cells, 12 * 2);
    macro_rules! add_async {
        (mod $module:ident $($row:tt)*) => {
            cells += asynchronous::$module::cells().await;
        };
    }
    rows!(add_async);
    async_rows!(add_async);
    assert_eq!(cells, 12 * 2 + 16 * 2);
}
