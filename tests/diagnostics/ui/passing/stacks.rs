use super::*;
use resilience::{circuit as guarded, retry as again};
use tracing::instrument;

#[retry(times = 1)]
#[poll(until(2), clone(number))]
#[circuit(failure_threshold = 3, on_open = |open| panic!("{open}"))]
fn by_name(mut number: u8) -> Result<u8, TimedOut> {
    number += 1;
    Ok(number)
}

#[again(times = 1)]
#[poll(until(2), timeout = 3s)]
#[guarded(failure_threshold = 3, on_open = |open| panic!("{open}"))]
fn renamed() -> Result<u8, TimedOut> {
    Ok(2)
}

#[retry(times = 1)]
#[instrument]
#[guarded(failure_threshold = 3, on_open = |open| panic!("{open}"))]
#[poll(until(2), timeout = 3s, clone(number))]
async fn with_others_between(mut number: u8) -> Result<u8, TimedOut> {
    number += 1;
    Ok(number)
}

#[again]
#[poll(until(2))]
fn with_parentheses() -> Result<u8, TimedOut> {
    Ok(2)
}

#[tokio::test]
async fn layers_may_have_any_names() {
    assert_eq!((by_name(1), renamed()), (Ok(2), Ok(2)));
    assert_eq!((with_others_between(1).await, with_parentheses()), (Ok(2), Ok(2)));
}
