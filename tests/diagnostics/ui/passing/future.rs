use super::*;
use std::future::{Future, ready};
use std::pin::Pin;

async fn other() -> Result<u8, TimedOut> {
    yield_now().await;
    Ok(1)
}

#[retry(times = 3)]
#[allow(clippy::manual_async_fn)]
fn a_call() -> impl Future<Output = Result<u8, TimedOut>> {
    async { other().await }
}

#[retry]
fn one_of_two(first: bool) -> Pin<Box<dyn Future<Output = Result<u8, TimedOut>> + Send>> {
    Box::pin(async move { if first { Ok(1) } else { Ok(2) } })
}

#[circuit]
async fn of_another_library(a: u8) -> io::Result<u8> {
    ready(Ok(a)).await
}

#[tokio::test]
async fn futures_are_made_of_one_async_block() {
    assert_eq!((a_call().await, one_of_two(false).await), (Ok(1), Ok(2)));
    assert_eq!(of_another_library(3).await.unwrap(), 3);
}
