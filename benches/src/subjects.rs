//! The measured functions: the same body bare, with a handwritten breaker, under the attributes, and under the peers.

mod by_hand;
mod circuit;
mod peers;
mod retry;
mod stacks;

use std::fmt::{self, Write as _};
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use resilience::{CircuitOpen, TimedOut};

pub(crate) use self::circuit::{bytes_of_keys, closed_async};
pub(crate) use self::peers::{with_failsafe_async, with_recloser_async, with_seatbelt, with_tower};
pub(crate) use self::retry::{
    backed_off, backon_async, backon_macro_async, by_hand_async, form_async, polled_async, retried_async,
    tokio_retry, tryhard_async,
};

/// An error of the size of a code, like a client's `ErrorKind`, whose text is a constant.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) u32);

impl From<TimedOut> for Failure {
    fn from(_: TimedOut) -> Self {
        Self(0)
    }
}

impl From<CircuitOpen> for Failure {
    fn from(_: CircuitOpen) -> Self {
        Self(REJECTED)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Failure {}

/// The same error, whose text is formatted.
#[derive(Debug)]
pub(crate) struct Coded(u32);

impl From<CircuitOpen> for Coded {
    fn from(_: CircuitOpen) -> Self {
        Self(REJECTED)
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code {}", self.0)
    }
}

impl std::error::Error for Coded {}

/// The result of a successful call.
pub(crate) const SUCCEEDED: u32 = 2;
/// The argument that makes the work fail, and the result of such a call.
pub(crate) const FAILED: u32 = u32::MAX;
/// The result of a rejected call.
pub(crate) const REJECTED: u32 = 7;

/// A measured function, by name: `{path}: {whose}`.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    /// The baseline: the subject without a circuit or a retry.
    pub(crate) bare: &'static str,
    pub(crate) call: fn(u32) -> u32,
    /// Brings the subject into the state in which it is measured.
    pub(crate) prepare: fn(),
    /// The result of every call, unless some of them fail.
    pub(crate) expected: Option<u32>,
}

const fn subject(name: &'static str, bare: &'static str, call: fn(u32) -> u32) -> Subject {
    Subject { name, bare, call, prepare: || (), expected: Some(SUCCEEDED) }
}

impl Subject {
    const fn prepared(self, prepare: fn()) -> Self {
        Self { prepare, ..self }
    }

    const fn returns(self, value: u32) -> Self {
        Self { expected: Some(value), ..self }
    }

    const fn mixed(self) -> Self {
        Self { expected: None, ..self }
    }

    /// Prepares the subject and makes one call, so that one-time initialisation is not measured.
    ///
    /// # Panics
    /// If it is not in the expected state.
    pub(crate) fn warm_up(&self) {
        (self.prepare)();
        let value = black_box((self.call)(black_box(1)));
        assert!(self.expected.is_none_or(|expected| value == expected), "{}: returned {value}", self.name);
    }
}

/// The baseline of all subjects.
const BARE: &[Subject] = &[
    subject("sync bare", "sync bare", |n| value(bare(n))),
    subject("async bare", "async bare", |n| value(ready(bare_async(n)))),
    subject("failing bare", "failing bare", |n| value(failing(n))).returns(FAILED),
    subject("failing async bare", "failing async bare", |n| value(ready(failing_async(n)))).returns(FAILED),
    subject("mostly failing bare", "mostly failing bare", |n| value(mostly_failing(n))).mixed(),
    subject("mostly failing async bare", "mostly failing async bare", |n| {
        value(ready(mostly_failing_async(n)))
    })
    .mixed(),
    subject("cycle bare", "cycle bare", |n| value(failing(n)) & value(bare(n))),
    subject("cycle async bare", "cycle async bare", |n| {
        value(ready(failing_async(n))) & value(ready(bare_async(n)))
    }),
    // The cost of reading the clock, and of formatting an error's text into a buffer with enough capacity.
    subject("nothing", "nothing", |n| n).returns(1),
    subject("clock", "nothing", |n| {
        black_box(tokio::time::Instant::now());
        n
    })
    .returns(1),
    subject("text: constant", "nothing", |n| text(&Failure(n))).returns(1),
    subject("text: code", "nothing", |n| text(&Coded(FAILED - n))).returns(1),
];

/// All subjects, their baselines first.
pub(crate) fn subjects() -> impl Iterator<Item = &'static Subject> {
    let ours = [retry::SUBJECTS, circuit::SUBJECTS, stacks::SUBJECTS, by_hand::SUBJECTS];
    [BARE].into_iter().chain(ours).chain(peers::SUBJECTS).flatten()
}

pub(crate) fn find(name: &str) -> Option<&'static Subject> {
    subjects().find(|subject| subject.name == name)
}

fn value(result: Result<u32, Failure>) -> u32 {
    result.unwrap_or_else(|Failure(value)| value)
}

/// Polls a future that needs no runtime and is ready at once.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing that is measured waits"),
    }
}

/// An error's text, written into a buffer, because `to_string` would allocate.
#[inline(never)]
fn text(error: &dyn fmt::Display) -> u32 {
    struct Buffer([u8; 64], usize);

    impl fmt::Write for Buffer {
        fn write_str(&mut self, more: &str) -> fmt::Result {
            let free = self.0.get_mut(self.1..self.1 + more.len()).ok_or(fmt::Error)?;
            free.copy_from_slice(more.as_bytes());
            self.1 += more.len();
            Ok(())
        }
    }

    let mut buffer = Buffer([0; 64], 0);
    let written = write!(buffer, "{error}");
    black_box(&buffer.0);
    u32::from(written.is_ok())
}

/// The work: opaque to the optimiser, and fallible.
#[inline(never)]
pub(crate) fn work(n: u32) -> Result<u32, Failure> {
    if black_box(n) == FAILED { Err(Failure(n)) } else { Ok(n) }
}

/// The argument of the work if it fails most of the time: one call of 16 succeeds.
fn mostly() -> u32 {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    if CALLS.fetch_add(1, Ordering::Relaxed) % 16 == 0 { 1 } else { FAILED }
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
    Ok(work(FAILED)? + 1)
}

#[inline(never)]
#[expect(clippy::unused_async, reason = "an attribute would stand on it")]
async fn failing_async(_: u32) -> Result<u32, Failure> {
    Ok(work(FAILED)? + 1)
}

#[inline(never)]
fn mostly_failing(_: u32) -> Result<u32, Failure> {
    Ok(work(mostly())? + 1)
}

#[inline(never)]
#[expect(clippy::unused_async, reason = "an attribute would stand on it")]
async fn mostly_failing_async(_: u32) -> Result<u32, Failure> {
    Ok(work(mostly())? + 1)
}

/// A success and a hundred failures: a rate of 100 % is not reached.
fn a_hundred_failures(call: fn(u32) -> Result<u32, Failure>) {
    for n in std::iter::once(1).chain([FAILED; 100]) {
        let _ = call(n);
    }
}

/// The key for a number.
fn key(n: u32) -> &'static str {
    if n % 2 == 0 { "b.example" } else { "a.example" }
}
