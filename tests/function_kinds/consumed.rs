//! `&mut` arguments that a body consumes: every attempt has its own borrow of them.

use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::pin::Pin;

use async_trait::async_trait;
use resilience::{circuit, poll, retry};

use crate::flaky::Oops;

/// Fails until it has been changed three times.
#[derive(Debug, Default, PartialEq)]
struct Count(u32);

impl Count {
    fn up(&mut self) -> Result<u32, Oops> {
        self.0 += 1;
        if self.0 % 3 == 0 { Ok(self.0) } else { Err(Oops(self.0)) }
    }
}

fn consume(count: &mut Count) -> Result<u32, Oops> {
    count.up()
}

#[retry(interval = 0s)]
fn read(stream: &mut &[u8]) -> Result<String, std::io::Error> {
    let mut line = String::new();
    BufReader::with_capacity(2, stream).read_line(&mut line)?;
    line.trim_end().parse::<u8>().map(|_| line).map_err(std::io::Error::other)
}

#[retry(interval = 0s)]
fn by_impl(stream: &mut impl Read) -> Result<Vec<u8>, std::io::Error> {
    let mut read = Vec::new();
    stream.take(2).read_to_end(&mut read)?;
    if read == b"cd" { Ok(read) } else { Err(std::io::Error::other("not yet")) }
}

#[poll(until(6..), interval = 0s)]
fn looped(counts: &mut Vec<u32>, total: &mut u32) -> Result<u32, Oops> {
    let sum = total;
    for count in counts {
        *count += 1;
        *sum += *count;
    }
    Ok(*sum)
}

#[retry(interval = 0s)]
fn one_of_two<'a>(name: &'a mut str, count: &mut Count) -> Result<&'a str, Oops> {
    consume(count)?;
    Ok(name)
}

#[retry(interval = 0s)]
fn by_patterns(
    (first, _): (&mut Count, u8),
    [second]: [&mut Count; 1],
    Count(third): &mut Count,
    #[cfg(any())] fourth: &mut NoSuchType,
) -> Result<u32, Oops> {
    let (first, second, third) = (first, second, third);
    *third += 1;
    first.up().and(second.up())
}

struct Counter {
    count: Count,
}

impl Counter {
    #[retry(interval = 0s)]
    fn by_self(&mut self) -> Result<u32, Oops> {
        let me = self;
        me.count.up()
    }

    #[retry(interval = 0s)]
    async fn by_self_async(&mut self) -> Result<u32, Oops> {
        let me = self;
        tokio::task::yield_now().await;
        me.count.up()
    }

    /// `self` in functions inside of the body, in paths and in macros is not the method's, or not to be replaced.
    #[retry(interval = 0s)]
    #[allow(clippy::needless_arbitrary_self_type, reason = "the spelling is what is tested")]
    fn among_others(self: &mut Self) -> Result<u32, Oops> {
        use std::fmt::{self, Display};
        struct Other(u32);
        impl Other {
            fn into_number(self) -> u32 {
                let this = self;
                this.0
            }
        }
        macro_rules! word {
            ($this:ident) => {
                $this.count.0
            };
        }
        fn shown(it: impl Display) -> String {
            fmt::format(format_args!("{it}"))
        }
        let before = word!(self);
        assert_eq!(shown(Other(before).into_number()), before.to_string());
        if !matches!(Self::up(self), Ok(3)) {
            return Err(Oops(before));
        }
        Ok(before + 1)
    }

    fn up(me: &mut Self) -> Result<u32, Oops> {
        me.count.up()
    }

    #[retry(interval = 0s)]
    fn pinned(self: Pin<&mut Self>) -> Result<u32, Oops> {
        self.get_mut().count.up()
    }

    #[retry(interval = 0s)]
    async fn pinned_async(mut self: Pin<&mut Self>) -> Result<u32, Oops> {
        let count = &mut self.as_mut().get_mut().count;
        tokio::task::yield_now().await;
        count.up()?;
        Ok(self.count.0)
    }

    #[retry(times = 2, interval = 0s)]
    #[circuit(failure_threshold = 1, fallback = Self::instead)]
    fn pinned_with_a_fallback(self: Pin<&mut Self>) -> Result<u32, Oops> {
        Err(Oops(self.get_mut().count.0))
    }

    #[allow(clippy::unnecessary_wraps, reason = "it stands in for a function that fails")]
    fn instead(self: Pin<&mut Self>) -> Result<u32, Oops> {
        Ok(self.get_mut().count.0 + 5)
    }

