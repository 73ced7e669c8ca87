//! Every kind of function. Each is called three times: it succeeds, it fails, and then its circuit rejects the call.

use std::fmt::Debug;

use resilience::CircuitOpen;

#[derive(Debug, PartialEq)]
pub(crate) enum Oops {
    Down,
    Refused,
}

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Self::Refused
    }
}

fn ask(down: bool) -> Result<u32, Oops> {
    if down { Err(Oops::Down) } else { Ok(7) }
}

async fn ask_async(down: bool) -> Result<u32, Oops> {
    tokio::task::yield_now().await;
    ask(down)
}

fn opens<T: Debug + PartialEq>(value: T, mut call: impl FnMut(bool) -> Result<T, Oops>) {
    assert_eq!(call(false), Ok(value));
    assert_eq!(call(true), Err(Oops::Down));
    assert_eq!(call(false), Err(Oops::Refused));
}

/// Here, and then as tasks on other threads.
async fn opens_there<T, F>(value: T, make: impl Fn(bool) -> F)
where
    T: Debug + PartialEq + Send + 'static,
    F: Future<Output = Result<T, Oops>> + Send + 'static,
{
    assert_eq!(make(false).await, Ok(value));
    assert_eq!(tokio::spawn(make(true)).await.expect("no panic"), Err(Oops::Down));
    assert_eq!(tokio::spawn(make(false)).await.expect("no panic"), Err(Oops::Refused));
}

/// Neither `Clone` nor `Copy`.
#[derive(Debug, PartialEq)]
struct Token(u32);

struct Point {
    x: u32,
    y: u32,
}

