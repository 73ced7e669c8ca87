//! Async functions: the same ones under each attribute, awaited and spawned.

/// Runs a future twice over: here, and as a task on another thread.
async fn here_and_there<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    make: impl Fn() -> F,
) -> [T; 2] {
    let here = make().await;
    let there = tokio::spawn(make()).await;
    [here, there.expect("the task does not panic")]
}

macro_rules! functions {
    ($module:ident, $attribute:meta) => {
        mod $module {
            use std::fmt::{Debug, Display};
            use std::pin::Pin;
            use std::sync::Arc;

            use super::here_and_there;
            use crate::flaky::{Flaky, Oops};

            #[$attribute]
            async fn free(flaky: Flaky) -> Result<u32, Oops> {
                flaky.ask_async().await
            }

            #[$attribute]
            pub(crate) async fn visible(flaky: &Flaky) -> Result<u32, Oops> {
                flaky.ask_async().await
            }

            /// It has words,
            #[doc = "more words"]
            #[cfg(test)]
            #[inline]
            #[$attribute]
            async fn decorated(flaky: Flaky) -> Result<u32, Oops> {
                #![allow(non_snake_case)]
                //! and inner ones.
                let Answer = flaky.ask_async().await?;
                Ok(Answer)
            }

            #[tokio::test]
            async fn free_functions() {
                assert_eq!(here_and_there(|| free(Flaky::default())).await, [Ok(3), Ok(3)]);
                let visible = here_and_there(|| async { visible(&Flaky::default()).await }).await;
                assert_eq!(visible, [Ok(3), Ok(3)]);
                assert_eq!(here_and_there(|| decorated(Flaky::default())).await, [Ok(3), Ok(3)]);
            }

            #[derive(Default)]
            struct Client {
                flaky: Flaky,
                calls: u32,
            }

            impl Client {
                #[$attribute]
                async fn by_ref(&self) -> Result<u32, Oops> {
                    self.flaky.ask_async().await
                }

                #[$attribute]
                async fn by_mut(&mut self, step: u32) -> Result<u32, Oops> {
                    self.calls += step;
                    self.flaky.ask_async().await?;
                    Ok(self.calls)
                }

                #[$attribute]
                async fn by_value(self) -> Result<u32, Oops> {
                    self.flaky.ask_async().await
                }

                #[$attribute]
                async fn by_arc(self: Arc<Self>) -> Result<u32, Oops> {
                    self.flaky.ask_async().await
                }

                #[$attribute]
                async fn by_ref_to_arc(self: &Arc<Self>) -> Result<u32, Oops> {
                    self.flaky.ask_async().await
                }

                #[$attribute]
                async fn by_pin(self: Pin<&mut Self>) -> Result<u32, Oops> {
                    self.flaky.ask_async().await
                }

                #[$attribute]
                async fn lends(&self) -> Result<&Flaky, Oops> {
                    self.flaky.ask_async().await?;
                    Ok(&self.flaky)
                }

                #[$attribute]
                async fn lends_one_of_two<'a>(&'a self, _other: &str) -> Result<(&'a Flaky, &'a u32), Oops> {
                    self.flaky.ask_async().await?;
                    Ok((&self.flaky, &self.calls))
                }
            }

            #[tokio::test]
            async fn methods() {
                let expected = [Ok(3), Ok(3)];
                assert_eq!(here_and_there(|| async { Client::default().by_ref().await }).await, expected);
                assert_eq!(here_and_there(|| async { Client::default().by_mut(1).await }).await, expected);
                assert_eq!(here_and_there(|| Client::default().by_value()).await, expected);
                assert_eq!(here_and_there(|| Arc::new(Client::default()).by_arc()).await, expected);
                let by_ref = here_and_there(|| async { Arc::new(Client::default()).by_ref_to_arc().await });
                assert_eq!(by_ref.await, expected);
                let by_pin = here_and_there(|| async {
                    let mut client = std::pin::pin!(Client::default());
                    client.as_mut().by_pin().await
                });
                assert_eq!(by_pin.await, expected);
                let lent = here_and_there(|| async { Client::default().lends().await.map(Flaky::asked) });
                assert_eq!(lent.await, expected);
                let lent = here_and_there(|| async {
                    let client = Client::default();
                    client.lends_one_of_two("").await.map(|(flaky, calls)| flaky.asked() + calls)
                });
                assert_eq!(lent.await, expected);
            }

            trait Fetch: Sync {
                const STEP: u32;

                fn flaky(&self) -> &Flaky;

                fn fetch(&mut self) -> impl Future<Output = Result<u32, Oops>> + Send;

                #[$attribute]
                async fn by_default(&self) -> Result<u32, Oops> {
                    self.flaky().ask_async().await.map(|answer| answer + Self::STEP)
                }
            }

            impl Fetch for Client {
                const STEP: u32 = 10;

                fn flaky(&self) -> &Flaky {
                    &self.flaky
                }

                #[$attribute]
                async fn fetch(&mut self) -> Result<u32, Oops> {
                    self.calls += 1;
                    self.flaky.ask_async().await.map(|_| self.calls)
                }
            }

            #[tokio::test]
            async fn trait_methods() {
                let by_default = here_and_there(|| async { Client::default().by_default().await });
                assert_eq!(by_default.await, [Ok(13), Ok(13)]);
                let fetched = here_and_there(|| async { Client::default().fetch().await });
                assert_eq!(fetched.await, [Ok(3), Ok(3)]);
            }

            #[$attribute]
            async fn generic<T: Clone + Sync>(flaky: &Flaky, value: &T) -> Result<(u32, T), Oops> {
                Ok((flaky.ask_async().await?, value.clone()))
            }

            #[$attribute]
            async fn constrained<T, U>(flaky: &Flaky, value: &T) -> Result<U, Oops>
            where
                T: Clone + Into<U> + Sync,
                U: From<u32>,
            {
                flaky.ask_async().await?;
                Ok(value.clone().into())
            }

            #[$attribute]
            async fn const_generic<const N: usize>(flaky: &Flaky) -> Result<[u32; N], Oops> {
                Ok([flaky.ask_async().await?; N])
            }

            #[$attribute]
            async fn lifetimes<'a, 'b: 'a>(
                flaky: &Flaky,
                a: &'a str,
                b: &'b str,
            ) -> Result<(&'a str, &'b str), Oops> {
                flaky.ask_async().await.map(|answer| if answer == 3 { (b, b) } else { (a, b) })
            }

            #[$attribute]
            async fn arguments(
                flaky: &Flaky,
                (a, b): (u32, u32),
                Pair { left, right: [first, ..] }: Pair,
                &c: &u32,
                _: u32,
                _unused: u32,
            ) -> Result<u32, Oops> {
                flaky.ask_async().await.map(|answer| answer + a + b + left + first + c)
            }

            struct Pair {
                left: u32,
                right: [u32; 2],
            }

            #[$attribute]
            async fn takes_impl(
                flaky: &Flaky,
                shown: impl Display + Sync,
                call: impl AsyncFn() -> u32,
            ) -> Result<String, Oops> {
                let called = call().await;
                flaky.ask_async().await.map(|answer| format!("{shown} {}", answer + called))
            }

            #[tokio::test]
            async fn generics_and_arguments() {
                let here = here_and_there(|| async { generic(&Flaky::default(), &"x").await }).await;
                assert_eq!(here, [Ok((3, "x")), Ok((3, "x"))]);
                let here = here_and_there(|| async { constrained::<u16, u32>(&Flaky::default(), &7).await });
                assert_eq!(here.await, [Ok(7), Ok(7)]);
                let here = here_and_there(|| async { const_generic::<2>(&Flaky::default()).await }).await;
                assert_eq!(here, [Ok([3, 3]), Ok([3, 3])]);
                let here = here_and_there(|| async { lifetimes(&Flaky::default(), "a", "b").await }).await;
                assert_eq!(here, [Ok(("b", "b")), Ok(("b", "b"))]);
                let here = here_and_there(|| async {
                    let pair = Pair { left: 100, right: [1000, 0] };
                    arguments(&Flaky::default(), (1, 10), pair, &10_000, 0, 0).await
                });
                assert_eq!(here.await, [Ok(11_114), Ok(11_114)]);
                assert_eq!(takes_impl(&Flaky::default(), "so", async || 4).await, Ok("so 7".into()));
            }

            type Answer<T> = Result<T, Oops>;

            #[$attribute]
            async fn aliased(flaky: Flaky) -> Answer<u32> {
                flaky.ask_async().await
            }

            #[$attribute]
            async fn returns_impl(flaky: Flaky) -> Result<impl Iterator<Item = u32> + Debug + Send, Oops> {
                Ok(0..flaky.ask_async().await?)
            }

            #[$attribute]
            async fn returns_impl_within(flaky: Flaky) -> Result<Option<(u8, impl Fn(u32) -> u32)>, Oops> {
                let answer = flaky.ask_async().await?;
                Ok(Some((1, move |more| answer + more)))
            }

            type Call = Box<dyn Fn() -> u32 + Send>;

            #[$attribute]
            async fn coerces(flaky: Flaky) -> Result<Call, Oops> {
                flaky.ask_async().await?;
                Ok(Box::new(|| 1))
            }

            #[$attribute]
            async fn coerces_early(flaky: Flaky, early: bool) -> Result<Call, Oops> {
                flaky.ask_async().await?;
                if early {
                    return Ok(Box::new(|| 1));
                }
                Ok(Box::new(|| 2))
            }

            #[$attribute]
            async fn boxes_errors(
                flaky: Flaky,
                text: &str,
            ) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
                flaky.ask_async().await?;
                let number: u32 = text.parse()?;
                if number == 0 {
                    return Err("zero".into());
                }
                Ok(number)
            }

            #[tokio::test]
            async fn return_types() {
                assert_eq!(here_and_there(|| aliased(Flaky::default())).await, [Ok(3), Ok(3)]);
                let sums = here_and_there(|| async {
                    returns_impl(Flaky::default()).await.map(Iterator::sum::<u32>)
                });
                assert_eq!(sums.await, [Ok(3), Ok(3)]);
                let within = here_and_there(|| returns_impl_within(Flaky::default())).await;
                for within in within {
                    assert_eq!(within.map(|within| within.map(|(_, add)| add(4))), Ok(Some(7)));
                }
                for call in here_and_there(|| coerces(Flaky::default())).await {
                    assert_eq!(call.map(|call| call()), Ok(1));
                }
                for call in here_and_there(|| coerces_early(Flaky::default(), true)).await {
                    assert_eq!(call.map(|call| call()), Ok(1));
                }
                assert_eq!(coerces_early(Flaky::default(), false).await.map(|call| call()), Ok(2));
                for number in here_and_there(|| boxes_errors(Flaky::default(), "7")).await {
                    assert_eq!(number.expect("a number"), 7);
                }
            }

            macro_rules! bail {
                ($error:expr) => {
                    return Err($error)
                };
            }

            #[$attribute]
            async fn control_flow(flaky: Flaky) -> Result<u32, Oops> {
                async fn nested(answer: u32) -> u32 {
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
                let answer = match flaky.ask_async().await {
                    Ok(answer) => answer,
                    Err(Oops(1)) => bail!(Oops(1)),
                    Err(oops) => return Err(oops),
                };
                let add = async |more: u32| -> Result<u32, Oops> { Ok(answer + more) };
                let all = add(found).await?;
                while sum > 1 {
                    sum -= 1;
                }
                Ok(nested(all).await + sum)
            }

            #[$attribute]
            async fn only_returns(flaky: Flaky) -> Result<u32, Oops> {
                return flaky.ask_async().await;
            }

            #[$attribute]
            async fn only_diverges(flaky: Flaky) -> Result<u32, Oops> {
                loop {
                    match flaky.ask_async().await {
                        Ok(_) if flaky.asked() < 3 => {}
                        other => return other,
                    }
                }
            }

            #[$attribute]
            async fn recursive(flaky: &Flaky, depth: u32) -> Result<u32, Oops> {
                if depth == 0 {
                    return flaky.ask_async().await;
                }
                Ok(Box::pin(recursive(flaky, depth - 1)).await? + 1)
            }

            #[tokio::test]
            async fn bodies() {
                assert_eq!(here_and_there(|| control_flow(Flaky::default())).await, [Ok(21), Ok(21)]);
                assert_eq!(here_and_there(|| only_returns(Flaky::default())).await, [Ok(3), Ok(3)]);
                assert_eq!(here_and_there(|| only_diverges(Flaky::default())).await, [Ok(3), Ok(3)]);
                let recursive = here_and_there(|| async { recursive(&Flaky::default(), 5).await });
                assert_eq!(recursive.await, [Ok(8), Ok(8)]);
            }

            #[$attribute]
            async fn borrows_across_awaits(
                text: String,
                list: &mut Vec<u32>,
                flaky: Flaky,
            ) -> Result<u32, Oops> {
                let part = &text[1..];
                list.push(1);
                let answer = flaky.ask_async().await?;
                list.push(answer);
                Ok(u32::try_from(part.len() + list.len()).unwrap_or(0))
            }

            #[tokio::test]
            async fn borrows() {
                // One push from each failure, two from the success.
                let run =
                    || async { borrows_across_awaits("abc".into(), &mut Vec::new(), Flaky::default()).await };
                assert_eq!(here_and_there(run).await, [Ok(6), Ok(6)]);
            }
        }
    };
}