    #[circuit]
    fn pinned_once(mut self: Pin<&mut Self>) -> Result<u32, resilience::CircuitOpen> {
        self.as_mut().count.0 = 7;
        Ok(self.get_mut().count.0)
    }
}

#[async_trait]
trait Service {
    async fn call(&mut self, count: &mut Count) -> Result<u32, Oops>;
}

#[async_trait]
impl Service for Counter {
    #[retry(interval = 0s)]
    async fn call(&mut self, count: &mut Count) -> Result<u32, Oops> {
        let (me, count) = (self, count);
        me.count.up().and(count.up())
    }
}

#[test]
fn a_body_may_consume_its_exclusive_references() {
    assert_eq!(read(&mut &b"a\nb\n3\n4\n"[..]).expect("the third line is a number"), "3\n");
    assert_eq!(by_impl(&mut &b"abcdef"[..]).expect("they come second"), b"cd");
    assert_eq!(looped(&mut vec![0, 1], &mut 0), Ok(8));
    assert_eq!(one_of_two(&mut String::from("name"), &mut Count(0)), Ok("name"));
    let (mut a, mut b, mut c) = (Count(0), Count(0), Count(0));
    assert_eq!(by_patterns((&mut a, 0), [&mut b], &mut c), Ok(3));
    assert_eq!((a, b, c), (Count(3), Count(3), Count(3)), "each attempt sees the last one's");
}

#[tokio::test]
async fn a_body_may_consume_an_exclusive_self() {
    let counter = || Counter { count: Count(0) };
    assert_eq!(counter().by_self(), Ok(3));
    assert_eq!(counter().by_self_async().await, Ok(3));
    assert_eq!(counter().among_others(), Ok(3));
    assert_eq!(counter().call(&mut Count(0)).await, Ok(3));
}

#[tokio::test]
async fn every_attempt_has_its_own_pinned_self() {
    let counter = || Counter { count: Count(0) };
    assert_eq!(Pin::new(&mut counter()).pinned(), Ok(3));
    assert_eq!(Pin::new(&mut counter()).pinned_async().await, Ok(3));
    assert_eq!(Pin::new(&mut counter()).pinned_with_a_fallback(), Ok(5));
    assert_eq!(Pin::new(&mut counter()).pinned_once().expect("it is closed"), 7);
}

/// `Send`, and not `Sync`.
struct Shown(Cell<u32>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        write!(f, "{}", self.0.get())
    }
}

#[retry(interval = 0s)]
async fn in_a_format_string(shown: &mut Shown) -> Result<String, Oops> {
    let text = format!("{shown}");
    tokio::task::yield_now().await;
    if text == format!("{shown}") || text != "5" { Err(Oops(0)) } else { Ok(text) }
}

macro_rules! by_type {
    ($type:ty) => {
        #[retry(interval = 0s)]
        async fn of_a_captured_type(shown: $type) -> Result<u32, Oops> {
            tokio::task::yield_now().await;
            shown.0.set(shown.0.get() + 1);
            if shown.0.get() == 3 { Ok(3) } else { Err(Oops(0)) }
        }
    };
}

by_type!(&mut Shown);

#[retry(interval = 0s)]
async fn in_a_tuple((shown, _): (&mut Shown, u8)) -> Result<u32, Oops> {
    tokio::task::yield_now().await;
    Ok(shown.0.get())
}

#[circuit]
async fn under_a_circuit((shown, _): (&mut Shown, u8)) -> Result<u32, resilience::CircuitOpen> {
    tokio::task::yield_now().await;
    Ok(shown.0.get())
}

#[tokio::test]
async fn an_exclusive_reference_to_what_is_not_sync_can_be_sent_wherever_the_body_names_it() {
    async fn spawned<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
        tokio::spawn(future).await.expect("no panic")
    }
    let shown = || Shown(Cell::new(0));
    assert_eq!(spawned(async move { in_a_format_string(&mut shown()).await }).await, Ok("5".into()));
    assert_eq!(spawned(async move { of_a_captured_type(&mut shown()).await }).await, Ok(3));
    assert_eq!(spawned(async move { in_a_tuple((&mut shown(), 0)).await }).await, Ok(0));
    let once = spawned(async move { under_a_circuit((&mut shown(), 0)).await }).await;
    assert_eq!(once.expect("it is closed"), 0);
}
