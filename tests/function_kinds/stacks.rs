//! Several attributes on one function: the top one is the outermost.

use std::cell::RefCell;
use std::time::Duration;

use resilience::testing::ManualClock;
use resilience::{PollPolicy, RetryPolicy, TimedOut, asyncbackoff, asyncretry, poll, retry};

use crate::flaky::Oops;

/// What each layer heard, in order.
type Log = RefCell<Vec<(&'static str, u32)>>;

#[retry(times = 2, interval = 1s, on_error = |_, attempt| log.borrow_mut().push(("outer", attempt.number)))]
#[poll(until = |_| false, times = 2, interval = 100ms)]
fn retry_over_poll(log: &Log) -> Result<u32, TimedOut> {
    log.borrow_mut().push(("body", 0));
    Ok(1)
}

#[poll(until = |_| false, times = 2, interval = 1s)]
#[retry(times = 2, interval = 100ms, on_error = |_, attempt| log.borrow_mut().push(("inner", attempt.number)))]
fn poll_over_retry(log: &Log) -> Result<u32, Oops> {
    let calls = log.borrow().iter().filter(|(layer, _)| *layer == "body").count();
    log.borrow_mut().push(("body", 0));
    if calls % 2 == 0 { Err(Oops(1)) } else { Ok(1) }
}

#[retry(times = 2, interval = 1s, on_error = |_, attempt| log.borrow_mut().push(("outer", attempt.number)))]
#[retry(times = 2, interval = 100ms, on_error = |_, attempt| log.borrow_mut().push(("inner", attempt.number)))]
fn retry_over_retry(log: &Log) -> Result<u32, Oops> {
    log.borrow_mut().push(("body", 0));
    Err(Oops(1))
}

fn log(call: impl FnOnce(&Log)) -> (Vec<(&'static str, u32)>, Duration) {
    let (clock, log) = (ManualClock::install(), Log::default());
    call(&log);
    (log.into_inner(), clock.elapsed())
}

const BODY: (&str, u32) = ("body", 0);

#[test]
fn retry_over_poll_polls_again() {
    let (log, time) = log(|log| assert!(retry_over_poll(log).is_err()));
    assert_eq!(log, [BODY, BODY, ("outer", 1), BODY, BODY, ("outer", 2)]);
    assert_eq!(time, Duration::from_millis(100 + 1000 + 100));
}

#[test]
fn poll_over_retry_looks_at_what_was_retried() {
    let (log, time) = log(|log| assert_eq!(poll_over_retry(log), Err(Oops(u32::MAX))));
    assert_eq!(log, [BODY, ("inner", 1), BODY, BODY, ("inner", 1), BODY]);
    assert_eq!(time, Duration::from_millis(100 + 1000 + 100));
}

#[test]
fn retry_over_retry_multiplies() {
    let (log, time) = log(|log| assert_eq!(retry_over_retry(log), Err(Oops(1))));
    let inner = [BODY, ("inner", 1), BODY, ("inner", 2)];
    let all = [&inner[..], &[("outer", 1)], &inner[..], &[("outer", 2)]].concat();
    assert_eq!(log, all);
    assert_eq!(time, Duration::from_millis(100 + 1000 + 100));
}

#[poll(until = |_| false, times = 2, interval = 10s)]
#[asyncbackoff(_, _, 1s, on(Oops(_)), max_tries = 2)]
#[resilience::asyncretry(2, pause = 100ms, clone(text))]
async fn three_deep(mut text: String, lengths: &RefCell<Vec<usize>>) -> Result<usize, Oops> {
    text.push('b');
    lengths.borrow_mut().push(text.len());
    let moved = text;
    if lengths.borrow().len() % 4 == 0 { Ok(moved.len()) } else { Err(Oops(1)) }
}

#[tokio::test(start_paused = true)]
async fn three_layers_nest_as_they_are_written() {
    let (start, lengths) = (tokio::time::Instant::now(), RefCell::default());
    assert_eq!(three_deep("a".into(), &lengths).await, Err(Oops(u32::MAX)));
    assert_eq!(lengths.into_inner(), [2; 8]);
    assert_eq!(start.elapsed(), Duration::from_millis(2 * (100 + 1000 + 100) + 10_000));
}

#[asyncretry(2)]
#[poll(until = |_| true, interval = 0s)]
async fn can_be_sent(answer: u32) -> Result<u32, TimedOut> {
    tokio::task::yield_now().await;
    Ok(answer)
}

#[tokio::test]
async fn stacked_futures_can_be_sent() {
    assert_eq!(tokio::spawn(can_be_sent(7)).await.expect("no panic"), Ok(7));
}

/// Something between the two, and imports used by nothing else.
mod imports {
    #![deny(unused_imports)]

    use resilience::{poll, retry};

    #[retry(interval = 0s)]
    #[allow(clippy::needless_pass_by_value)]
    /// A word in between.
    #[poll(until(1), interval = 0s)]
    pub(super) fn between(text: String) -> Result<usize, resilience::TimedOut> {
        Ok(text.len())
    }
}

#[test]
fn other_attributes_may_stand_between() {
    assert_eq!(imports::between("a".into()), Ok(1));
}

struct Governed {
    retries: RetryPolicy,
    looks: PollPolicy,
}

impl Governed {
    #[retry(times = 2, interval = 0s)]
    #[poll(until = |_| false, policy = self.looks)]
    fn constant_over_runtime(&self, calls: &mut u32) -> Result<u32, TimedOut> {
        *calls += 1;
        Ok(1)
    }

    #[retry(policy = self.retries)]
    #[poll(until = |_| false, times = 3, interval = 0s)]
    fn runtime_over_constant(&self, calls: &mut u32) -> Result<u32, TimedOut> {
        *calls += 1;
        Ok(1)
    }

    #[retry(policy = self.retries)]
    #[poll(until = |_| false, policy = self.looks)]
    async fn runtime_over_runtime(&self, calls: &mut u32) -> Result<u32, TimedOut> {
        *calls += 1;
        Ok(1)
    }

    #[retry(times = 2, interval = 0s)]
    #[poll(until = |_| false, times = N, interval = 0s)]
    async fn constant_over_generic<const N: u32>(&self, calls: &mut u32) -> Result<u32, TimedOut> {
        *calls += 1;
        Ok(1)
    }
}

#[tokio::test]
async fn each_layer_has_a_policy_of_its_own() {
    let zero = Duration::ZERO;
    let governed = Governed {
        retries: RetryPolicy::new().times(2).interval(zero),
        looks: PollPolicy::new().times(3).interval(zero),
    };
    let mut calls = 0;
    assert!(governed.constant_over_runtime(&mut calls).is_err());
    assert_eq!(calls, 6);
    assert!(governed.runtime_over_constant(&mut calls).is_err());
    assert_eq!(calls, 12);
    assert!(governed.runtime_over_runtime(&mut calls).await.is_err());
    assert_eq!(calls, 18);
    assert!(governed.constant_over_generic::<3>(&mut calls).await.is_err());
    assert_eq!(calls, 24);
}
