//! One circuit in all forms.

use std::fmt;
use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::AtomicU32;
use std::task::{Context, Poll, Waker};

use resilience::{CallError, CircuitBreaker};

use super::Answer;
use crate::Error;

/// A circuit, and one way to call through it.
pub(super) struct Form {
    pub(super) what: &'static str,
    pub(super) circuit: Box<dyn Deref<Target = CircuitBreaker>>,
    pub(super) call: fn(Answer) -> Answer,
    /// How often the function was called.
    pub(super) calls: &'static AtomicU32,
}

impl Form {
    pub(super) fn call(&self, answer: Answer) -> Answer {
        (self.call)(answer)
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

/// What the future brings; the clock is moved by hand, so that it waits for nobody.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

pub(super) fn flat(result: Result<u32, CallError<Error>>) -> Answer {
    result.map_err(|error| match error {
        CallError::Open(open) => Error::Open(open),
        CallError::Failed(error) => error,
    })
}

/// Five circuits that are configured alike: by the options of an attribute, and by a value.
macro_rules! forms {
    ($name:tt, $async_name:tt, $config:expr, [$($options:tt)*]) => {{
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
        static CALLS: AtomicU32 = AtomicU32::new(0);
        const fn new() -> resilience::CircuitBreaker {
            resilience::CircuitBreaker::new($name, $config)
        }
        static CALLED: resilience::CircuitBreaker = new();
        static AWAITED: resilience::CircuitBreaker = new();
        static ACQUIRED: resilience::CircuitBreaker = new();

        fn count(answer: super::circuitbreaker::Answer) -> super::circuitbreaker::Answer {
            CALLS.fetch_add(1, Relaxed);
            answer
        }

        #[resilience::circuit(name = $name, $($options)*)]
        fn sync(answer: super::circuitbreaker::Answer) -> super::circuitbreaker::Answer {
            let answer = answer?;
            count(Ok(answer))
        }

        #[resilience::circuit(name = $async_name, $($options)*)]
        async fn asynchronous(answer: super::circuitbreaker::Answer) -> super::circuitbreaker::Answer {
            tokio::task::yield_now().await;
            count(answer)
        }

        fn acquired(answer: super::circuitbreaker::Answer) -> super::circuitbreaker::Answer {
            let permit = ACQUIRED.try_acquire()?;
            match count(answer) {
                Ok(value) => {
                    permit.success();
                    Ok(value)
                }
                Err(error) => {
                    permit.failure_because(&error);
                    Err(error)
                }
            }
        }

        let listed = |name| Box::new(resilience::circuits().get(name).expect("it is listed"));
        let form = |what, circuit, call| super::circuitbreaker::forms::Form {
            what,
            circuit,
            call,
            calls: &CALLS,
        };
        [
            form("#[circuit] fn", listed($name) as Box<_>, sync as fn(_) -> _),
            form("#[circuit] async fn", listed($async_name) as Box<_>, |answer| {
                super::circuitbreaker::forms::wait(asynchronous(answer))
            }),
            form("call", Box::new(&CALLED) as Box<_>, |answer| {
                super::circuitbreaker::forms::flat(CALLED.call(|| count(answer)))
            }),
            form("call_async", Box::new(&AWAITED) as Box<_>, |answer| {
                let call = AWAITED.call_async(async || {
                    tokio::task::yield_now().await;
                    count(answer)
                });
                super::circuitbreaker::forms::flat(super::circuitbreaker::forms::wait(call))
            }),
            form("try_acquire", Box::new(&ACQUIRED) as Box<_>, acquired),
        ]
    }};
}
pub(super) use forms;
