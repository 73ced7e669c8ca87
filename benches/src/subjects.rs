//! The functions that are measured: the same body bare, written by hand, under our attributes, and under the peers'.

mod circuit;
mod circuit_peers;
mod retry;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use resilience::{CircuitOpen, TimedOut};

pub(crate) use self::circuit::closed_async;
pub(crate) use self::circuit_peers::{with_failsafe_async, with_recloser_async, with_seatbelt, with_tower};
pub(crate) use self::retry::{
    backed_off, backon_async, backon_macro_async, by_hand_async, form_async, polled_async, retried_async,
    tokio_retry, tryhard_async,
};

/// An error of the size of a code, as a client's `ErrorKind` is.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) u32);

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Self {
        Self(0)
    }
}

impl From<CircuitOpen> for Failure {
    fn from(open: CircuitOpen) -> Self {
        Self(open.failures())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl std::error::Error for Failure {}

/// One thing to be called, by name.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// The subject without any attribute, to be subtracted.
    pub(crate) bare: &'static str,
    pub(crate) call: fn(u32) -> u32,
}

const fn subject(name: &'static str, bare: &'static str, call: fn(u32) -> u32) -> Subject {
    Subject { name, bare, call }
}

/// What everything is measured over.
const BARE: &[Subject] = &[
    subject("sync bare", "sync bare", |n| value(bare(n))),
    subject("async bare", "async bare", |n| value(ready(bare_async(n)))),
    subject("failing bare", "failing bare", |n| value(failing(n))),
    // Not over anything: what one look at the clock costs.
    subject("clock", "clock", |n| {
        black_box(Instant::now());
        n
    }),
];

/// All of them, what they are measured over first.
pub(crate) fn subjects() -> impl Iterator<Item = &'static Subject> {
    [BARE, retry::SUBJECTS, circuit::SUBJECTS, circuit_peers::SUBJECTS].into_iter().flatten()
}

fn value(result: Result<u32, Failure>) -> u32 {
    result.unwrap_or_else(|Failure(value)| value)
}

/// Polls a future that needs no runtime to be ready at once.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing that is measured waits"),
    }
}

/// The work: it cannot be seen through, and it may fail.
#[inline(never)]
pub(crate) fn work(n: u32) -> Result<u32, Failure> {
    if black_box(n) == u32::MAX { Err(Failure(n)) } else { Ok(n) }
}

#[inline(never)]
fn bare(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
pub(crate) async fn bare_async(n: u32) -> Result<u32, Failure> {
    Ok(work(n)? + 1)
}

#[inline(never)]
fn failing(_: u32) -> Result<u32, Failure> {
    Ok(work(u32::MAX)? + 1)
}