macro_rules! blocking {
    ($module:ident, $attribute:meta) => {
        mod $module {
            use std::fmt::Display;
            use std::pin::Pin;
            use std::rc::Rc;
            use std::sync::Arc;

            use super::{Oops, Point, Token, ask, opens};

            #[derive(Default)]
            struct Client {
                calls: u32,
                text: String,
            }

            /// It has words.
            #[allow(clippy::needless_return)]
            #[inline]
            #[$attribute]
            pub(crate) fn free(down: bool) -> Result<u32, Oops> {
                //! And inner ones.
                let answer = ask(down)?;
                return Ok(answer);
            }

            #[$attribute]
            fn consumes(token: Token, mut list: Vec<u32>, down: bool) -> Result<Token, Oops> {
                list.push(ask(down)?);
                let Token(number) = token;
                Ok(Token(number + list.into_iter().sum::<u32>()))
            }

            #[test]
            fn free_functions_and_arguments_that_are_consumed() {
                opens(7, free);
                opens(Token(11), |down| consumes(Token(1), vec![3], down));
            }

            impl Client {
                #[$attribute]
                fn by_ref(&self, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask(down)?)
                }

                #[$attribute]
                fn by_mut(&mut self, down: bool) -> Result<u32, Oops> {
                    self.calls += 1;
                    ask(down)?;
                    Ok(self.calls)
                }

                #[$attribute]
                fn by_value(self, down: bool) -> Result<String, Oops> {
                    ask(down)?;
                    Ok(self.text)
                }

                #[$attribute]
                fn by_mut_value(mut self, down: bool) -> Result<String, Oops> {
                    ask(down)?;
                    self.text.push('!');
                    Ok(self.text)
                }

                #[$attribute]
                fn by_arc(self: Arc<Self>, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask(down)?)
                }

                #[$attribute]
                fn by_ref_to_rc(self: &Rc<Self>, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask(down)?)
                }

                #[$attribute]
                fn by_pin(self: Pin<&mut Self>, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask(down)?)
                }

                #[$attribute]
                fn lends(&self, down: bool) -> Result<&str, Oops> {
                    ask(down)?;
                    Ok(&self.text)
                }

                #[$attribute]
                fn lends_one_of_two<'a>(&'a self, other: &str, down: bool) -> Result<&'a str, Oops> {
                    ask(down)?;
                    Ok(if other.is_empty() { &self.text } else { "" })
                }
            }

            #[test]
            fn methods() {
                let client = Client { calls: 1, text: "abc".into() };
                opens(8, |down| client.by_ref(down));
                opens("abc", |down| client.lends(down));
                opens("abc", |down| client.lends_one_of_two("", down));
                let mut client = client;
                opens(2, |down| client.by_mut(down));
                assert_eq!(client.calls, 3, "a refused call is not made");
                opens(10, |down| Pin::new(&mut client).by_pin(down));
                opens(String::new(), |down| Client::default().by_value(down));
                opens(String::from("!"), |down| Client::default().by_mut_value(down));
                opens(7, |down| Arc::new(Client::default()).by_arc(down));
                opens(7, |down| Rc::new(Client::default()).by_ref_to_rc(down));
            }

            trait Service {
                /// With a circuit, which all implementations share.
                #[$attribute]
                fn default_with(&self, down: bool) -> Result<u32, Oops> {
                    Ok(self.size() + ask(down)?)
                }

                fn default_without(&self, down: bool) -> Result<u32, Oops> {
                    ask(down)
                }

                fn required(&mut self, down: bool) -> Result<u32, Oops>;

                #[$attribute]
                fn associated(down: bool) -> Result<u32, Oops>
                where
                    Self: Sized,
                {
                    ask(down)
                }

                fn size(&self) -> u32;
            }

            struct Other;

            impl Service for Client {
                #[$attribute]
                fn default_without(&self, down: bool) -> Result<u32, Oops> {
                    ask(down)
                }

                #[$attribute]
                fn required(&mut self, down: bool) -> Result<u32, Oops> {
                    self.calls += ask(down)?;
                    Ok(self.calls)
                }

                fn size(&self) -> u32 {
                    1
                }
            }

            impl Service for Other {
                fn required(&mut self, down: bool) -> Result<u32, Oops> {
                    ask(down)
                }

                fn size(&self) -> u32 {
                    2
                }
            }

            #[test]
            fn trait_methods() {
                let mut client = Client::default();
                opens(7, |down| client.required(down));
                opens(7, |down| client.default_without(down));
                assert_eq!(Other.default_without(false), Ok(7), "nobody guards it");
                let service: &dyn Service = &Other;
                assert_eq!(service.default_with(false), Ok(9));
                opens(8, |down| client.default_with(down));
                assert_eq!(service.default_with(false), Err(Oops::Refused), "one circuit for all of them");
                assert_eq!(Other.required(false), Ok(7));
                opens(7, Client::associated);
            }

            #[$attribute]
            fn generic<T: Clone + Display, const N: usize>(value: &T, down: bool) -> Result<[String; N], Oops>
            where
                T: PartialEq,
            {
                ask(down)?;
                Ok(std::array::from_fn(|_| value.to_string()))
            }

            #[$attribute]
            fn impls(
                items: impl IntoIterator<Item = u32>,
                down: bool,
            ) -> Result<impl Iterator<Item = u32>, Oops> {
                let more = ask(down)?;
                Ok(items.into_iter().map(move |item| item + more))
            }

            #[$attribute]
            fn boxes(down: bool) -> Result<Box<dyn Fn() -> u32>, Oops> {
                let more = ask(down)?;
                Ok(Box::new(move || more))
            }

            #[$attribute]
            fn patterns(
                Point { x, mut y }: Point,
                (a, _): (u32, u32),
                _: u8,
                down: bool,
            ) -> Result<u32, Oops> {
                y += ask(down)?;
                Ok(x + y + a)
            }

            #[test]
            fn generics_impls_and_patterns() {
                opens(["a".to_owned(), "a".to_owned()], |down| generic::<_, 2>(&"a", down));
                assert_eq!(
                    generic::<_, 1>(&7, false),
                    Err(Oops::Refused),
                    "one circuit for all instantiations"
                );
                opens(vec![8, 9], |down| impls([1, 2], down).map(Iterator::collect));
                opens(7, |down| boxes(down).map(|call| call()));
                opens(15, |down| patterns(Point { x: 1, y: 2 }, (5, 6), 9, down));
            }
        }
    };
}

blocking!(own, resilience::circuit(failure_threshold = 1));
blocking!(keyed, resilience::circuit(key = "host", failure_threshold = 1));

