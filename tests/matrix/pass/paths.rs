//! Attributes with all kinds of paths: whatever the paths are, layers nest in the order of their lines.
//!
//! The file is compiled in every edition.

#![deny(warnings)]

extern crate facade;
#[macro_use]
extern crate resilience;
extern crate tracing;

use resilience::{CircuitOpen, TimedOut};
use std::cell::RefCell;

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
pub struct Log(RefCell<Vec<&'static str>>);

impl Log {
    fn push(&self, what: &'static str) {
        self.0.borrow_mut().push(what);
    }

    fn fail(&self) -> Result<u32, Oops> {
        self.push("body");
        Err(Oops::Down)
    }
}

/// By `#[macro_use]`.
mod by_macro_use {
    use crate::Log;
    use crate::Oops;

    #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn two(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }
}

/// By an import under another name.
mod renamed {
    use resilience::circuit as guarded;
    use resilience::retry;
    use resilience::retry as again;
    use crate::Log;
    use crate::Oops;

    #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn below(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn above(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[guarded(failure_threshold = 1000)]
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn all(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[::tracing::instrument(skip_all)]
    #[guarded(failure_threshold = 1000)]
    #[inline]
    /// Text between attributes.
    #[::tracing::instrument(skip_all)]
    #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn with_others_between(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[guarded(failure_threshold = 1000)]
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[::tracing::instrument(skip_all)]
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"), clone(text))]
    pub fn cloned(log: &Log, mut text: String) -> Result<u32, Oops> {
        text.push('b');
        assert_eq!(text, "ab");
        drop(text);
        log.fail()
    }
}

/// By a crate that re-exports the library.
mod by_facade {
    use facade::attempt;
    use facade::nested;
    use crate::Log;
    use crate::Oops;

    #[attempt(times = 2, interval = 0s, on_error = |_, _| log.push("outer"), crate = ::facade)]
    #[nested::guarded(failure_threshold = 1000)]
    #[facade::retry(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn named_at_the_top(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[::facade::attempt(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[nested::again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"), crate = facade)]
    pub fn named_below(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }
}

/// In functions that are methods, or are generated, or have conditions on their attributes.
mod in_places {
    use resilience::retry as again;
    use crate::Log;
    use crate::Oops;

    pub struct Client;

    impl Client {
        #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
        #[again(times = 2, interval = 0s, on_error = |_, _| self.heard(log))]
        pub fn method(&self, log: &Log) -> Result<u32, Oops> {
            log.fail()
        }

        fn heard(&self, log: &Log) {
            log.push("inner");
        }
    }

    pub trait Ask {
        #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
        #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
        fn provided(&self, log: &Log) -> Result<u32, Oops> {
            log.fail()
        }

        fn required(&mut self, log: &Log) -> Result<u32, Oops>;
    }

    impl Ask for Client {
        #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
        #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
        fn required(&mut self, log: &Log) -> Result<u32, Oops> {
            log.fail()
        }
    }

    #[cfg_attr(all(), again(times = 2, interval = 0s, on_error = |_, _| log.push("outer")))]
    #[cfg_attr(any(), poll(until(3)))]
    #[cfg_attr(all(), inline, again(times = 2, interval = 0s, on_error = |_, _| log.push("inner")))]
    pub fn conditional(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    macro_rules! generated {
        ($name:ident, $log:ident, $times:expr, $body:block, #[$($inner:tt)*]) => {
            #[again(times = $times, interval = 0s, on_error = |_, _| $log.push("outer"))]
            #[$($inner)*]
            pub fn $name($log: &Log) -> Result<u32, Oops> $body
        };
    }

    generated!(by_a_macro, log, 2, { log.fail() }, #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]);

    pub fn in_a_function(log: &Log) -> Result<u32, Oops> {
        use resilience::retry as once_more;

        #[again(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
        #[once_more(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
        fn inside(log: &Log) -> Result<u32, Oops> {
            #[once_more(times = 2, interval = 0s)]
            #[again(times = 2, interval = 0s)]
            fn deeper(log: &Log) -> Result<u32, Oops> {
                Ok(log.0.borrow().len() as u32)
            }
            deeper(log)?;
            log.fail()
        }
        inside(log)
    }
}

/// Where no name is in scope that is not imported.
#[no_implicit_prelude]
mod without_a_prelude {
    use ::resilience::circuit;
    use ::resilience::poll;
    use ::resilience::retry;
    use ::resilience::retry as again;
    use ::std::result::Result;
    use crate::Log;
    use crate::Oops;

    #[retry(times = 2, interval = 0s, on_error = |_, _| log.push("outer"))]
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"))]
    pub fn two(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[retry(on(Oops::Down), times = 2, deadline = 1min, backoff = exponential(1ns), jitter = full, on_error = |_, _| log.push("outer"))]
    #[circuit(failure_rate = 90%, window = 1min, slow_call = 1h, fallback = other, key = log.0.borrow().len())]
    #[poll(until(1 | 2), alarm = |value| *value == 9, ignore = |error| *error == Oops::TimedOut, times = 2, interval = 0s)]
    #[again(times = 2, interval = 0s, on_error = |_, _| log.push("inner"), giveup(Oops::Rejected), clone(text))]
    pub fn all(log: &Log, text: &str) -> Result<u32, Oops> {
        let _ = text;
        log.fail()
    }

    fn other(log: &Log, _: &str) -> Result<u32, Oops> {
        log.fail()
    }

    impl ::std::convert::From<::resilience::Alarm<u32>> for Oops {
        fn from(_: ::resilience::Alarm<u32>) -> Oops {
            Oops::Down
        }
    }
}

mod fallbacks {
    use resilience::circuit;
    use crate::Log;
    use crate::Oops;

    #[circuit(failure_threshold = 1, fallback = other)]
    pub fn to_a_path(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    #[circuit(failure_threshold = 1, fallback = |log| other(log))]
    pub fn to_a_closure(log: &Log) -> Result<u32, Oops> {
        log.fail()
    }

    fn other(log: &Log) -> Result<u32, Oops> {
        log.push("other");
        Ok(1)
    }
}

/// The second call gets the fallback's answer.
fn check_fallback(name: &str, call: &dyn Fn(&Log) -> Result<u32, Oops>) {
    let log = Log::default();
    assert_eq!((call(&log), call(&log)), (Err(Oops::Down), Ok(1)), "{}", name);
    assert_eq!(log.0.into_inner(), ["body", "other"], "{}", name);
}

/// Both layers make two attempts.
fn check(name: &str, call: &dyn Fn(&Log) -> Result<u32, Oops>) {
    let log = Log::default();
    assert_eq!(call(&log), Err(Oops::Down), "{}", name);
    let inner = ["body", "inner", "body", "inner", "outer"];
    assert_eq!(log.0.into_inner(), [inner, inner].concat(), "{}", name);
}

fn main() {
    use in_places::{Ask, Client};

    check("macro_use", &by_macro_use::two);
    check("renamed below", &renamed::below);
    check("renamed above", &renamed::above);
    check("renamed, all", &renamed::all);
    check("renamed, others between", &renamed::with_others_between);
    check("renamed, cloned", &|log| renamed::cloned(log, String::from("a")));
    check("facade at the top", &by_facade::named_at_the_top);
    check("facade below", &by_facade::named_below);
    check("method", &|log| Client.method(log));
    check("provided method", &|log| Client.provided(log));
    check("required method", &|log| Client.required(log));
    check("cfg_attr", &in_places::conditional);
    check("macro_rules", &in_places::by_a_macro);
    check("in a function", &in_places::in_a_function);
    check_fallback("path", &fallbacks::to_a_path);
    check_fallback("closure", &fallbacks::to_a_closure);
    check("no_implicit_prelude", &without_a_prelude::two);
    check("no_implicit_prelude, all", &|log| without_a_prelude::all(log, "a"));
}