functions!(under_retry, resilience::retry(times = 4, interval = 0s));
functions!(under_retry_with_limits, resilience::retry(deadline = 1h, attempt_timeout = 1h, interval = 0s));
functions!(under_poll, resilience::poll(until = |_| true, ignore = |_| true, interval = 0s));
functions!(under_asyncbackoff, resilience::asyncbackoff(1h, 2h, 0s, on = |_| true));
functions!(under_asyncretry, resilience::asyncretry(4));

/// Arguments that a body consumes or changes are cloned for each attempt.
mod clones {
    use resilience::{asyncbackoff, poll, retry};

    use super::here_and_there;
    use crate::flaky::{Flaky, Oops};

    type Moved = (String, Vec<u32>);

    #[retry(interval = 0s, clone(text, list))]
    async fn retried(flaky: Flaky, text: String, mut list: Vec<u32>) -> Result<Moved, Oops> {
        list.push(1);
        let moved = (text, list);
        flaky.ask_async().await?;
        Ok(moved)
    }

    #[poll(until = |_| true, ignore = |_| true, interval = 0s, clone(text, list))]
    async fn polled(flaky: Flaky, text: String, mut list: Vec<u32>) -> Result<Moved, Oops> {
        list.push(1);
        let moved = (text, list);
        flaky.ask_async().await?;
        Ok(moved)
    }

