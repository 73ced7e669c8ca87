use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience::{CircuitOpen, RetryPolicy, TimedOut};
use tower::Service;

pub(crate) const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Retries without a wait.
pub(crate) const fn times(times: u32) -> RetryPolicy {
    RetryPolicy::new().times(times).interval(Duration::ZERO)
}

/// The error of the mock, as a user would write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    Busy,
    Fatal,
    Open(String),
    TimedOut,
}

impl From<CircuitOpen> for Error {
    fn from(open: CircuitOpen) -> Self {
        Self::Open(open.name().to_owned())
    }
}

impl From<TimedOut> for Error {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// What one call of the service does.
#[derive(Clone, Debug)]
pub(crate) enum Step<E = Error> {
    Is(Result<u16, E>),
    Takes(Duration, Result<u16, E>),
    Hangs,
    Panics,
}

pub(crate) use Step::{Hangs, Is, Panics, Takes};

struct Script<E> {
    steps: Mutex<VecDeque<Step<E>>>,
    requests: Mutex<Vec<String>>,
    /// `poll_ready` is pending this number of times before each call.
    pending: AtomicU32,
    error_when_polled: Mutex<Option<E>>,
    waker: Mutex<Option<Waker>>,
}

/// A service that follows a script, and panics if it is called before it is ready. A clone is not ready.
pub(crate) struct Mock<E = Error> {
    script: Arc<Script<E>>,
    is_ready: bool,
    polled: u32,
}

impl<E> Clone for Mock<E> {
    fn clone(&self) -> Self {
        Self { script: Arc::clone(&self.script), is_ready: false, polled: 0 }
    }
}

impl<E> Mock<E> {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step<E>>) -> Self {
        let script = Script {
            steps: Mutex::new(steps.into_iter().collect()),
            requests: Mutex::default(),
            pending: AtomicU32::new(0),
            error_when_polled: Mutex::new(None),
            waker: Mutex::new(None),
        };
        Self { script: Arc::new(script), is_ready: false, polled: 0 }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.script.requests.lock().expect("it is not poisoned").clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.script.requests.lock().expect("it is not poisoned").len()
    }

    /// Each time, the service is only ready after this number of polls.
    pub(crate) fn is_busy_for(&self, polls: u32) {
        self.script.pending.store(polls, Ordering::Relaxed);
    }

    /// The next `poll_ready` fails.
    pub(crate) fn fails_when_polled(&self, error: E) {
        *self.script.error_when_polled.lock().expect("it is not poisoned") = Some(error);
    }

    /// Whether the task was stored to be woken.
    pub(crate) fn holds_a_waker(&self) -> bool {
        self.script.waker.lock().expect("it is not poisoned").is_some()
    }
}

/// The response of the mock.
type Response<E> = Pin<Box<dyn Future<Output = Result<u16, E>> + Send>>;

impl<R: ToString, E: Clone + Send + 'static> Service<R> for Mock<E> {
    type Response = u16;
    type Error = E;
    type Future = Response<E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        if let Some(error) = self.script.error_when_polled.lock().expect("it is not poisoned").take() {
            return Poll::Ready(Err(error));
        }
        if !self.is_ready && self.polled < self.script.pending.load(Ordering::Relaxed) {
            self.polled += 1;
            *self.script.waker.lock().expect("it is not poisoned") = Some(cx.waker().clone());
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        assert!(self.is_ready, "called before it was ready");
        (self.is_ready, self.polled) = (false, 0);
        self.script.requests.lock().expect("it is not poisoned").push(request.to_string());
        let step = self.script.steps.lock().expect("it is not poisoned").pop_front();
        Box::pin(async move {
            match step.expect("no more calls are expected") {
                Is(result) => result,
                Takes(time, result) => {
                    tokio::time::sleep(time).await;
                    result
                }
                Hangs => pending().await,
                Panics => panic!("the service panics"),
            }
        })
    }
}
