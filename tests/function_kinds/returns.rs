//! Unusual return types.

use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use resilience::{poll, retry};

use crate::flaky::{Flaky, Oops};

#[retry(interval = 0s)]
fn nothing(flaky: &Flaky) -> Result<(), Oops> {
    flaky.ask()?;
    Ok(())
}

#[retry(interval = 0s)]
async fn a_future(flaky: &Flaky) -> Result<impl Future<Output = u32> + use<>, Oops> {
    let answer = flaky.ask_async().await?;
    Ok(async move { answer })
}

#[retry(interval = 0s)]
fn a_boxed_future<'a>(flaky: &'a Flaky) -> Result<Pin<Box<dyn Future<Output = u32> + Send + 'a>>, Oops> {
    let answer = flaky.ask()?;
    Ok(Box::pin(async move { answer + flaky.asked() }))
}

#[retry(interval = 0s)]
fn an_impl_error(flaky: &Flaky) -> Result<u32, impl Display + Debug + use<>> {
    flaky.ask()
}

#[retry(interval = 0s)]
async fn never_a_value(flaky: &Flaky) -> Result<Infallible, Oops> {
    loop {
        flaky.ask_async().await?;
    }
}

#[retry(interval = 0s)]
fn elided<'a>(flaky: &Flaky, text: &'a str) -> Result<std::str::Chars<'a>, Oops> {
    flaky.ask().map(|_| text.chars())
}

#[retry(interval = 0s)]
async fn anonymous(text: &str) -> Result<std::str::Split<'_, char>, Oops> {
    Ok(text.split(','))
}

#[poll(until = |list| !list.is_empty(), interval = 0s)]
async fn an_unsized_coercion(flaky: &Flaky) -> Result<Arc<[u32]>, Oops> {
    let list: Arc<[u32]> = if flaky.ask_async().await.is_ok() { Arc::new([1, 2]) } else { Arc::new([]) };
    Ok(list)
}

trait Shape: Send {
    fn sides(&self) -> u32;
}

struct Square;

impl Shape for Square {
    fn sides(&self) -> u32 {
        4
    }
}

#[retry(interval = 0s, deadline = 1h)]
async fn coerces_in_a_match(flaky: &Flaky, square: bool) -> Result<Box<dyn Shape>, Oops> {
    match flaky.ask_async().await? {
        3 if square => Ok(Box::new(Square)),
        other => Err(Oops(other)),
    }
}

#[retry(interval = 0s)]
fn nested(flaky: &Flaky) -> Result<Result<u32, String>, Oops> {
    flaky.ask().map(|answer| if answer == 3 { Err("three".into()) } else { Ok(answer) })
}

#[retry(interval = 0s)]
fn qualified(flaky: &Flaky) -> core::result::Result<u32, Oops> {
    flaky.ask()
}

#[retry(interval = 0s)]
fn projected(flaky: &Flaky) -> <Flaky as Asked>::Answer {
    flaky.ask()
}

/// `impl` inside `dyn`.
#[retry(interval = 0s)]
fn an_impl_within_a_dyn(flaky: &Flaky) -> Result<Box<dyn Iterator<Item = impl Display + use<>>>, Oops> {
    let answer = flaky.ask()?;
    Ok(Box::new(std::iter::once(answer)))
}

/// A string's literal is the pattern one tries first.
#[poll(until("done" | "finished"), ignore = |_| true, interval = 0s)]
async fn a_word(flaky: &Flaky) -> Result<&'static str, Oops> {
    flaky.ask()?;
    Ok("done")
}

#[retry(on("busy"), interval = 0s)]
fn a_word_for_an_error(flaky: &Flaky) -> Result<u32, &'static str> {
    flaky.ask().map_err(|_| "busy")
}

trait Asked {
    type Answer;
}

impl Asked for Flaky {
    type Answer = Result<u32, Oops>;
}

