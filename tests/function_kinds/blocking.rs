//! Sync functions: the same ones under `#[retry]` and under `#[poll]`.

macro_rules! functions {
    ($module:ident, $attribute:meta) => {
        mod $module {
            use std::fmt::{Debug, Display};
            use std::sync::Arc;

            use crate::flaky::{Flaky, Oops};

            #[$attribute]
            fn free(flaky: &Flaky) -> Result<u32, Oops> {
                flaky.ask()
            }

            #[$attribute]
            pub(crate) fn visible(flaky: &Flaky) -> Result<u32, Oops> {
                flaky.ask()
            }

            /// It has words,
            #[doc = "more words"]
            #[cfg(test)]
            #[cfg_attr(test, must_use = "it is an answer")]
            #[inline]
            #[$attribute]
            #[allow(dead_code)]
            fn decorated(flaky: &Flaky) -> Result<u32, Oops> {
                #![allow(non_snake_case)]
                //! and inner ones.
                let Answer = flaky.ask()?;
                Ok(Answer)
            }

            #[cfg(not(test))]
            #[$attribute]
            fn free() -> Result<NoSuchType, Oops> {
                no_such_function()
            }

            #[test]
            fn free_functions() {
                assert_eq!(free(&Flaky::default()), Ok(3));
                assert_eq!(visible(&Flaky::default()), Ok(3));
                assert_eq!(decorated(&Flaky::default()), Ok(3));
            }

            #[derive(Default)]
            struct Client {
                flaky: Flaky,
                calls: u32,
            }

            impl Client {
                #[$attribute]
                fn by_ref(&self) -> Result<u32, Oops> {
                    self.flaky.ask()
                }

                #[$attribute]
                fn by_mut(&mut self, step: u32) -> Result<u32, Oops> {
                    self.calls += step;
                    self.flaky.ask()?;
                    Ok(self.calls)
                }

                #[$attribute]
                fn by_value(self) -> Result<u32, Oops> {
                    self.flaky.ask()
                }

                #[$attribute]
                fn by_arc(self: Arc<Self>) -> Result<u32, Oops> {
                    self.flaky.ask()
                }

                #[$attribute]
                fn by_ref_to_arc(self: &Arc<Self>) -> Result<u32, Oops> {
                    self.flaky.ask()
                }

                #[$attribute]
                #[expect(clippy::boxed_local, reason = "the receiver is what is tested")]
                fn by_box(self: Box<Self>) -> Result<u32, Oops> {
                    self.flaky.ask()
                }

                #[$attribute]
                fn associated(flaky: &Flaky) -> Result<u32, Oops> {
                    Self::helper(flaky)
                }

                fn helper(flaky: &Flaky) -> Result<u32, Oops> {
                    flaky.ask()
                }

                #[$attribute]
                fn lends(&self) -> Result<&Flaky, Oops> {
                    self.flaky.ask()?;
                    Ok(&self.flaky)
                }
            }

            #[test]
            fn methods() {
                assert_eq!(Client::default().by_ref(), Ok(3));
                assert_eq!(Client::default().by_mut(2), Ok(6));
                assert_eq!(Client::default().by_value(), Ok(3));
                assert_eq!(Arc::new(Client::default()).by_arc(), Ok(3));
                assert_eq!(Arc::new(Client::default()).by_ref_to_arc(), Ok(3));
                assert_eq!(Box::new(Client::default()).by_box(), Ok(3));
                assert_eq!(Client::associated(&Flaky::default()), Ok(3));
                assert_eq!(Client::default().lends().map(Flaky::asked), Ok(3));
            }

            trait Fetch {
                const STEP: u32;

                fn flaky(&self) -> &Flaky;

                fn fetch(&mut self) -> Result<u32, Oops>;

                #[$attribute]
                fn by_default(&self) -> Result<u32, Oops> {
                    self.flaky().ask().map(|answer| answer + Self::STEP)
                }
            }

            impl Fetch for Client {
                const STEP: u32 = 10;

                fn flaky(&self) -> &Flaky {
                    &self.flaky
                }

                #[$attribute]
                fn fetch(&mut self) -> Result<u32, Oops> {
                    self.calls += 1;
                    self.flaky.ask().map(|_| self.calls)
                }
            }

            #[test]
            fn trait_methods() {
                assert_eq!(Client::default().by_default(), Ok(13));
                assert_eq!(Client::default().fetch(), Ok(3));
            }

            #[$attribute]
            fn generic<T: Clone>(flaky: &Flaky, value: &T) -> Result<(u32, T), Oops> {
                Ok((flaky.ask()?, value.clone()))
            }

            #[$attribute]
            fn constrained<T, U>(flaky: &Flaky, value: &T) -> Result<U, Oops>
            where
                T: Clone + Into<U>,
                U: From<u32>,
            {
                flaky.ask()?;
                Ok(value.clone().into())
            }

            #[$attribute]
            fn const_generic<const N: usize>(flaky: &Flaky) -> Result<[u32; N], Oops> {
                Ok([flaky.ask()?; N])
            }

            #[$attribute]
            fn lifetimes<'a, 'b: 'a>(
                flaky: &Flaky,
                a: &'a str,
                b: &'b str,
            ) -> Result<(&'a str, &'b str), Oops> {
                flaky.ask().map(|answer| if answer == 3 { (b, b) } else { (a, b) })
            }

            #[$attribute]
            fn arguments(
                flaky: &Flaky,
                (a, b): (u32, u32),
                Pair { left, right: [first, ..] }: Pair,
                &c: &u32,
                _: u32,
                _unused: u32,
            ) -> Result<u32, Oops> {
                flaky.ask().map(|answer| answer + a + b + left + first + c)
            }

            struct Pair {
                left: u32,
                right: [u32; 2],
            }

            #[$attribute]
            fn takes_impl(
                flaky: &Flaky,
                shown: impl Display,
                call: impl Fn() -> u32,
            ) -> Result<String, Oops> {
                flaky.ask().map(|answer| format!("{shown} {}", answer + call()))
            }

            #[$attribute]
            fn takes_dyn(
                flaky: &Flaky,
                shown: &dyn Display,
                call: &mut dyn FnMut() -> u32,
            ) -> Result<u32, Oops> {
                let called = call();
                flaky.ask().map(|_| called + u32::from(shown.to_string() == "shown"))
            }

            #[test]
            fn generics_and_arguments() {
                assert_eq!(generic(&Flaky::default(), &"x"), Ok((3, "x")));
                assert_eq!(constrained::<u16, u32>(&Flaky::default(), &7), Ok(7));
                assert_eq!(const_generic::<2>(&Flaky::default()), Ok([3, 3]));
                assert_eq!(lifetimes(&Flaky::default(), "a", "b"), Ok(("b", "b")));
                let pair = Pair { left: 100, right: [1000, 0] };
                assert_eq!(arguments(&Flaky::default(), (1, 10), pair, &10_000, 0, 0), Ok(11_114));
                assert_eq!(takes_impl(&Flaky::default(), "so", || 4), Ok("so 7".into()));
                let mut calls = 0;
                let mut call = || {
                    calls += 1;
                    calls
                };
                assert_eq!(takes_dyn(&Flaky::default(), &"shown", &mut call), Ok(4));
            }

            type Answer<T> = Result<T, Oops>;

            #[$attribute]
            fn aliased(flaky: &Flaky) -> Answer<u32> {
                flaky.ask()
            }

            #[$attribute]
            fn returns_impl(flaky: &Flaky) -> Result<impl Iterator<Item = u32> + Debug + use<>, Oops> {
                Ok(0..flaky.ask()?)
            }

            #[$attribute]
            fn returns_impl_within(flaky: &Flaky) -> Result<Option<(u8, impl Fn(u32) -> u32 + use<>)>, Oops> {
                let answer = flaky.ask()?;
                Ok(Some((1, move |more| answer + more)))
            }

            #[$attribute]
            fn coerces(flaky: &Flaky) -> Result<Box<dyn Fn() -> u32>, Oops> {
                flaky.ask()?;
                Ok(Box::new(|| 1))
            }

            #[$attribute]
            fn coerces_early(flaky: &Flaky, early: bool) -> Result<Box<dyn Fn() -> u32>, Oops> {
                flaky.ask()?;
                if early {
                    return Ok(Box::new(|| 1));
                }
                Ok(Box::new(|| 2))
            }

            #[$attribute]
            fn boxes_errors(
                flaky: &Flaky,
                text: &str,
            ) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
                flaky.ask()?;
                let number: u32 = text.parse()?;
                if number == 0 {
                    return Err("zero".into());
                }
                Ok(number)
            }

            #[test]
            fn return_types() {
                assert_eq!(aliased(&Flaky::default()), Ok(3));
                assert_eq!(returns_impl(&Flaky::default()).map(Iterator::sum::<u32>), Ok(3));
                let within = returns_impl_within(&Flaky::default());
                assert_eq!(within.map(|within| within.map(|(_, add)| add(4))), Ok(Some(7)));
                assert_eq!(coerces(&Flaky::default()).map(|call| call()), Ok(1));
                assert_eq!(coerces_early(&Flaky::default(), true).map(|call| call()), Ok(1));
                assert_eq!(coerces_early(&Flaky::default(), false).map(|call| call()), Ok(2));
                assert_eq!(boxes_errors(&Flaky::default(), "7").expect("a number"), 7);
            }

            macro_rules! bail {
                ($error:expr) => {
                    return Err($error)
                };
            }

            #[$attribute]
            fn control_flow(flaky: &Flaky) -> Result<u32, Oops> {
                fn nested(answer: u32) -> u32 {
                    answer * 2
                }
                let mut sum = 0;
                let found = 'outer: loop {
                    for n in 0.. {
                        if n % 2 == 0 {
                            continue;
                        }
                        sum += n;
                        if n > 5 {
                            break 'outer n;
                        }
                    }
                };
                let answer = match flaky.ask() {
                    Ok(answer) => answer,
                    Err(Oops(1)) => bail!(Oops(1)),
                    Err(oops) => return Err(oops),
                };
                let add = |more: u32| -> Result<u32, Oops> { Ok(answer + more) };
                let all = add(found)?;
                while sum > 1 {
                    sum -= 1;
                }
                Ok(nested(all) + sum)
            }

            #[$attribute]
            fn only_returns(flaky: &Flaky) -> Result<u32, Oops> {
                return flaky.ask();
            }

            #[$attribute]
            fn only_diverges(flaky: &Flaky) -> Result<u32, Oops> {
                loop {
                    match flaky.ask() {
                        Ok(_) if flaky.asked() < 3 => {}
                        other => return other,
                    }
                }
            }

            #[$attribute]
            fn recursive(flaky: &Flaky, depth: u32) -> Result<u32, Oops> {
                if depth == 0 { flaky.ask() } else { Ok(recursive(flaky, depth - 1)? + 1) }
            }

            #[test]
            fn bodies() {
                assert_eq!(control_flow(&Flaky::default()), Ok(21));
                assert_eq!(only_returns(&Flaky::default()), Ok(3));
                assert_eq!(only_diverges(&Flaky::default()), Ok(3));
                assert_eq!(recursive(&Flaky::default(), 5), Ok(8));
            }
        }
    };
}

