//! Functions that return a future without being `async fn`: the output of `#[async_trait]`, and handwritten ones.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use resilience::{CircuitOpen, TimedOut, asyncbackoff, asyncretry, circuit, circuits, poll, retry};

use crate::flaky::{Flaky, Oops};

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Self(0)
    }
}

#[async_trait]
trait Client {
    async fn shared(&self, text: &str) -> Result<String, Oops>;

    async fn exclusive(&mut self, by: u32) -> Result<u32, Oops>;

    async fn moved(self: Arc<Self>, text: String) -> Result<String, Oops>;

    /// A default body.
    #[retry(interval = 0s)]
    async fn by_default(&self, flaky: &Flaky) -> Result<u32, Oops>
    where
        Self: Sync,
    {
        flaky.ask_async().await
    }

    async fn generic<T: Clone + Send + Sync + 'static>(&self, value: T) -> Result<T, Oops>;

    async fn pattern(&self, pair: (u32, String)) -> Result<String, Oops>;

    async fn associated(flaky: &Flaky) -> Result<u32, Oops>
    where
        Self: Sized;

    async fn cloned(&self, text: String) -> Result<String, Oops>;

    async fn stacked(&self, text: &str) -> Result<u32, Oops>;

    async fn falls_back(&mut self, text: String) -> Result<String, Oops>;
}

#[derive(Default)]
struct Service {
    flaky: Flaky,
    calls: u32,
}

#[async_trait]
impl Client for Service {
    #[retry(interval = 0s, on_error = |_, attempt| assert!(attempt.number < 3, "{}", self.calls))]
    async fn shared(&self, text: &str) -> Result<String, Oops> {
        self.flaky.ask_async().await?;
        Ok(text.to_owned())
    }

    #[asyncbackoff(deadline = 1s, on(Oops(_)))]
    async fn exclusive(&mut self, by: u32) -> Result<u32, Oops> {
        self.calls += by;
        self.flaky.ask_async().await?;
        Ok(self.calls)
    }

    #[asyncretry(3)]
    async fn moved(self: Arc<Self>, text: String) -> Result<String, Oops> {
        self.flaky.ask_async().await?;
        Ok(format!("{text} {}", self.calls))
    }

    #[poll(until = |_| true, ignore(Oops(_)), interval = 0s)]
    async fn generic<T: Clone + Send + Sync + 'static>(&self, value: T) -> Result<T, Oops> {
        self.flaky.ask_async().await?;
        Ok(value.clone())
    }

    #[retry(interval = 0s)]
    async fn pattern(&self, (number, text): (u32, String)) -> Result<String, Oops> {
        self.flaky.ask_async().await?;
        Ok(format!("{text} {number}"))
    }

    #[circuit(name = "of a trait", failure_threshold = 2)]
    async fn associated(flaky: &Flaky) -> Result<u32, Oops> {
        flaky.ask_async().await
    }

    #[retry(interval = 0s, clone(text))]
    async fn cloned(&self, mut text: String) -> Result<String, Oops> {
        text.push('!');
        self.flaky.ask_async().await?;
        Ok(text)
    }

    #[poll(until(3), interval = 0s)]
    #[retry(times = 9, interval = 0s)]
    #[circuit(failure_threshold = 9)]
    async fn stacked(&self, text: &str) -> Result<u32, Oops> {
        let _ = text;
        self.flaky.ask_async().await
    }

    #[circuit(failure_threshold = 1, fallback = Self::in_place)]
    async fn falls_back(&mut self, text: String) -> Result<String, Oops> {
        self.calls += 1;
        Err(Oops(text.len().try_into().unwrap_or(0)))
    }
}

impl Service {
    async fn in_place(&mut self, text: String) -> Result<String, Oops> {
        tokio::task::yield_now().await;
        Ok(format!("{text} after {}", self.calls))
    }
}