#[tokio::test]
async fn return_types_at_the_edges() {
    assert_eq!(nothing(&Flaky::default()), Ok(()));
    assert_eq!(a_future(&Flaky::default()).await.expect("a future").await, 3);
    assert_eq!(a_boxed_future(&Flaky::default()).expect("a future").await, 6);
    assert!(an_impl_error(&Flaky::default()).is_ok());
    assert_eq!(never_a_value(&Flaky::default()).await, Err(Oops(4)));
    assert_eq!(elided(&Flaky::default(), "ab").map(Iterator::count), Ok(2));
    assert_eq!(anonymous("a,b,c").await.map(Iterator::count), Ok(3));
    assert_eq!(an_unsized_coercion(&Flaky::default()).await, Ok(Arc::from([1, 2])));
    assert_eq!(coerces_in_a_match(&Flaky::default(), true).await.map(|shape| shape.sides()), Ok(4));
    assert_eq!(nested(&Flaky::default()), Ok(Err("three".into())));
    assert_eq!(qualified(&Flaky::default()), Ok(3));
    assert_eq!(projected(&Flaky::default()), Ok(3));
    let shown = an_impl_within_a_dyn(&Flaky::default()).expect("a value").map(|shown| shown.to_string());
    assert_eq!(shown.collect::<Vec<_>>(), ["3"]);
    assert_eq!(a_word(&Flaky::default()).await, Ok("done"));
    assert_eq!(a_word_for_an_error(&Flaky::default()), Ok(3));
    let spawned = tokio::spawn(async { never_a_value(&Flaky::default()).await });
    assert_eq!(spawned.await.expect("no panic"), Err(Oops(4)));
    let spawned =
        tokio::spawn(async { coerces_in_a_match(&Flaky::default(), true).await.map(|s| s.sides()) });
    assert_eq!(spawned.await.expect("no panic"), Ok(4));
}

mod options {
    use std::time::Duration;

    use resilience::testing::ManualClock;
    use resilience::{NoValue, RetryPolicy, asyncbackoff, asyncretry, retry};

    #[retry(interval = 1s)]
    fn found_in_the_end(calls: &mut u32, at: u32) -> Option<u32> {
        *calls += 1;
        if *calls < at {
            return None;
        }
        Some(*calls)
    }

    #[retry(times = 2, interval = 0s, giveup = |_: &NoValue| *hopeless, on_error = |NoValue, attempt| heard.push(attempt.number))]
    async fn told(hopeless: &bool, heard: &mut Vec<u32>) -> Option<&'static str> {
        let first = "".chars().next()?;
        Some(if first == 'a' { "a" } else { "b" })
    }

    #[asyncbackoff(attempt_timeout = 1s, max_tries = 2)]
    async fn hangs(calls: &mut u32) -> Option<u32> {
        *calls += 1;
        std::future::pending().await
    }

    #[asyncretry(3)]
    async fn third_time(calls: &mut u32) -> Option<()> {
        *calls += 1;
        (*calls == 3).then_some(())
    }

    #[retry(policy = RetryPolicy::new().times(2).deadline(Duration::from_secs(9)))]
    #[retry(times = 2, interval = 0s)]
    fn stacked(calls: &mut u32) -> Option<u32> {
        *calls += 1;
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_that_returns_an_option_is_tried_again_on_none_and_returns_none_at_the_end() {
        let clock = ManualClock::install();
        assert_eq!(found_in_the_end(&mut 0, 3), Some(3));
        assert_eq!(found_in_the_end(&mut 0, 4), None);
        assert_eq!(clock.elapsed(), Duration::from_secs(4));
        let mut calls = 0;
        assert_eq!((stacked(&mut calls), calls), (None, 4));
        drop(clock);

        let mut heard = Vec::new();
        assert_eq!(told(&false, &mut heard).await, None);
        assert_eq!(told(&true, &mut heard).await, None);
        assert_eq!(heard, [1, 2, 1]);
        let mut calls = 0;
        assert_eq!(hangs(&mut calls).await, None);
        assert_eq!(calls, 2, "a time limit is no error that it could return");
        assert_eq!(third_time(&mut 0).await, Some(()));
    }
}