functions!(under_retry, resilience::retry(times = 4, interval = 0s));
functions!(under_retry_with_limits, resilience::retry(deadline = 1h, interval = 0s, on_error = |_, _| {}));
functions!(under_poll, resilience::poll(until = |_| true, ignore = |_| true, interval = 0s));

/// Arguments that a body consumes or changes are cloned for each attempt.
mod clones {
    use resilience::{poll, retry};

    use crate::flaky::{Flaky, Oops};

    #[retry(interval = 0s, clone(text, list))]
    fn retried(flaky: &Flaky, text: String, mut list: Vec<u32>) -> Result<(String, Vec<u32>), Oops> {
        list.push(1);
        let moved = (text, list);
        flaky.ask()?;
        Ok(moved)
    }

    #[poll(until = |_| true, ignore = |_| true, interval = 0s, clone(text, list))]
    fn polled(flaky: &Flaky, text: String, mut list: Vec<u32>) -> Result<(String, Vec<u32>), Oops> {
        list.push(1);
        let moved = (text, list);
        flaky.ask()?;
        Ok(moved)
    }

    #[retry(interval = 0s, clone(r#type))]
    fn raw(flaky: &Flaky, r#type: String) -> Result<String, Oops> {
        let moved = r#type;
        flaky.ask()?;
        Ok(moved)
    }

    #[test]
    fn each_attempt_has_clones_of_its_own() {
        let expected = Ok((String::from("a"), vec![0, 1]));
        assert_eq!(retried(&Flaky::default(), "a".into(), vec![0]), expected);
        assert_eq!(polled(&Flaky::default(), "a".into(), vec![0]), expected);
        assert_eq!(raw(&Flaky::default(), "a".into()), Ok("a".into()));
    }
}
