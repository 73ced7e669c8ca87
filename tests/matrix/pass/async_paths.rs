//! Like `paths.rs`, for async functions, in every edition that supports them.

#![deny(warnings)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use async_trait::async_trait;
use resilience::retry as again;
use resilience::{asyncbackoff as timed, asyncretry as quickly, circuit as guarded, poll as looked_at};
use resilience::{CircuitOpen, TimedOut};
use tracing::instrument;

#[derive(Debug, PartialEq)]
pub enum Oops {
    Down,
    TimedOut,
    Rejected,
}

impl From<TimedOut> for Oops {
    fn from(_: TimedOut) -> Self {
        Oops::TimedOut
    }
}

impl From<CircuitOpen> for Oops {
    fn from(_: CircuitOpen) -> Self {
        Oops::Rejected
    }
}

/// What the body and the layers report, in order.
#[derive(Default)]
pub struct Log(Mutex<Vec<&'static str>>);

impl Log {
    fn push(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    async fn fail(&self) -> Result<u32, Oops> {
        tokio::task::yield_now().await;
        self.push("body");
        Err(Oops::Down)
    }
}

#[timed(1h, on(Oops::Down), max_tries = 2, on_error = |_, _| log.push("outer"))]
#[guarded(failure_threshold = 1000)]
#[quickly(2, on_error = |_, _| log.push("inner"))]
async fn renamed(log: &Log) -> Result<u32, Oops> {
    log.fail().await
}

#[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
#[instrument(skip_all)]
#[looked_at(until(3), interval = 0s)]
#[instrument(skip_all)]
#[resilience::asyncretry(2, on_error = |_, _| log.push("inner"))]
async fn with_others_between(log: &Log) -> Result<u32, Oops> {
    log.fail().await
}

#[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
#[instrument(skip_all)]
#[quickly(2, on_error = |_, _| log.push("inner"), clone(text))]
async fn cloned(log: &Log, mut text: String) -> Result<u32, Oops> {
    text.push('b');
    assert_eq!(text, "ab");
    drop(text);
    log.fail().await
}

#[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
#[quickly(2, on_error = |_, _| log.push("inner"), crate = ::facade)]
fn boxed<'a>(log: &'a Log) -> Pin<Box<dyn Future<Output = Result<u32, Oops>> + Send + 'a>> {
    Box::pin(async move { log.fail().await })
}

#[async_trait]
trait Ask {
    async fn ask(&mut self, log: &Log, text: String) -> Result<u32, Oops>;

    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[quickly(2, on_error = |_, _| log.push("inner"))]
    async fn provided(&self, log: &Log) -> Result<u32, Oops> {
        log.fail().await
    }
}

struct Client(u32);

#[async_trait]
impl Ask for Client {
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[instrument(skip_all)]
    #[quickly(2, on_error = |_, _| log.push("inner"), clone(text))]
    async fn ask(&mut self, log: &Log, text: String) -> Result<u32, Oops> {
        self.0 += 1;
        drop(text);
        log.fail().await
    }
}

#[no_implicit_prelude]
mod without_a_prelude {
    use ::resilience::asyncbackoff as timed;
    use ::resilience::asyncretry;
    use ::resilience::circuit;
    use ::resilience::poll;
    use ::std::result::Result;

    use super::{Log, Oops};

    #[timed(1h, 1h, 0s, on(Oops::Down), max_tries = 2, on_error = |_, _| log.push("outer"))]
    #[circuit(failure_rate = 90%, window = 1min, slow_call = 1h, fallback = other)]
    #[poll(until(1 | 2), ignore(Oops::TimedOut), attempt_timeout = 1min, times = 2, interval = 0s)]
    #[asyncretry(2, on_error = |_, _| log.push("inner"))]
    pub async fn all(log: &Log) -> Result<u32, Oops> {
        log.fail().await
    }

    async fn other(log: &Log) -> Result<u32, Oops> {
        log.fail().await
    }
}

/// A runtime in between, which makes a sync function of it.
#[again(times = 2, interval = 0s)]
#[tokio::main(flavor = "current_thread")]
#[quickly(2)]
async fn main() -> Result<(), Oops> {
    fn assert_send<F: Future + Send>(future: F) -> F {
        future
    }

    let log = &Log::default();
    assert_eq!(assert_send(renamed(log)).await, Err(Oops::Down));
    check("renamed", log);
    assert_eq!(assert_send(with_others_between(log)).await, Err(Oops::Down));
    check("others between", log);
    assert_eq!(assert_send(cloned(log, "a".to_owned())).await, Err(Oops::Down));
    check("cloned", log);
    assert_eq!(boxed(log).await, Err(Oops::Down));
    check("boxed", log);
    let mut client = Client(0);
    assert_eq!(client.ask(log, String::new()).await, Err(Oops::Down));
    assert_eq!(client.0, 4);
    check("method of a trait", log);
    assert_eq!(client.provided(log).await, Err(Oops::Down));
    check("provided method", log);
    assert_eq!(assert_send(without_a_prelude::all(log)).await, Err(Oops::Down));
    check("no_implicit_prelude", log);
    Ok(())
}

/// Both layers made two attempts.
fn check(name: &str, log: &Log) {
    let inner = ["body", "inner", "body", "inner", "outer"];
    assert_eq!(std::mem::take(&mut *log.0.lock().unwrap()), [inner, inner].concat(), "{}", name);
}