macro_rules! asynchronous {
    ($module:ident, $attribute:meta) => {
        mod $module {
            use std::fmt::Display;
            use std::pin::{Pin, pin};
            use std::sync::Arc;

            use super::{Oops, Point, Token, ask_async, opens_there};

            #[derive(Default)]
            struct Client {
                calls: u32,
                text: String,
            }

            #[$attribute]
            pub(crate) async fn free(down: bool) -> Result<u32, Oops> {
                let answer = ask_async(down).await?;
                Ok(answer)
            }

            #[$attribute]
            async fn consumes(token: Token, mut list: Vec<u32>, down: bool) -> Result<Token, Oops> {
                list.push(ask_async(down).await?);
                let Token(number) = token;
                Ok(Token(number + list.into_iter().sum::<u32>()))
            }

            #[tokio::test]
            async fn free_functions_and_arguments_that_are_consumed() {
                opens_there(7, free).await;
                opens_there(Token(11), |down| consumes(Token(1), vec![3], down)).await;
            }

            impl Client {
                #[$attribute]
                async fn by_ref(&self, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask_async(down).await?)
                }

                #[$attribute]
                async fn by_mut(&mut self, down: bool) -> Result<u32, Oops> {
                    self.calls += 1;
                    ask_async(down).await?;
                    Ok(self.calls)
                }

                #[$attribute]
                async fn by_value(self, down: bool) -> Result<String, Oops> {
                    ask_async(down).await?;
                    Ok(self.text)
                }

                #[$attribute]
                async fn by_mut_value(mut self, down: bool) -> Result<String, Oops> {
                    ask_async(down).await?;
                    self.text.push('!');
                    Ok(self.text)
                }

                #[$attribute]
                async fn by_arc(self: Arc<Self>, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask_async(down).await?)
                }

                #[$attribute]
                async fn by_pin(self: Pin<&mut Self>, down: bool) -> Result<u32, Oops> {
                    Ok(self.calls + ask_async(down).await?)
                }

                #[$attribute]
                async fn lends<'a>(&'a self, other: &str, down: bool) -> Result<&'a str, Oops> {
                    ask_async(down).await?;
                    Ok(if other.is_empty() { &self.text } else { "" })
                }
            }

            #[tokio::test]
            async fn methods() {
                opens_there(7, |down| async move { Client::default().by_ref(down).await }).await;
                opens_there(1, |down| async move { Client::default().by_mut(down).await }).await;
                opens_there(String::new(), |down| Client::default().by_value(down)).await;
                opens_there(String::from("!"), |down| Client::default().by_mut_value(down)).await;
                opens_there(7, |down| Arc::new(Client::default()).by_arc(down)).await;
                opens_there(7, |down| async move { pin!(Client::default()).by_pin(down).await }).await;
                let lends = |down| async move {
                    let client = Client::default();
                    client.lends("", down).await.map(str::len)
                };
                opens_there(0, lends).await;
            }

            trait Service {
                /// With a circuit, which all implementations share.
                #[$attribute]
                async fn default_with(&self, down: bool) -> Result<u32, Oops> {
                    ask_async(down).await
                }

                async fn default_without(&self, down: bool) -> Result<u32, Oops> {
                    ask_async(down).await
                }

                fn required(&mut self, down: bool) -> impl Future<Output = Result<u32, Oops>> + Send;
            }

            impl Service for Client {
                #[$attribute]
                async fn default_without(&self, down: bool) -> Result<u32, Oops> {
                    ask_async(down).await
                }

                #[$attribute]
                async fn required(&mut self, down: bool) -> Result<u32, Oops> {
                    self.calls += ask_async(down).await?;
                    Ok(self.calls)
                }
            }

            #[tokio::test]
            async fn trait_methods() {
                opens_there(7, |down| async move { Client::default().default_with(down).await }).await;
                opens_there(7, |down| async move { Client::default().default_without(down).await }).await;
                opens_there(7, |down| async move { Client::default().required(down).await }).await;
            }

            #[$attribute]
            async fn generic<T: Display + Sync, const N: usize>(
                value: &T,
                down: bool,
            ) -> Result<[String; N], Oops>
            where
                T: PartialEq,
            {
                ask_async(down).await?;
                Ok(std::array::from_fn(|_| value.to_string()))
            }

            #[$attribute]
            async fn impls(
                items: impl IntoIterator<Item = u32>,
                down: bool,
            ) -> Result<impl Iterator<Item = u32>, Oops> {
                let more = ask_async(down).await?;
                Ok(items.into_iter().map(move |item| item + more))
            }

            #[$attribute]
            async fn patterns(
                Point { x, mut y }: Point,
                (a, _): (u32, u32),
                _: u8,
                down: bool,
            ) -> Result<u32, Oops> {
                y += ask_async(down).await?;
                Ok(x + y + a)
            }

            #[tokio::test]
            async fn generics_impls_and_patterns() {
                let two = ["a".to_owned(), "a".to_owned()];
                opens_there(two, |down| async move { generic::<_, 2>(&"a", down).await }).await;
                assert_eq!(generic::<_, 1>(&7, false).await, Err(Oops::Refused));
                let impls = |down| async move { impls([1, 2], down).await.map(Iterator::collect) };
                opens_there(vec![8, 9], impls).await;
                opens_there(15, |down| patterns(Point { x: 1, y: 2 }, (5, 6), 9, down)).await;
            }
        }
    };
}

