//! The kinds of sync functions.

/// The cells of all rows.
pub(crate) fn cells() -> usize {
    let mut cells = 0;
    macro_rules! add {
        (mod $module:ident $($row:tt)*) => {
            cells += $module::CELLS.len();
        };
    }
    rows!(add);
    cells
}

/// In the order in which they are run.
const KINDS: [&str; 21] = [
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
    "beside_async_trait",
    "in_generic_impl",
];

macro_rules! stamp {
    (
        mod $module:ident, $script:literal $calls:tt
        $(#[$attribute:meta])*
    ) => {
        mod $module {
            use std::fmt::Display;
            use std::sync::{Arc, LazyLock};

            use async_trait::async_trait;

            use crate::service::{Answer, Call, Oops, Row, Run, Service};

            const ROW: Row = row!($script $calls);

            $(#[$attribute])*
            fn free(service: &Service) -> Result<u32, Oops> {
                service.ask()
            }

            $(#[$attribute])*
            pub(crate) fn visible(service: &Service) -> Result<u32, Oops> {
                let answer = service.ask()?;
                Ok(answer)
            }

            /// It has words,
            #[doc = "more words"]
            #[cfg(test)]
            #[cfg_attr(test, must_use = "it is an answer")]
            #[inline]
            $(#[$attribute])*
            #[allow(clippy::needless_return)]
            fn decorated(service: &Service) -> Result<u32, Oops> {
                #![allow(non_snake_case)]
                //! and inner ones.
                #[cfg(not(test))]
                no_such_function();
                let Answer = service.ask()?;
                return Ok(Answer);
            }

            #[cfg(not(test))]
            $(#[$attribute])*
            fn decorated() -> Result<NoSuchType, Oops> {
                no_such_function()
            }

            $(#[$attribute])*
            fn generic<T: Clone>(service: &Service, value: &T) -> Result<(u32, T), Oops> {
                Ok((service.ask()?, value.clone()))
            }

            $(#[$attribute])*
            fn constrained<T, U>(service: &Service, value: &T) -> Result<(u32, U), Oops>
            where
                T: Clone + Into<U>,
                U: From<u32>,
            {
                let answer = service.ask()?;
                Ok((answer, value.clone().into()))
            }

            $(#[$attribute])*
            fn const_generic<const N: usize>(service: &Service) -> Result<[u32; N], Oops> {
                Ok([service.ask()?; N])
            }

            $(#[$attribute])*
            fn lifetimes<'a, 'b: 'a>(
                service: &Service,
                a: &'a str,
                b: &'b str,
            ) -> Result<(u32, (&'a str, &'b str)), Oops> {
                service.ask().map(|answer| (answer, if answer == 7 { (b, b) } else { (a, b) }))
            }

            $(#[$attribute])*
            fn takes_impl(
                service: &Service,
                shown: impl Display,
                call: impl Fn() -> u32,
            ) -> Result<(u32, String), Oops> {
                let called = call();
                service.ask().map(|answer| (answer, format!("{shown} {called}")))
            }

            $(#[$attribute])*
            fn returns_impl(service: &Service) -> Result<impl Answer + use<>, Oops> {
                service.ask()
            }

            struct Pair {
                left: u32,
                right: [u32; 2],
            }

            $(#[$attribute])*
            fn arguments(
                service: &Service,
                (a, b): (u32, u32),
                Pair { left, right: [first, ..] }: Pair,
                &c: &u32,
                _: u32,
                _unused: u32,
            ) -> Result<(u32, u32), Oops> {
                Ok((service.ask()?, a + b + left + first + c))
            }

            #[derive(Default)]
            struct Client {
                calls: usize,
            }

            impl Client {
                $(#[$attribute])*
                fn by_ref(&self, service: &Service) -> Result<(u32, usize), Oops> {
                    Ok((service.ask()?, self.calls))
                }

                $(#[$attribute])*
                fn by_mut(&mut self, service: &Service) -> Result<u32, Oops> {
                    self.calls += 1;
                    service.ask()
                }

                $(#[$attribute])*
                fn consumes_mut(&mut self, service: &Service, calls: &mut Vec<u32>) -> Result<u32, Oops> {
                    let (me, asked) = (self, calls);
                    me.calls += 1;
                    asked.push(1);
                    service.ask()
                }

                $(#[$attribute])*
                fn by_arc(self: Arc<Self>, service: &Service) -> Result<(u32, usize), Oops> {
                    Ok((service.ask()?, self.calls))
                }

                $(#[$attribute])*
                fn associated(service: &Service) -> Result<u32, Oops> {
                    Self::helper(service)
                }

                fn helper(service: &Service) -> Result<u32, Oops> {
                    service.ask()
                }

                $(#[$attribute])*
                fn lends(&self, service: &Service) -> Result<(u32, &usize), Oops> {
                    Ok((service.ask()?, &self.calls))
                }
            }

            trait Remote {
                const STEP: usize;

                fn calls(&self) -> usize;

                fn required(&mut self, service: &Service) -> Result<u32, Oops>;

                $(#[$attribute])*
                fn by_default(&self, service: &Service) -> Result<(u32, usize), Oops> {
                    service.ask().map(|answer| (answer, self.calls() + Self::STEP))
                }

                fn overridden(&self, _service: &Service) -> Result<u32, Oops> {
                    Ok(1)
                }
            }

            impl Remote for Client {
                const STEP: usize = 10;

                fn calls(&self) -> usize {
                    self.calls
                }

                $(#[$attribute])*
                fn required(&mut self, service: &Service) -> Result<u32, Oops> {
                    self.calls += 1;
                    service.ask()
                }

                $(#[$attribute])*
                fn overridden(&self, service: &Service) -> Result<u32, Oops> {
                    service.ask()
                }
            }

            /// It leaves functions alone that are not async.
            #[async_trait]
            trait Async {
                fn beside_async_trait(&self, service: &Service) -> Result<u32, Oops>;
            }

            #[async_trait]
            impl Async for Client {
                $(#[$attribute])*
                fn beside_async_trait(&self, service: &Service) -> Result<u32, Oops> {
                    service.ask()
                }
            }

            struct Wrapped<T, const N: usize>([T; N]);

            impl<T: Clone, const N: usize> Wrapped<T, N> {
                $(#[$attribute])*
                fn in_generic_impl(&self, service: &Service) -> Result<(u32, [T; N]), Oops> {
                    Ok((service.ask()?, self.0.clone()))
                }
            }

            /// The number alone, when the rest is what it should be.
            fn with<T: PartialEq>(rest: T) -> impl Fn((u32, T)) -> u32 {
                move |(answer, actual)| if actual == rest { answer } else { u32::MAX }
            }

            pub(super) static CELLS: LazyLock<Vec<&str>> = LazyLock::new(|| {
                let mut run = Run::of(&ROW, module_path!());
                run.cell("free", &free);
                run.cell("visible", &visible);
                run.cell("decorated", &decorated);
                run.cell("generic", &|service| generic(service, &"a").map(with("a")));
                run.cell("constrained", &|service| constrained::<u16, u32>(service, &9).map(with(9)));
                run.cell("const_generic", &|service| {
                    const_generic::<3>(service).map(|answers| answers.number())
                });
                run.cell("lifetimes", &|service| {
                    let b = String::from("b");
                    lifetimes(service, "a", &b).map(with((&*b, &*b)))
                });
                run.cell("takes_impl", &|service| {
                    takes_impl(service, "so", || 4).map(with("so 4".to_owned()))
                });
                run.cell("returns_impl", &|service| returns_impl(service).map(|answer| answer.number()));
                run.cell("arguments", &|service| {
                    let pair = Pair { left: 100, right: [1000, 0] };
                    arguments(service, (1, 10), pair, &10_000, 0, 0).map(with(11_111))
                });
                run.cell("by_ref", &|service| Client { calls: 5 }.by_ref(service).map(with(5)));
                run.cell("by_mut", &|service| {
                    let (mut client, before) = (Client::default(), service.asked());
                    let result = client.by_mut(service);
                    assert_eq!(client.calls, service.asked() - before, "each attempt sees the last one's");
                    result
                });
                run.cell("consumes_mut", &|service| {
                    let (mut client, mut calls, before) = (Client::default(), Vec::new(), service.asked());
                    let result = client.consumes_mut(service, &mut calls);
                    let asked = service.asked() - before;
                    assert_eq!((client.calls, calls.len()), (asked, asked), "each attempt sees the last one's");
                    result
                });
                run.cell("by_arc", &|service| Arc::new(Client { calls: 5 }).by_arc(service).map(with(5)));
                run.cell("associated", &Client::associated);
                run.cell("lends", &|service| Client { calls: 5 }.lends(service).map(with(&5)));
                run.cell("required", &|service| Client::default().required(service));
                run.cell("by_default", &|service| Client { calls: 5 }.by_default(service).map(with(15)));
                run.cell("overridden", &|service| Client::default().overridden(service));
                run.cell("beside_async_trait", &|service| {
                    let client: &dyn Async = &Client::default();
                    client.beside_async_trait(service)
                });
                run.cell("in_generic_impl", &|service| {
                    Wrapped(["a", "b"]).in_generic_impl(service).map(with(["a", "b"]))
                });
                run.kinds()
            });

            #[test]
            fn every_kind_does_what_the_attributes_say() {
                assert_eq!(*CELLS, super::KINDS);
            }
        }
    };
}

rows!(stamp);
