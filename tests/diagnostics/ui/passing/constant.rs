use super::*;

const TRIES: u32 = 3;
const HALF: f64 = 0.5;

#[retry(
    times = TRIES,
    backoff = exponential(SECOND, factor = HALF + 1.0, max = SECOND),
    jitter = Jitter::Ratio(HALF),
    deadline = SECOND,
    attempt_timeout = SECOND
)]
async fn in_range() -> Result<u8, TimedOut> {
    Ok(1)
}

struct Tries<const N: u32>;

#[expect(clippy::unused_self, reason = "the receiver brings the parameter")]
impl<const N: u32> Tries<N> {
    #[retry(times = N)]
    fn of_the_impl(&self) -> Result<u32, TimedOut> {
        Ok(N)
    }
}

#[poll(until = |n| *n == N, times = N)]
fn of_the_function<const N: u32>() -> Result<u32, TimedOut> {
    Ok(N)
}

#[tokio::test]
async fn constants_in_range_are_taken() {
    assert_eq!((in_range().await, Tries::<2>.of_the_impl(), of_the_function::<3>()), (Ok(1), Ok(2), Ok(3)));
}