#[tokio::test(start_paused = true)]
async fn methods_of_async_traits_do_what_async_functions_do() {
    let mut service = Service::default();
    assert_eq!(service.shared("a").await, Ok("a".into()));
    assert_eq!(service.flaky.asked(), 3);
    assert_eq!(service.exclusive(2).await, Ok(6));
    assert_eq!(service.by_default(&Flaky::default()).await, Ok(3));
    assert_eq!(service.generic(vec![7]).await, Ok(vec![7]));
    assert_eq!(service.pattern((1, "b".into())).await, Ok("b 1".into()));
    assert_eq!(service.cloned("c".into()).await, Ok("c!".into()));
    assert_eq!(service.stacked("d").await, Ok(3));
    assert_eq!(service.falls_back("e".into()).await, Err(Oops(1)));
    assert_eq!(service.falls_back("e".into()).await, Ok("e after 7".into()));
    assert_eq!(tokio::spawn(Arc::new(service).moved("f".into())).await.unwrap(), Ok("f 7".into()));

    let flaky = Flaky::default();
    assert_eq!(Service::associated(&flaky).await, Err(Oops(1)));
    assert_eq!(Service::associated(&flaky).await, Err(Oops(2)));
    assert_eq!(Service::associated(&flaky).await, Err(Oops(0)), "refused");
    assert_eq!(circuits().get("of a trait").unwrap().failure_count(), 2);
}

#[tokio::test(start_paused = true)]
async fn futures_of_async_traits_can_be_sent() {
    let mut service = Service::default();
    let task = tokio::spawn(async move {
        service.exclusive(1).await?;
        service.shared("a").await
    });
    assert_eq!(task.await.unwrap(), Ok("a".into()));
}

#[retry(interval = 0s)]
fn by_hand(flaky: &Flaky) -> impl Future<Output = Result<u32, Oops>> + Send {
    async move { flaky.ask_async().await }
}

#[asyncbackoff(deadline = 1s, on(Oops(_)))]
fn pinned<'a>(
    flaky: &'a Flaky,
    text: &'a str,
) -> Pin<Box<dyn Future<Output = Result<String, Oops>> + Send + 'a>> {
    let length = text.len();
    Box::pin(async move {
        flaky.ask_async().await?;
        Ok(format!("{text} {length}"))
    })
}

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

trait Boxed: Future + Sized {
    fn boxed<'a>(self) -> BoxFuture<'a, Self::Output>
    where
        Self: Send + 'a,
    {
        Box::pin(self)
    }
}

impl<F: Future> Boxed for F {}

#[poll(until = |_| true, ignore(Oops(_)), interval = 0s)]
#[circuit(failure_threshold = 9)]
fn boxed(flaky: &Flaky) -> BoxFuture<'_, Result<u32, Oops>> {
    async move { flaky.ask_async().await }.boxed()
}