asynchronous!(own_async, resilience::circuit(failure_threshold = 1));
asynchronous!(keyed_async, resilience::circuit(key = "host", failure_threshold = 1));

/// What is particular to a single one of them.
mod apart {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::sync::Arc;

    use resilience::{CircuitBreaker, CircuitConfig, circuit, retry};

    use super::{Oops, Token, ask, ask_async, opens, opens_there};

    /// An error that is neither `Send` nor `Debug` nor `Display`.
    struct Local(Rc<Cell<u32>>);

    #[circuit(failure_threshold = 1, on_open = |_| Local(Rc::new(Cell::new(99))))]
    async fn not_send(code: u32) -> Result<u32, Local> {
        tokio::task::yield_now().await;
        Err(Local(Rc::new(Cell::new(code))))
    }

    /// A retry above a circuit that refuses keeps its last error through the wait; above a fallback it need not.
    #[retry(times = 2, interval = 1ms)]
    #[circuit(failure_threshold = 2, fallback = |_| Ok(99))]
    async fn not_send_below_a_retry(code: u32) -> Result<u32, Local> {
        tokio::task::yield_now().await;
        Err(Local(Rc::new(Cell::new(code))))
    }

    #[tokio::test]
    async fn errors_that_are_not_send_do_not_keep_a_function_from_being_spawned() {
        let code = |error: Local| error.0.get();
        for expected in [5, 99, 99] {
            let call = async move { not_send(5).await.map_err(code) };
            assert_eq!(tokio::spawn(call).await.expect("no panic"), Err(expected));
        }
        for expected in [Err(5), Ok(99)] {
            let call = async move { not_send_below_a_retry(5).await.map_err(code) };
            assert_eq!(tokio::spawn(call).await.expect("no panic"), expected);
        }
    }

    fn spare(token: Token, text: &str, _: bool) -> Result<String, Oops> {
        Ok(format!("{} {text}", token.0))
    }

    async fn spare_async(token: Token, text: &str, down: bool) -> Result<String, Oops> {
        tokio::task::yield_now().await;
        spare(token, text, down)
    }

    struct Shop {
        breaker: CircuitBreaker,
        shared: Arc<CircuitBreaker>,
        name: String,
        sold: u32,
    }

    impl Shop {
        #[circuit(breaker = &self.breaker)]
        async fn sells(&mut self, token: Token, down: bool) -> Result<u32, Oops> {
            self.sold += token.0;
            ask_async(down).await?;
            Ok(self.sold)
        }

        /// The breaker is somebody else's as well, so that the body may have all of `self`.
        #[circuit(breaker = self.shared.clone())]
        async fn sells_all(&mut self, down: bool) -> Result<u32, Oops> {
            *self = shop();
            ask_async(down).await
        }

        #[circuit(key = self.name, failure_threshold = 1)]
        async fn by_name(&mut self, down: bool) -> Result<u32, Oops> {
            self.name.push('!');
            ask_async(down).await
        }

