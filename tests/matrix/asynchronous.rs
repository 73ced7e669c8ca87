//! The kinds of async functions.

/// The cells of all rows.
pub(crate) fn cells() -> usize {
    let mut cells = 0;
    macro_rules! add {
        (mod $module:ident $($row:tt)*) => {
            cells += $module::CELLS.len();
        };
    }
    rows!(add);
    async_rows!(add);
    cells
}

/// In the order in which they are run.
const KINDS: [&str; 26] = [
    "free",
    "visible",
    "decorated",
    "generic",
    "constrained",
    "const_generic",
    "lifetimes",
    "takes_impl",
    "returns_impl",
    "arguments",
    "by_ref",
    "by_mut",
    "consumes_mut",
    "by_arc",
    "associated",
    "lends",
    "required",
    "by_default",
    "overridden",
    "by_async_trait",
    "by_async_trait_mut",
    "by_async_trait_arc",
    "by_async_trait_default",
    "returns_future",
    "returns_boxed_future",
    "in_generic_impl",
];

macro_rules! stamp {
    (
        mod $module:ident, $script:literal $calls:tt
        $(#[$attribute:meta])*
    ) => {
        mod $module {
            use std::fmt::Display;
            use std::pin::Pin;
            use std::sync::{Arc, LazyLock};

            use async_trait::async_trait;

            use crate::service::{Answer, Call, Oops, Row, Run, Service};

            const ROW: Row = row!($script $calls);

            $(#[$attribute])*
            async fn free(service: &Service) -> Result<u32, Oops> {
                service.ask_async().await
            }

            $(#[$attribute])*
            pub(crate) async fn visible(service: &Service) -> Result<u32, Oops> {
                let answer = service.ask_async().await?;
                Ok(answer)
            }

            /// It has words,
            #[doc = "more words"]
            #[cfg(test)]
            #[cfg_attr(test, must_use = "it is an answer")]
            #[inline]
            $(#[$attribute])*
            #[allow(clippy::needless_return)]
            async fn decorated(service: &Service) -> Result<u32, Oops> {
                #![allow(non_snake_case)]
                //! and inner ones.
                #[cfg(not(test))]
                no_such_function();
                let Answer = service.ask_async().await?;
                return Ok(Answer);
            }

            #[cfg(not(test))]
            $(#[$attribute])*
            async fn decorated() -> Result<NoSuchType, Oops> {
                no_such_function()
            }

            $(#[$attribute])*
            async fn generic<T: Clone + Sync>(service: &Service, value: &T) -> Result<(u32, T), Oops> {
                Ok((service.ask_async().await?, value.clone()))
            }

            $(#[$attribute])*
            async fn constrained<T, U>(service: &Service, value: &T) -> Result<(u32, U), Oops>
            where
                T: Clone + Into<U> + Sync,
                U: From<u32>,
            {
                let answer = service.ask_async().await?;
                Ok((answer, value.clone().into()))
            }

            $(#[$attribute])*
            async fn const_generic<const N: usize>(service: &Service) -> Result<[u32; N], Oops> {
                Ok([service.ask_async().await?; N])
            }

            $(#[$attribute])*
            async fn lifetimes<'a, 'b: 'a>(
                service: &Service,
                a: &'a str,
                b: &'b str,
            ) -> Result<(u32, (&'a str, &'b str)), Oops> {
                service.ask_async().await.map(|answer| (answer, if answer == 7 { (b, b) } else { (a, b) }))
            }

            $(#[$attribute])*
            async fn takes_impl(
                service: &Service,
                shown: impl Display + Sync,
                call: impl Fn() -> u32 + Sync,
            ) -> Result<(u32, String), Oops> {
                let called = call();
                service.ask_async().await.map(|answer| (answer, format!("{shown} {called}")))
            }

            $(#[$attribute])*
            async fn returns_impl(service: &Service) -> Result<impl Answer + Send, Oops> {
                service.ask_async().await
            }

            struct Pair {
                left: u32,
                right: [u32; 2],
            }

            $(#[$attribute])*
            async fn arguments(
                service: &Service,
                (a, b): (u32, u32),
                Pair { left, right: [first, ..] }: Pair,
                &c: &u32,
                _: u32,
                _unused: u32,
            ) -> Result<(u32, u32), Oops> {
                Ok((service.ask_async().await?, a + b + left + first + c))
            }

            #[derive(Default)]
            struct Client {
                calls: usize,
            }

            impl Client {
                $(#[$attribute])*
                async fn by_ref(&self, service: &Service) -> Result<(u32, usize), Oops> {
                    Ok((service.ask_async().await?, self.calls))
                }

                $(#[$attribute])*
                async fn by_mut(&mut self, service: &Service) -> Result<u32, Oops> {
                    self.calls += 1;
                    service.ask_async().await
                }

                $(#[$attribute])*
                async fn consumes_mut(&mut self, service: &Service, calls: &mut Vec<u32>) -> Result<u32, Oops> {
                    let (me, asked) = (self, calls);
                    me.calls += 1;
                    asked.push(1);
                    service.ask_async().await
                }

                $(#[$attribute])*
                async fn by_arc(self: Arc<Self>, service: &Service) -> Result<(u32, usize), Oops> {
                    Ok((service.ask_async().await?, self.calls))
                }

                $(#[$attribute])*
                async fn associated(service: &Service) -> Result<u32, Oops> {
                    Self::helper(service).await
                }

                async fn helper(service: &Service) -> Result<u32, Oops> {
                    service.ask_async().await
                }

                $(#[$attribute])*
                async fn lends(&self, service: &Service) -> Result<(u32, &usize), Oops> {
                    Ok((service.ask_async().await?, &self.calls))
                }
            }

            trait Remote: Sync {
                const STEP: usize;

                fn calls(&self) -> usize;

                fn required(&mut self, service: &Service) -> impl Future<Output = Result<u32, Oops>> + Send;

                $(#[$attribute])*
                async fn by_default(&self, service: &Service) -> Result<(u32, usize), Oops> {
                    service.ask_async().await.map(|answer| (answer, self.calls() + Self::STEP))
                }

                fn overridden(
                    &self,
                    _service: &Service,
                ) -> impl Future<Output = Result<u32, Oops>> + Send {
                    async { Ok(1) }
                }
            }

            impl Remote for Client {
                const STEP: usize = 10;

                fn calls(&self) -> usize {
                    self.calls
                }

                $(#[$attribute])*
                async fn required(&mut self, service: &Service) -> Result<u32, Oops> {
                    self.calls += 1;
                    service.ask_async().await
                }

                $(#[$attribute])*
                async fn overridden(&self, service: &Service) -> Result<u32, Oops> {
                    service.ask_async().await
                }
            }

            #[async_trait]
            trait Boxed {
                async fn by_async_trait(&self, service: &Service) -> Result<u32, Oops>;

                async fn by_async_trait_mut(&mut self, service: &Service) -> Result<u32, Oops>;

                async fn by_async_trait_arc(self: Arc<Self>, service: &Service) -> Result<u32, Oops>;

                $(#[$attribute])*
                async fn by_async_trait_default<T: Send + Sync>(
                    &self,
                    service: &Service,
                    (_, rest): (u32, &T),
                ) -> Result<u32, Oops>
                where
                    Self: Sync + Sized,
                {
                    let _: &T = rest;
                    service.ask_async().await
                }
            }

            #[async_trait]
            impl Boxed for Client {
                $(#[$attribute])*
                async fn by_async_trait(&self, service: &Service) -> Result<u32, Oops> {
                    assert_eq!(self.calls, 5);
                    service.ask_async().await
                }

                $(#[$attribute])*
                async fn by_async_trait_mut(&mut self, service: &Service) -> Result<u32, Oops> {
                    self.calls += 1;
                    service.ask_async().await
                }

                $(#[$attribute])*
                async fn by_async_trait_arc(self: Arc<Self>, service: &Service) -> Result<u32, Oops> {
                    assert_eq!(self.calls, 5);
                    service.ask_async().await
                }
            }

            $(#[$attribute])*
            fn returns_future(service: &Service) -> impl Future<Output = Result<u32, Oops>> + Send {
                async move { service.ask_async().await }
            }

            $(#[$attribute])*
            fn returns_boxed_future(
                service: &Service,
            ) -> Pin<Box<dyn Future<Output = Result<u32, Oops>> + Send + '_>> {
                Box::pin(async move { service.ask_async().await })
            }

            struct Wrapped<T, const N: usize>([T; N]);

            impl<T: Clone + Sync, const N: usize> Wrapped<T, N> {
                $(#[$attribute])*
                async fn in_generic_impl(&self, service: &Service) -> Result<(u32, [T; N]), Oops> {
                    Ok((service.ask_async().await?, self.0.clone()))
                }
            }

            /// The number alone, when the rest is what it should be.
            fn with<T: PartialEq>(rest: T) -> impl Fn((u32, T)) -> u32 {
                move |(answer, actual)| if actual == rest { answer } else { u32::MAX }
            }

            async fn run() -> Vec<&'static str> {
                let mut run = Run::of(&ROW, module_path!());
                macro_rules! cell {
                    ($kind:literal, |$service:ident| $call:expr) => {
                        run.cell_async($kind, &|service| {
                            Box::pin(async move {
                                let $service = &*service;
                                $call
                            })
                        })
                        .await
                    };
                }
                cell!("free", |service| free(service).await);
                cell!("visible", |service| visible(service).await);
                cell!("decorated", |service| decorated(service).await);
                cell!("generic", |service| generic(service, &"a").await.map(with("a")));
                cell!("constrained", |service| {
                    constrained::<u16, u32>(service, &9).await.map(with(9))
                });
                cell!("const_generic", |service| {
                    const_generic::<3>(service).await.map(|answers| answers.number())
                });
                cell!("lifetimes", |service| {
                    let b = String::from("b");
                    lifetimes(service, "a", &b).await.map(with((&*b, &*b)))
                });
                cell!("takes_impl", |service| {
                    takes_impl(service, "so", || 4).await.map(with("so 4".to_owned()))
                });
                cell!("returns_impl", |service| {
                    returns_impl(service).await.map(|answer| answer.number())
                });
                cell!("arguments", |service| {
                    let pair = Pair { left: 100, right: [1000, 0] };
                    arguments(service, (1, 10), pair, &10_000, 0, 0).await.map(with(11_111))
                });
                cell!("by_ref", |service| Client { calls: 5 }.by_ref(service).await.map(with(5)));
                cell!("by_mut", |service| {
                    let (mut client, before) = (Client::default(), service.asked());
                    let result = client.by_mut(service).await;
                    assert_eq!(client.calls, service.asked() - before, "each attempt sees the last one's");
                    result
                });
                cell!("consumes_mut", |service| {
                    let (mut client, mut calls, before) = (Client::default(), Vec::new(), service.asked());
                    let result = client.consumes_mut(service, &mut calls).await;
                    let asked = service.asked() - before;
                    assert_eq!((client.calls, calls.len()), (asked, asked), "each attempt sees the last one's");
                    result
                });
                cell!("by_arc", |service| Arc::new(Client { calls: 5 }).by_arc(service).await.map(with(5)));
                cell!("associated", |service| Client::associated(service).await);
                cell!("lends", |service| Client { calls: 5 }.lends(service).await.map(with(&5)));
                cell!("required", |service| Client::default().required(service).await);
                cell!("by_default", |service| Client { calls: 5 }.by_default(service).await.map(with(15)));
                cell!("overridden", |service| Client::default().overridden(service).await);
                cell!("by_async_trait", |service| {
                    let client: Box<dyn Boxed + Send + Sync> = Box::new(Client { calls: 5 });
                    client.by_async_trait(service).await
                });
                cell!("by_async_trait_mut", |service| {
                    let (mut client, before) = (Client::default(), service.asked());
                    let result = client.by_async_trait_mut(service).await;
                    assert_eq!(client.calls, service.asked() - before, "each attempt sees the last one's");
                    result
                });
                cell!("by_async_trait_arc", |service| {
                    Arc::new(Client { calls: 5 }).by_async_trait_arc(service).await
                });
                cell!("by_async_trait_default", |service| {
                    Client::default().by_async_trait_default(service, (1, &"a")).await
                });
                cell!("returns_future", |service| returns_future(service).await);
                cell!("returns_boxed_future", |service| returns_boxed_future(service).await);
                cell!("in_generic_impl", |service| {
                    Wrapped(["a", "b"]).in_generic_impl(service).await.map(with(["a", "b"]))
                });
                run.kinds()
            }

            pub(super) static CELLS: LazyLock<Vec<&str>> = LazyLock::new(|| {
                let mut runtime = tokio::runtime::Builder::new_current_thread();
                runtime.enable_time().start_paused(true).build().expect("a runtime").block_on(run())
            });

            #[test]
            fn every_kind_does_what_the_attributes_say() {
                assert_eq!(*CELLS, super::KINDS);
            }
        }
    };
}

rows!(stamp);
async_rows!(stamp);
