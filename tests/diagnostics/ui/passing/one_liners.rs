use super::*;

async fn inner(n: u8) -> Result<u8, TimedOut> {
    yield_now().await;
    Ok(n)
}

#[rustfmt::skip]
#[retry] async fn retried(n: u8) -> Result<u8, TimedOut> { inner(n).await }

#[rustfmt::skip]
#[poll(until(_))] #[retry] async fn stacked(n: u8) -> Result<u8, TimedOut> { inner(n).await }

#[tokio::test]
async fn braces_around_one_expression_are_not_called_unnecessary() {
    assert_eq!((retried(1).await, stacked(2).await), (Ok(1), Ok(2)));
}