        #[circuit(key = format_args!("{}/{down}", self.name), failure_threshold = 1)]
        fn by_text(self: Box<Self>, down: bool) -> Result<u32, Oops> {
            ask(down)
        }
    }

    fn shop() -> Shop {
        let breaker = CircuitBreaker::new("shop", CircuitConfig::new().failure_threshold(1));
        let shared = Arc::new(CircuitBreaker::new("shared", CircuitConfig::new()));
        Shop { breaker, shared, name: "shop".into(), sold: 0 }
    }

    #[tokio::test]
    async fn breakers_and_keys_use_self_and_the_arguments() {
        let mut it = shop();
        assert_eq!(it.sells(Token(2), false).await, Ok(2));
        assert_eq!(it.sells(Token(3), true).await, Err(Oops::Down));
        assert_eq!(it.sells(Token(4), false).await, Err(Oops::Refused));
        assert_eq!(it.sold, 5);
        assert_eq!(tokio::spawn(async move { it.sells_all(false).await }).await.expect("no panic"), Ok(7));
        opens_there(7, |down| async move { shop().by_name(down).await }).await;
        assert_eq!(Box::new(shop()).by_text(true), Err(Oops::Down));
        assert_eq!(Box::new(shop()).by_text(true), Err(Oops::Refused));
        assert_eq!(Box::new(shop()).by_text(false), Ok(7), "another key");
    }

    #[circuit(failure_threshold = 1, fallback = spare)]
    fn with_a_fallback(token: Token, text: &str, down: bool) -> Result<String, Oops> {
        let Token(_consumed) = token;
        ask(down)?;
        Ok(text.into())
    }

    #[circuit(failure_threshold = 1, fallback = spare_async)]
    async fn with_a_fallback_async(token: Token, text: &str, down: bool) -> Result<String, Oops> {
        let Token(_consumed) = token;
        ask_async(down).await?;
        Ok(text.into())
    }

    #[tokio::test]
    async fn fallbacks_get_what_was_moved_and_what_was_borrowed() {
        for expected in [Ok("text"), Err(Oops::Down), Ok("1 text")] {
            let down = expected.is_err();
            let expected = expected.map(String::from);
            assert_eq!(with_a_fallback(Token(1), "text", down), expected);
            let call = tokio::spawn(async move { with_a_fallback_async(Token(1), "text", down).await });
            assert_eq!(call.await.expect("no panic"), expected);
        }
    }

    #[circuit(failure_threshold = 1)]
    fn first(list: &mut Vec<u32>, down: bool) -> Result<&mut u32, Oops> {
        ask(down)?;
        list.first_mut().ok_or(Oops::Down)
    }

    #[circuit(failure_threshold = 1)]
    async fn first_async(list: &mut Vec<u32>, down: bool) -> Result<&mut u32, Oops> {
        ask_async(down).await?;
        list.first_mut().ok_or(Oops::Down)
    }

    #[tokio::test]
    async fn what_is_lent_may_be_a_part_of_what_is_borrowed() {
        let mut list = vec![1];
        opens(1, |down| first(&mut list, down).map(|it| *it));
        for expected in [Ok(1), Err(Oops::Down), Err(Oops::Refused)] {
            let down = expected == Err(Oops::Down);
            assert_eq!(first_async(&mut list, down).await.map(|it| *it), expected);
        }
    }
}

/// Everything has a method `text` here.
mod names_of_the_users_own {
    use std::fmt::Debug;

    use resilience::circuit;

    trait TextExt {
        fn text(&self) -> String;
    }

    impl<T: Debug> TextExt for T {
        fn text(&self) -> String {
            format!("{self:?}")
        }
    }

    #[circuit(failure_threshold = 1)]
    fn fails() -> Result<u8, super::Oops> {
        Err(super::Oops::Down)
    }

    #[test]
    fn no_method_of_the_users_own_gets_in_the_way_of_an_errors_text() {
        assert_eq!(super::Oops::Down.text(), "Down");
        assert_eq!(fails(), Err(super::Oops::Down));
    }
}