    #[asyncbackoff(1h, 2h, on = |_| true, clone(text, list))]
    async fn backed_off(flaky: Flaky, text: String, mut list: Vec<u32>) -> Result<Moved, Oops> {
        list.push(1);
        let moved = (text, list);
        flaky.ask_async().await?;
        Ok(moved)
    }

    #[tokio::test]
    async fn each_attempt_has_clones_of_its_own() {
        let expected = || [Ok((String::from("a"), vec![0, 1])), Ok((String::from("a"), vec![0, 1]))];
        let run = here_and_there(|| retried(Flaky::default(), "a".into(), vec![0]));
        assert_eq!(run.await, expected());
        let run = here_and_there(|| polled(Flaky::default(), "a".into(), vec![0]));
        assert_eq!(run.await, expected());
        let run = here_and_there(|| backed_off(Flaky::default(), "a".into(), vec![0]));
        assert_eq!(run.await, expected());
    }
}

/// What is not `Send` does not live through a wait.
mod not_send {
    use std::rc::Rc;

    use resilience::{poll, retry};

    use super::here_and_there;
    use crate::flaky::{Flaky, Oops};

    #[derive(Debug)]
    struct Local(Rc<u32>);

    impl From<resilience::TimedOut> for Local {
        fn from(_: resilience::TimedOut) -> Self {
            Self(Rc::new(u32::MAX))
        }
    }

