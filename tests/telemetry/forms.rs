//! The forms in which a law is run: each attribute, sync and async, and the functions.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use crate::script::{Record, Script, Step};

/// What a call does, and what is told of it.
pub(crate) struct Law {
    pub(crate) script: &'static [Step],
    /// When its future is dropped.
    pub(crate) dropped_after: Duration,
    pub(crate) told: &'static [&'static str],
}

/// A function form knows the type of its error, and not its text.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum By {
    Attribute,
    Function,
}

impl Law {
    /// Makes a call that blocks, of the site with this name.
    pub(crate) fn holds<T>(&self, by: By, name: &'static str, call: impl FnOnce(&Script) -> T) {
        let _clock = resilience::testing::ManualClock::install();
        let (record, script) = (Record::of(name), Script::new(self.script));
        // It may panic by script.
        drop(catch_unwind(AssertUnwindSafe(|| call(&script))));
        record.check(self.told, by == By::Attribute);
    }

    /// Makes an async call, of the site with this name.
    pub(crate) async fn holds_async<T>(
        &self,
        by: By,
        name: &'static str,
        call: impl AsyncFnOnce(&Script) -> T,
    ) {
        let (record, script) = (Record::of(name), Script::new(self.script));
        let mut call = Box::pin(tokio::time::timeout(self.dropped_after, call(&script)));
        std::future::poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(context).map(drop)));
            polled.unwrap_or(Poll::Ready(()))
        })
        .await;
        drop(call);
        record.check(self.told, by == By::Attribute);
    }
}

/// Laws, each with the forms that it is run through and their options. A poll is one for 9, with an alarm at 7, that ignores
/// what is `busy`. Waits are of a second.
macro_rules! laws {
    ($($law:ident {
        script $script:tt
        $(dropped_after $dropped:expr;)?
        told $told:tt
        $($form:ident $options:tt)+
    })+) => {$(mod $law {
        use super::*;

        const LAW: Law = Law {
            script: &$script,
            dropped_after: [$($dropped,)? Duration::MAX][0],
            told: &$told,
        };

        $(form! { $form $options })+
    })+};
}

/// The tests of one form.
macro_rules! form {
    (retry { $($options:tt)* }) => {
        form! { retry_blocking { $($options)* } }
        form! { retry_async { $($options)* } }
    };
    (poll { $($options:tt)* }) => {
        form! { poll_blocking { $($options)* } }
        form! { poll_async { $($options)* } }
    };
    (retry_blocking { $($key:ident = $value:expr),* $(,)? }) => {
        form! { blocking retry_blocking, retry($($key = $value,)*), |script|
            resilience::retry(|| script.attempt())$(.$key($value))*
        }
    };
    (retry_async { $($key:ident = $value:expr),* $(,)? }) => {
        form! { asynchronous retry_async, retry($($key = $value,)*), |script|
            resilience::retry(async || script.attempt_async().await)$(.$key($value))*
        }
    };
    (poll_blocking { $($key:ident = $value:expr),* $(,)? }) => {
        form! {
            blocking poll_blocking,
            poll(until(9), alarm(7), ignore = busy, $($key = $value,)*), |script|
            resilience::poll(|| script.attempt())
                .until(|value| *value == 9)
                .alarm(|value| *value == 7)
                .ignore(busy)
                $(.$key($value))*
        }
    };
    (poll_async { $($key:ident = $value:expr),* $(,)? }) => {
        form! {
            asynchronous poll_async,
            poll(until(9), alarm(7), ignore = busy, $($key = $value,)*), |script|
            resilience::poll(async || script.attempt_async().await)
                .until(|value| *value == 9)
                .alarm(|value| *value == 7)
                .ignore(busy)
                $(.$key($value))*
        }
    };
    (asyncbackoff { $($options:tt)* }) => {
        form! { attribute asyncbackoff, asyncbackoff(pause = 1s, $($options)*) }
    };
    (asyncretry { $times:expr $(, $key:ident = $value:expr)* $(,)? }) => {
        form! { attribute asyncretry, asyncretry($times, pause = 1s, $($key = $value,)*) }
    };
    (blocking $form:ident, $attribute:ident($($options:tt)*), |$script:ident| $function:expr) => {
        mod $form {
            use super::*;

            #[resilience::$attribute($($options)* name = concat!(module_path!(), " attribute"))]
            fn annotated(script: &Script) -> Result<u8, Error> {
                script.attempt()
            }

            #[test]
            fn by_attribute() {
                LAW.holds(By::Attribute, concat!(module_path!(), " attribute"), annotated);
            }

            #[test]
            fn by_function() {
                const NAME: &str = concat!(module_path!(), " function");
                LAW.holds(By::Function, NAME, |$script| $function.name(NAME).call());
            }
        }
    };
    (asynchronous $form:ident, $attribute:ident($($options:tt)*), |$script:ident| $function:expr) => {
        form! { attribute $form, $attribute($($options)*),
            #[tokio::test(start_paused = true)]
            async fn by_function() {
                const NAME: &str = concat!(module_path!(), " function");
                LAW.holds_async(By::Function, NAME, async |$script| $function.name(NAME).run().await).await;
            }
        }
    };
    (attribute $form:ident, $attribute:ident($($options:tt)*) $(, $by_function:item)?) => {
        mod $form {
            use super::*;

            #[resilience::$attribute($($options)* name = concat!(module_path!(), " attribute"))]
            async fn annotated(script: &Script) -> Result<u8, Error> {
                script.attempt_async().await
            }

            #[tokio::test(start_paused = true)]
            async fn by_attribute() {
                LAW.holds_async(By::Attribute, concat!(module_path!(), " attribute"), annotated).await;
            }

            $($by_function)?
        }
    };
}