/// Waits until it is dropped.
#[retry(attempt_timeout = 1s, times = 2, interval = 0s)]
fn hangs(flaky: Arc<Flaky>) -> impl Future<Output = Result<u32, TimedOut>> + Send + 'static {
    async move {
        let _ = flaky.ask();
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn functions_that_return_one_async_block_do_what_async_functions_do() {
    let flaky = Flaky::default();
    let made = by_hand(&flaky);
    assert_eq!(flaky.asked(), 0, "nothing runs before it is awaited");
    assert_eq!(made.await, Ok(3));
    assert_eq!(pinned(&flaky, "ab").await, Ok("ab 2".into()));
    assert_eq!(boxed(&flaky).await, Ok(3));
    assert_eq!(flaky.asked(), 9);

    let (start, flaky) = (tokio::time::Instant::now(), Arc::new(Flaky::default()));
    assert!(tokio::spawn(hangs(Arc::clone(&flaky))).await.unwrap().is_err());
    assert_eq!((flaky.asked(), start.elapsed()), (2, Duration::from_secs(2)));
}

/// What is no argument that `#[async_trait]` has moved in is the body's own, and made anew by each attempt.
mod written_by_hand {
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::LazyLock;

    use resilience::{circuit, retry};

    use crate::flaky::{Flaky, Oops};

    #[retry(interval = 0s)]
    fn each_attempt_begins_anew(flaky: &'static Flaky) -> impl Future<Output = Result<u32, Oops>> {
        async move {
            let asked = {
                let answer = flaky.ask();
                let _: &Flaky = flaky;
                answer
            };
            {
                let _: &Flaky = flaky;
                asked
            }
        }
    }

    #[derive(Clone)]
    struct Db(u8);

    #[retry(times = 2, interval = 0s)]
    fn shadowed(db: &mut Db) -> impl Future<Output = Result<u8, Oops>> + use<> {
        let db = db.clone();
        async move { Ok(db.0) }
    }

    #[retry(times = 2, interval = 0s, clone(text))]
    fn changed_before(mut text: String, seen: &Cell<usize>) -> impl Future<Output = Result<(), Oops>> {
        text.push('a');
        async move {
            text.push('b');
            seen.set(text.len());
            drop(text);
            Err(Oops(1))
        }
    }

    #[retry(interval = 0s)]
    #[expect(clippy::needless_return, reason = "it is what is tested")]
    fn returned(flaky: &Flaky) -> Pin<Box<dyn Future<Output = Result<u32, Oops>> + Send + '_>> {
        return std::boxed::Box::pin(async move { flaky.ask_async().await });
    }

    async fn flaky_of_its_own() -> Result<u32, Oops> {
        Flaky::default().ask_async().await.or(Ok(7))
    }

    macro_rules! of_fragments {
        ($name:ident, $block:block, $expr:expr) => {
            #[retry(interval = 0s)]
            fn $name() -> impl Future<Output = Result<u32, Oops>> {
                async move $block
            }

            mod $name {
                use super::*;

                #[circuit(failure_threshold = 9)]
                pub(super) fn of_an_expression() -> impl Future<Output = Result<u32, Oops>> {
                    $expr
                }
            }
        };
    }
    of_fragments!(fragments, { flaky_of_its_own().await }, async move { Ok(8) });

    #[tokio::test]
    async fn what_the_body_does_is_done_by_each_attempt() {
        static FLAKY: LazyLock<Flaky> = LazyLock::new(Flaky::default);
        assert_eq!(each_attempt_begins_anew(&FLAKY).await, Ok(3));
        assert_eq!(FLAKY.asked(), 3);
        assert_eq!(shadowed(&mut Db(7)).await, Ok(7));
        let seen = Cell::new(0);
        assert_eq!(changed_before(String::new(), &seen).await, Err(Oops(1)));
        assert_eq!(seen.get(), 2, "each attempt has a clone of what was there");
        assert_eq!(returned(&Flaky::default()).await, Ok(3));
        assert_eq!(fragments().await, Ok(7));
        assert_eq!(fragments::of_an_expression().await, Ok(8));
    }
}

/// `self::path` is a module, also where `self` has another name.
mod paths_from_self {
    use async_trait::async_trait;
    use resilience::{CircuitBreaker, CircuitConfig, circuit, retry};

    use crate::flaky::{Flaky, Oops};

    static BREAKER: CircuitBreaker = CircuitBreaker::new("paths", CircuitConfig::new());

    fn is_oops(error: &Oops) -> bool {
        error.0 > 0
    }

    #[async_trait]
    trait Asks {
        async fn ask(&self) -> Result<u32, Oops>;
    }

    #[async_trait]
    impl Asks for Flaky {
        #[retry(on = self::is_oops, interval = 0s)]
        #[circuit(breaker = &self::BREAKER)]
        async fn ask(&self) -> Result<u32, Oops> {
            self.ask_async().await
        }
    }

    #[tokio::test]
    async fn options_may_name_the_module_they_stand_in() {
        assert_eq!(Asks::ask(&Flaky::default()).await, Ok(3));
    }
}