    #[retry(interval = 1ms)]
    async fn an_error(flaky: &Flaky) -> Result<u32, Local> {
        flaky.ask_async().await.map_err(|Oops(asked)| Local(Rc::new(asked)))
    }

    #[retry(interval = 1ms, on = |error| *error.0 < 9, giveup = |error| *error.0 > 9, on_error = |_, _| {})]
    async fn an_error_that_is_looked_at(flaky: &Flaky) -> Result<u32, Local> {
        flaky.ask_async().await.map_err(|Oops(asked)| Local(Rc::new(asked)))
    }

    #[poll(until = |_| true, ignore = |_| true, interval = 1ms, on_error = |_, _| {})]
    async fn an_ignored_error(flaky: &Flaky) -> Result<u32, Local> {
        flaky.ask_async().await.map_err(|Oops(asked)| Local(Rc::new(asked)))
    }

    #[poll(until = |number| **number > 2, interval = 1ms)]
    async fn a_value(flaky: &Flaky) -> Result<Rc<u32>, Local> {
        let _ = flaky.ask_async().await;
        Ok(Rc::new(flaky.asked()))
    }

    /// Makes the result one that can be sent; the annotated future is the task's all the same.
    fn number(result: Result<u32, Local>) -> u32 {
        result.unwrap_or_else(|Local(asked)| 1000 + *asked)
    }

    #[tokio::test(start_paused = true)]
    async fn errors_and_values_that_are_not_send() {
        let here = here_and_there(|| async { number(an_error(&Flaky::default()).await) }).await;
        assert_eq!(here, [3, 3]);
        let here = here_and_there(|| async { number(an_error_that_is_looked_at(&Flaky::default()).await) });
        assert_eq!(here.await, [3, 3]);
        let here = here_and_there(|| async { number(an_ignored_error(&Flaky::default()).await) }).await;
        assert_eq!(here, [3, 3]);
        let here = here_and_there(|| async { number(a_value(&Flaky::default()).await.map(|rc| *rc)) }).await;
        assert_eq!(here, [3, 3]);
    }
}
